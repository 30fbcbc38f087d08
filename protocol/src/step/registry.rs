//! Changes of the registry.

use serde::{Deserialize, Serialize};

/// Changes of one key, in the 64-bit view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Registry {
    pub hive: Hive,
    /// Below the hive's root, with `\`.
    pub path: String,
    /// In this order; at least one.
    pub changes: Vec<Change>,
}

/// The root that a path hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Hive {
    /// `HKEY_LOCAL_MACHINE`.
    Machine,
    /// `HKEY_CLASSES_ROOT`.
    Classes,
    /// `HKEY_USERS`.
    Users,
    /// `HKEY_CURRENT_USER` of whoever the step runs as.
    CurrentUser,
    /// `NTUSER.DAT` of the profile that every new account begins with.
    DefaultUser,
    /// That one, and the hive of each account that has a profile already.
    EveryUser,
}

/// What is done to a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Change {
    /// Makes the key, and those above it.
    Create,
    /// Takes the key and all below it away. One that is not there is as good.
    DeleteKey,
    /// Takes a value away; the key's default value when the name is empty.
    DeleteValue(String),
    /// Writes a value, and makes the key. An empty name is the key's default value.
    Set { name: String, data: Data },
}

/// A value's type and data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Data {
    /// `REG_NONE`, of no bytes.
    None,
    /// `REG_DWORD`.
    Dword(u32),
    /// `REG_QWORD`.
    Qword(u64),
    /// `REG_SZ`.
    String(String),
    /// `REG_EXPAND_SZ`.
    ExpandString(String),
    /// `REG_MULTI_SZ`. No element is empty: an empty one would end the list.
    MultiString(Vec<String>),
    /// `REG_BINARY`, in hexadecimal digits.
    Binary(String),
}
