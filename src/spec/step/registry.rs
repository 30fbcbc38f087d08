//! Steps of the registry.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A key of the registry, in the 64-bit view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Registry {
    /// The key from its root on, such as `HKLM\SOFTWARE\Example`. Roots are `HKLM`, `HKCR`, `HKU`,
    /// `HKCU`, their long names, `DefaultUser` for what every new account begins with, and
    /// `EveryUser` for that and each account that there is.
    pub key: String,
    /// Values to write, by name; the empty name is the key's default value. An integer is a
    /// `REG_DWORD`, a text a `REG_SZ`, a list of texts a `REG_MULTI_SZ`; `{ expandString = …; }`
    /// and the like say another type. Default: none; the key is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<BTreeMap<String, Value>>,
    /// Values to remove, by name. One that is not there is as good. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_values: Option<Vec<String>>,
    /// Whether the key is removed, with all below it. One that is not there is as good. Default:
    /// false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<bool>,
}

/// A value's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// `REG_DWORD`.
    Dword(u32),
    /// `REG_SZ`.
    String(String),
    /// `REG_MULTI_SZ`.
    MultiString(Vec<String>),
    /// Any type, said.
    Typed(Box<Typed>),
}

/// A value's data with their type. Exactly one field is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Typed {
    /// `REG_DWORD`: 32 bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dword: Option<u32>,
    /// `REG_QWORD`: 64 bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qword: Option<u64>,
    /// `REG_SZ`: a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string: Option<String>,
    /// `REG_EXPAND_SZ`: a text in which programs expand `%NAME%`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expand_string: Option<String>,
    /// `REG_MULTI_SZ`: texts, none of them empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_string: Option<Vec<String>>,
    /// `REG_BINARY`: bytes, as pairs of hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary: Option<String>,
    /// `REG_NONE`, of no bytes. Always true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub none: Option<bool>,
}
