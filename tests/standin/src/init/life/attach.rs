//! The data disk: found by its serial number, brought online, made if it is blank, grown if it
//! has grown, and mounted.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::{
    data_disk::{EDGE_BYTES, Found, Volume, judge},
    init::{
        disk,
        platform::{self, fact, program},
        windows::Windows,
    },
    layout::{Format, Kind, Placed, Table, Wanted},
    partition_table::{self, Guid, SECTOR},
    settings::DataDisk,
};

const ROOT: &str = "/mnt/data";
/// One MiB in sectors: where partitions begin and end.
const ALIGNMENT: u64 = 2048;

/// A data disk that is in use.
#[derive(Clone, Debug)]
pub(super) struct Attached {
    pub(super) root: PathBuf,
    device: String,
    was: &'static str,
    grew: bool,
}

impl Attached {
    /// What `show` tells of it.
    pub(super) fn told(&self) -> Value {
        let size = fact(format!("/sys/class/block/{}/size", self.device));
        let sectors = size.parse::<u64>().unwrap_or_default();
        json!({ "was": self.was, "grew": self.grew, "sizeMib": sectors / ALIGNMENT })
    }
}

/// Takes every disk but Windows' own offline, as Windows finds a disk that it has never seen
/// unless its SAN policy says otherwise. The kernel can do so with those of SCSI.
pub(super) fn take_offline(windows: &Windows) -> Result<()> {
    for name in platform::disks() {
        let state = format!("/sys/block/{name}/device/state");
        let own = windows.device.starts_with(&format!("/dev/{name}"));
        if !own && fact(&state) == "running" {
            fs::write(&state, "offline\n").context("cannot take a disk offline")?;
        }
    }
    Ok(())
}

/// Finds the disk and has it ready.
pub(super) fn attach(wanted: &DataDisk) -> Result<Attached> {
    let mut found = platform::disks();
    found.retain(|name| serial(name).as_deref() == Some(&wanted.serial));
    let [name] = &found[..] else {
        bail!(
            "{} disks have the serial number `{}`",
            found.len(),
            wanted.serial
        );
    };
    let state = format!("/sys/block/{name}/device/state");
    if fact(&state) == "offline" {
        fs::write(&state, "running\n").context("cannot bring it online")?;
    }
    let sectors = fact(format!("/sys/block/{name}/size"));
    let sectors: u64 = sectors.parse().context("it has no size")?;
    let found = look(name, sectors)?;
    let number = match &found {
        Found::Ours(volume) | Found::HalfMade(volume) => volume.number,
        _ => 1,
    };
    let device = platform::partition(name, number);
    let text = device.to_string_lossy().into_owned();
    let mut grew = false;
    let was = match found {
        Found::Blank => {
            let guids = disk::guids(2)?;
            write(name, sectors, ALIGNMENT, &[guids[0], guids[1]])?;
            disk::make_ntfs(&text, ALIGNMENT, &wanted.label)?;
            "blank"
        }
        Found::HalfMade(volume) => {
            disk::make_ntfs(&text, volume.first, &wanted.label)?;
            "half made"
        }
        Found::Ours(volume) => {
            grew = grow(name, sectors, &volume, &text)?;
            // Clean or not: the kernel's NTFS writes the copy of the MFT's first records later
            // than those, and a power cut between leaves a volume that counts as clean.
            disk::repair(&text)?;
            "ours"
        }
        Found::Foreign(what) => bail!("it holds {what}, and is not touched"),
    };
    let root = PathBuf::from(ROOT);
    disk::mount_ntfs(&text, &root)?;
    let device = device.file_name().unwrap_or_default();
    Ok(Attached {
        root,
        device: device.to_string_lossy().into_owned(),
        was,
        grew,
    })
}

/// A disk's serial number: virtio tells it in a file, SCSI and SATA in a page of their own, whose
/// first four bytes are its head.
fn serial(name: &str) -> Option<String> {
    let folder = format!("/sys/block/{name}");
    let plain = ["serial", "device/serial"].map(|file| fact(format!("{folder}/{file}")));
    if let Some(serial) = plain.into_iter().find(|serial| !serial.is_empty()) {
        return Some(serial);
    }
    let page = fs::read(format!("{folder}/device/vpd_pg80")).ok()?;
    let text = std::str::from_utf8(page.get(4..)?).ok()?;
    Some(text.trim().to_owned())
}

fn look(name: &str, sectors: u64) -> Result<Found> {
    let path = format!("/dev/{name}");
    let mut file = File::open(&path).with_context(|| format!("cannot open `{path}`"))?;
    let mut read = |at: u64, length: usize| -> Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.read_exact(&mut bytes))
            .context("it cannot be read")?;
        Ok(bytes)
    };
    let start = read(0, EDGE_BYTES)?;
    let end = read(sectors * SECTOR as u64 - EDGE_BYTES as u64, EDGE_BYTES)?;
    judge(sectors, [&start, &end], |at| {
        read(at * SECTOR as u64, SECTOR)
    })
}

/// Where a partition that takes the rest of the disk ends, this sector inside.
fn last(sectors: u64) -> u64 {
    (sectors - ALIGNMENT) / ALIGNMENT * ALIGNMENT - 1
}

/// Writes a table with one partition.
fn write(name: &str, sectors: u64, first: u64, guids: &[Guid; 2]) -> Result<()> {
    let placed = Placed {
        first,
        last: last(sectors),
        wanted: Wanted {
            kind: Kind::Primary,
            size_mib: None,
            format: Some(Format::Ntfs),
            label: String::new(),
            letter: None,
            active: false,
            type_id: None,
        },
    };
    let writes = partition_table::writes(Table::Gpt, sectors, &[placed], guids)?;
    disk::write_table(&format!("/dev/{name}"), &writes)
}

/// Makes partition and file system as large as the disk; of a table that was not made here only
/// if nothing else is in it.
fn grow(name: &str, sectors: u64, volume: &Volume, device: &str) -> Result<bool> {
    if volume.number != 1 || last(sectors) <= volume.last {
        return Ok(false);
    }
    write(name, sectors, volume.first, &[volume.disk, volume.guid])?;
    // Twice: it would not touch one that was not closed.
    program(
        "/bin/ntfsresize",
        &["--force", "--force", "--no-progress-bar", device],
    )?;
    Ok(true)
}

/// Lets go of it; what was written is on the disk afterwards.
pub(super) fn detach(root: &Path) -> Result<()> {
    platform::unmount(root)
}
