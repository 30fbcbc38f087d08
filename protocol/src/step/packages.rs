//! What Windows installs and removes by its own means.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ExitCodes, Payload};

/// Installs a Windows Installer package, silently, without a restart of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Msi {
    pub package: Payload,
    /// Public properties, in upper case.
    pub properties: BTreeMap<String, String>,
    pub exit_codes: ExitCodes,
}

/// Provisions an MSIX or Appx package for every account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Msix {
    pub package: Payload,
    pub dependencies: Vec<Payload>,
    /// Default: none is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<Payload>,
}

/// Switches an optional feature, whose files come from Windows itself or the ISO's `sources\sxs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Feature {
    /// As `dism /online /get-features` lists it.
    pub name: String,
    pub enable: bool,
}

/// Adds or removes a capability (a feature on demand).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capability {
    /// As `dism /online /get-capabilities` lists it.
    pub name: String,
    pub add: bool,
    /// A folder with its files. Default: the ISO's own sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Payload>,
}

/// Removes Appx packages: provisioned, and of each account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Appx {
    /// Names of packages, such as `Microsoft.BingNews`; `*` stands for any characters. One that is
    /// not there is as good.
    pub remove: Vec<String>,
}

/// Puts drivers into the driver store, and installs them where a device is waiting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Driver {
    /// A folder, searched with all below it.
    pub folder: Payload,
}

/// Adds a certificate to a store of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
    /// DER or PEM.
    pub certificate: Payload,
    /// `Root`, `CA`, `TrustedPublisher`, `My` …
    pub store: String,
}
