//! What Windows is told: once in an instance's life, and at each start. Secrets are named here,
//! and never said: each is a credential, a file that the machine is given when it starts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::step::Share;
use crate::spec::{Interface, Step};

/// What makes an instance itself. It is done once, and again when it or the image changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Identity {
    /// The computer's name, at most 15 bytes. Default: the image's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computer_name: Option<String>,
    /// The domain to join without a network. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_join: Option<DomainJoin>,
    /// Certificates to trust or to have, at most 64. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Vec<Certificate>>,
    /// Whether the machine's security identifier is the image's or its own. Default: `shared`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Sid>,
}

/// A domain to join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DomainJoin {
    /// The credential that holds what `djoin /provision /printblob` wrote.
    pub credential: String,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
    /// The store of the computer's, such as `Root` or `My`.
    pub store: String,
    /// The credential that holds it. Default: none; then `file` does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The file that holds it, an absolute path. Default: none; then `credential` does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// Whose security identifier a machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Sid {
    /// The image's.
    Shared,
    /// Its own, which Sysprep makes.
    Own,
}

/// What Windows is told at each start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Guest {
    /// Accounts that get a password or keys, at most 64. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<Account>>,
    /// The card's addresses, routers and name servers. Default: it asks DHCP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Interface>,
    /// Folders that are to be there, absolute paths in Windows, at most 64. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folders: Option<Vec<String>>,
    /// Folders that Windows shares, at most 64, made after passwords are set. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smb_shares: Option<Vec<Share>>,
    /// Scripts that run, in this order: steps of the kinds `powerShell` and `cmd`, at most 64.
    /// Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scripts: Option<Vec<Step>>,
    /// The SSH server, where the image has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh: Option<Ssh>,
    /// Remote Desktop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rdp: Option<RemoteDesktop>,
}

/// An account of the image's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// The credential that holds its password. Default: its password stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_credential: Option<String>,
    /// Public keys that may log on by SSH, a line of `authorized_keys` each, at most 64. Default:
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorized_keys: Option<Vec<String>>,
}

/// The SSH server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ssh {
    /// Whether it is started, once the settings are applied. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
}

/// Remote Desktop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoteDesktop {
    /// Whether it is started, once the settings are applied. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
}
