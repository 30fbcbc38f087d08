//! Accounts, groups and shares.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Makes, changes or removes a local account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    pub name: String,
    /// Default: a random one that nobody knows, for an account that is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Local groups to be in, by name; of Windows' own, by their English ones. Empty: as it is, and
    /// `Users` for an account that is in none.
    pub groups: Vec<String>,
    /// Default: enabled for an account that is new, else left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// One that is not there is as good.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .field("groups", &self.groups)
            .field("enabled", &self.enabled)
            .field("delete", &self.delete)
            .finish_non_exhaustive()
    }
}

/// Makes, changes or removes a local group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Accounts that are to be in it.
    pub add: Vec<String>,
    /// And that are not.
    pub remove: Vec<String>,
    /// One that is not there is as good.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,
}

/// Shares a folder over SMB, which is made where it is missing, or ends a share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Share {
    pub name: String,
    /// Empty where the share is ended.
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub grants: Vec<Grant>,
    /// One that is not there is as good.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,
}

/// What somebody may do with a share. The folder's own permissions hold besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grant {
    /// An account, a group, or `Everyone`, which is found in any language.
    pub account: String,
    pub access: Access,
}

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Access {
    Read,
    Change,
    Full,
}
