//! What tells that a step is done.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Script, Value};

/// A condition, which looking does not change. Exactly one field is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepCheck {
    /// A file or a folder that is there; `%NAME%` is expanded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A key of the registry, or a value in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<ValueCheck>,
    /// A service that is there, by its short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// A `PowerShell` script that ends with an accepted exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_shell: Option<Script>,
}

/// A key that is there, or a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ValueCheck {
    /// The key from its root on; `EveryUser` is no root here.
    pub key: String,
    /// The value's name; the empty one is the key's default value. Default: the key is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the value holds, as `values` of a step has it. Default: anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}
