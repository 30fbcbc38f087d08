//! The firmware's variables, and what it and the machine say about themselves.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::platform::{fact, names};
use crate::{layout::Placed, load_option, partition_table::Guid};

const GLOBAL: &str = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// Where systemd's boot stub says what it was started from.
const LOADER: &str = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

/// Non-volatile, for boot services and for the running system.
const ATTRIBUTES: [u8; 4] = [7, 0, 0, 0];

fn path(name: &str, owner: &str) -> PathBuf {
    format!("/sys/firmware/efi/efivars/{name}-{owner}").into()
}

fn read(name: &str, owner: &str) -> Option<Vec<u8>> {
    let bytes = fs::read(path(name, owner)).ok()?;
    Some(bytes.get(4..)?.to_vec())
}

fn write(name: &str, value: &[u8]) -> Result<()> {
    let bytes = [&ATTRIBUTES, value].concat();
    // One write: the file system passes it on as one call to the firmware.
    fs::write(path(name, GLOBAL), bytes)
        .with_context(|| format!("cannot write the firmware's `{name}`"))
}

/// The GUID of the partition that this system was started from; none when it was a CD.
pub(super) fn started_from_partition() -> Option<String> {
    let bytes = read("LoaderDevicePartUUID", LOADER)?;
    let units = bytes
        .chunks_exact(2)
        .map(|two| u16::from_le_bytes([two[0], two[1]]));
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    Some(String::from_utf16(&units).ok()?.to_lowercase())
}

/// What the machine offers: Setup checks it, tests read it back from the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Facts {
    pub(super) tpm_version: Option<String>,
    pub(super) secure_boot: bool,
    pub(super) setup_mode: bool,
    pub(super) memory_mib: u64,
    pub(super) processors: usize,
    /// The description of the firmware's entry that was started.
    pub(super) boot_entry: Option<String>,
    pub(super) hardware: Vec<String>,
}

impl Facts {
    /// Asks the kernel.
    pub(super) fn gather() -> Self {
        let flag = |name: &str| read(name, GLOBAL).is_some_and(|value| value == [1]);
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let memory = meminfo.split_whitespace().nth(1).unwrap_or_default();
        let processors = names("/sys/devices/system/cpu");
        let version = fact("/sys/class/tpm/tpm0/tpm_version_major");
        Self {
            tpm_version: Some(version).filter(|version| !version.is_empty()),
            secure_boot: flag("SecureBoot"),
            setup_mode: flag("SetupMode"),
            memory_mib: memory.parse::<u64>().unwrap_or(0) / 1024,
            processors: processors
                .iter()
                .filter_map(|name| name.strip_prefix("cpu")?.parse::<u32>().ok())
                .count(),
            boot_entry: boot_entry(),
            hardware: super::platform::hardware(),
        }
    }
}

fn boot_entry() -> Option<String> {
    let current = read("BootCurrent", GLOBAL)?;
    let number = u16::from_le_bytes([*current.first()?, *current.get(1)?]);
    load_option::description(&read(&format!("Boot{number:04X}"), GLOBAL)?)
}

/// Adds the entry for Windows' boot manager and puts it first, as `bcdboot` does; an entry of
/// that name is replaced.
pub(super) fn add_boot_entry(number: u32, place: &Placed, guid: &Guid) -> Result<()> {
    let entries: Vec<(u16, Option<String>)> = names("/sys/firmware/efi/efivars")
        .iter()
        .filter_map(|name| {
            let digits = name
                .strip_prefix("Boot")?
                .strip_suffix(GLOBAL)?
                .strip_suffix('-')?;
            let number = u16::from_str_radix(digits, 16).ok()?;
            let bytes = read(&format!("Boot{digits}"), GLOBAL)?;
            Some((number, load_option::description(&bytes)))
        })
        .collect();
    let own = entries
        .iter()
        .find(|(_, text)| text.as_deref() == Some(load_option::NAME));
    let free = (0..u16::MAX).find(|one| !entries.iter().any(|(taken, _)| taken == one));
    let own = own
        .map(|(number, _)| *number)
        .or(free)
        .context("no free boot entry")?;
    write(
        &format!("Boot{own:04X}"),
        &load_option::bytes(number, place, guid),
    )?;
    let old = read("BootOrder", GLOBAL).unwrap_or_default();
    let mut order = own.to_le_bytes().to_vec();
    for two in old.chunks_exact(2).filter(|two| **two != own.to_le_bytes()) {
        order.extend_from_slice(two);
    }
    write("BootOrder", &order)
}
