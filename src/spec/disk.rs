//! The system disk.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The system disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Disk {
    /// Its size in MiB, from 20480 to 16777216, with a BIOS to 2097152; Server and Windows 10 since
    /// 1903 want 32768. Default: 81920.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_mib: Option<u64>,
    /// What it hangs on. Default: `virtio-scsi`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bus: Option<Bus>,
    /// A recovery partition behind Windows' own, in MiB, from 300 to what leaves Windows 20480.
    /// Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_mib: Option<u64>,
}

/// What a disk hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bus {
    VirtioScsi,
    VirtioBlk,
    Nvme,
    Sata,
}
