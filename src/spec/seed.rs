//! Arguments of the earlier system's `makeBaseImage`: the Nix half maps them to options, so none of
//! them is in a spec. They are known here so that a misspelt one is told with its right name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Arguments of the earlier system's answer files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnattendedParams {
    /// Refused: the Nix half makes a `users` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub administators: Option<Value>,
    /// Refused: the Nix half makes a `users` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub administrators: Option<Value>,
    /// Refused: the Nix half makes steps of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_install_commands: Option<Value>,
    /// Refused: images are of `amd64`, which needs no word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<Value>,
    /// Refused: `autoLogon` of the image says who is logged on in machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_logon: Option<Value>,
    /// Refused: the Nix half makes steps of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_first_login_commands: Option<Value>,
    /// Refused: `extraComponents` has commands of Windows PE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_install_commands: Option<Value>,
    /// Refused: the Nix half makes `computerName` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computer_name: Option<Value>,
    /// Refused: `driverFolders` takes drivers along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_paths: Option<Value>,
    /// Refused: the Nix half makes `edition` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<Value>,
    /// Refused: the Nix half makes `firmware.type` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub efi: Option<Value>,
    /// Refused: there is one disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_to_disk: Option<Value>,
    /// Refused: `disk.partitions` says where Windows goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_to_partition: Option<Value>,
    /// Refused: the Nix half makes `locale.input` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyboard_layout: Option<Value>,
    /// Refused: the Nix half makes `locale` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<Value>,
    /// Refused: `disk.partitions` says them in another form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitions: Option<Value>,
    /// Refused: the Nix half makes `productKey` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_key: Option<Value>,
    /// Refused: the Nix half makes `users` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Value>,
}

/// Arguments of the earlier system's machines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QemuOptions {
    /// Refused: the firmware is a tool.
    #[serde(rename = "OVMF", skip_serializing_if = "Option::is_none")]
    pub ovmf: Option<Value>,
    /// Refused: the Nix half makes `machine.cores` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<Value>,
    /// Refused: `machine.cpu` says the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpufeatures: Option<Value>,
    /// Refused: the Nix half makes `firmware.type` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub efi: Option<Value>,
    /// Refused: the Nix half makes `tpm` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_tpm: Option<Value>,
    /// Refused: it is of a machine that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_flags: Option<Value>,
    /// Refused: what the host has is asked of QEMU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hvflags: Option<Value>,
    /// Refused: it is of a machine that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac_address: Option<Value>,
    /// Refused: the Nix half makes `machine.memoryMib` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Value>,
    /// Refused: a build has no network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Value>,
    /// Refused: it is of a machine that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tap: Option<Value>,
    /// Refused: it is of a machine that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vnc: Option<Value>,
}
