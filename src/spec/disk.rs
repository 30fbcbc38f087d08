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
    /// A recovery partition behind Windows' own, in MiB, from 300 to what leaves Windows the least
    /// of its release: 19968, Server and Windows 10 since 1903 32256. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_mib: Option<u64>,
    /// Its partitions in their order instead of the usual ones, at most 32, with a BIOS 4. Default:
    /// EFI, MSR and Windows; with a BIOS a system partition and Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitions: Option<Vec<Partition>>,
}

/// One partition of the system disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Partition {
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: PartitionKind,
    /// Its size in MiB: at least 100 for `efi` and `system`, 16 for `msr` and `data`, 300 for
    /// `recovery`, for `windows` 19968, with Server and Windows 10 since 1903 32256; on FAT32 at
    /// most 32768. Default: what is left, which only the last one can take, no `efi` or `msr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_mib: Option<u64>,
    /// Its name, at most 32 characters on NTFS and 11 on FAT32. Default: `System`, `Windows` or
    /// `Recovery`, none for data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The drive letter of one with data, from D to Z without X. Default: the first that is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letter: Option<String>,
    /// Its file system. Default: `fat32` for `efi`, none for `msr`, `ntfs` for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FileSystem>,
}

/// What a partition is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PartitionKind {
    /// GPT: the partition that UEFI starts from.
    Efi,
    /// GPT: Microsoft's reserved partition.
    Msr,
    /// MBR: the partition that a BIOS starts from. Without one that is Windows' own.
    System,
    /// Windows itself, C:.
    Windows,
    /// Windows' recovery tools.
    Recovery,
    /// A drive for data, which is part of the image.
    Data,
}

/// What a partition is formatted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FileSystem {
    Ntfs,
    Fat32,
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

impl Bus {
    /// The spec's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VirtioScsi => "virtio-scsi",
            Self::VirtioBlk => "virtio-blk",
            Self::Nvme => "nvme",
            Self::Sata => "sata",
        }
    }
}
