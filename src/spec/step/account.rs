//! Steps of accounts, groups and shares.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A local account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserStep {
    /// Its name, at most 20 characters.
    pub name: String,
    /// Stands in the store, readable by every user of the host. Default: as it is, and a random one
    /// that nobody knows for a new account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// What the sign-in screen shows. Default: as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What the account is for. Default: as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Local groups to be in, by name; of Windows' own, by their English ones. Default: as it
    /// is, and `Users` for an account that is in none, as a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// Whether it can be logged on to. Default: as it is, and true for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether it is removed. One that is not there is as good. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<bool>,
}

/// A local group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// Its name, at most 256 characters.
    pub name: String,
    /// What it is for. Default: as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Accounts to be in it. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add: Option<Vec<String>>,
    /// Accounts not to be in it. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove: Option<Vec<String>>,
    /// Whether it is removed. One that is not there is as good. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<bool>,
}

/// A folder shared over SMB.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Share {
    /// Its name, at most 80 characters.
    pub name: String,
    /// The folder, from the letter on; it is made where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What it is for. Default: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who may what, by account, group or `Everyone`. Default: nobody, as Windows' own default of
    /// `Everyone` reading is seldom meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<BTreeMap<String, Access>>,
    /// Whether the share is ended. One that is not there is as good. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<bool>,
}

/// What somebody may do with a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Access {
    Read,
    Change,
    Full,
}
