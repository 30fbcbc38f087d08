//! The system disk of a plan, and the layouts that it has unless the user lists partitions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::Bus;

/// FAT32, and larger than the 100 MiB of Microsoft's examples: disks with sectors of 4 KiB need
/// 260, and export targets have them.
const EFI_MIB: u64 = 300;
/// Microsoft's own size for its reserved partition.
const MSR_MIB: u64 = 16;
/// Microsoft's size for the system partition of a BIOS disk.
const SYSTEM_MIB: u64 = 100;
/// What alignment and the tables at both ends of the disk take.
pub(super) const SLACK_MIB: u64 = 2;

/// The system disk and its partitions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disk {
    pub size_mib: u64,
    pub bus: Bus,
    /// In the order of their numbers, from 1.
    pub partitions: Vec<Partition>,
    /// The number of the partition that Windows goes onto.
    pub windows_partition: u32,
}

/// One partition of the system disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Partition {
    pub role: Role,
    /// In MiB; `None` takes what is left.
    pub size_mib: Option<u64>,
    /// `None` for a reserved partition, which is neither formatted nor named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FileSystem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// `None`: Windows' choice, which for all but data is to have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letter: Option<char>,
    /// MBR: the BIOS starts it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub active: bool,
}

/// What a partition is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// GPT: the EFI system partition.
    Efi,
    /// GPT: Microsoft's reserved partition.
    Msr,
    /// MBR: the active partition that the BIOS starts.
    System,
    Windows,
    Recovery,
    /// A drive of the user's.
    Data,
}

/// What Setup formats a partition with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FileSystem {
    Ntfs,
    Fat32,
}

/// The firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum Firmware {
    /// GPT.
    #[serde(rename_all = "camelCase")]
    Uefi { secure_boot: bool },
    /// MBR.
    Bios,
}

impl Role {
    /// What a spec calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Efi => "efi",
            Self::Msr => "msr",
            Self::System => "system",
            Self::Windows => "windows",
            Self::Recovery => "recovery",
            Self::Data => "data",
        }
    }
}

impl Partition {
    /// A partition with what its role wants, not active.
    pub(super) fn of(role: Role, size_mib: Option<u64>) -> Self {
        let (format, label) = match role {
            Role::Efi => (Some(FileSystem::Fat32), Some("System")),
            Role::Msr => (None, None),
            Role::System => (Some(FileSystem::Ntfs), Some("System")),
            Role::Windows => (Some(FileSystem::Ntfs), Some("Windows")),
            Role::Recovery => (Some(FileSystem::Ntfs), Some("Recovery")),
            Role::Data => (Some(FileSystem::Ntfs), None),
        };
        Self {
            role,
            size_mib,
            format,
            label: label.map(str::to_owned),
            letter: (role == Role::Windows).then_some('C'),
            active: false,
        }
    }
}

/// The partitions, and the number of Windows' own. The recovery partition lies behind it, as
/// Microsoft advises, so that later updates can grow it at Windows' expense.
pub(super) fn usual(firmware: Firmware, size_mib: u64, recovery_mib: u64) -> (Vec<Partition>, u32) {
    let sized = |role, size_mib| Partition::of(role, Some(size_mib));
    let (mut partitions, windows) = match firmware {
        Firmware::Uefi { .. } => (
            vec![sized(Role::Efi, EFI_MIB), sized(Role::Msr, MSR_MIB)],
            3,
        ),
        Firmware::Bios => {
            let system = Partition {
                active: true,
                ..sized(Role::System, SYSTEM_MIB)
            };
            (vec![system], 2)
        }
    };
    if recovery_mib == 0 {
        partitions.push(Partition::of(Role::Windows, None));
    } else {
        let before: u64 = partitions.iter().filter_map(|p| p.size_mib).sum();
        let taken = recovery_mib.saturating_add(before + SLACK_MIB);
        partitions.push(sized(Role::Windows, size_mib.saturating_sub(taken)));
        partitions.push(Partition::of(Role::Recovery, None));
    }
    (partitions, windows)
}
