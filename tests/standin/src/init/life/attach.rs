//! The data disk: found by its serial number, brought online, and made, finished, grown and mounted
//! as the guest program decides.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Error, Result, bail, ensure};
use lucarne_guest::boot::disk::{BASIC_DATA, DISK_ID, Decision, NAME, NAME_BEGUN, Use, decide};
use serde_json::{Value, json};

use crate::{
    data_disk::{self, Found},
    init::{
        disk,
        platform::{self, fact, program},
        windows::Windows,
    },
    partition_table::{self, Entry, Guid, SECTOR},
    settings::DataDisk,
};

const ROOT: &str = "/mnt/data";
const SECTOR_BYTES: u64 = SECTOR as u64;
/// A table, a file system, and the look that finds both.
const ROUNDS_MAX: u32 = 3;

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
        let mib = (sectors * SECTOR_BYTES) >> 20;
        json!({ "was": self.was, "grew": self.grew, "sizeMib": mib })
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
    let disk = Disk::open(name)?;
    let mut was = None;
    for _ in 0..ROUNDS_MAX {
        let found = disk.look()?;
        let decision = decide(&found.facts).map_err(Error::msg)?;
        let first = match decision {
            Decision::Make { .. } => "blank",
            Decision::Format { .. } => "begun",
            Decision::Use(_) => "ours",
        };
        let was = *was.get_or_insert(first);
        match decision {
            Decision::Make { offset, bytes } => disk.make(offset, bytes)?,
            Decision::Format {
                number, is_ntfs, ..
            } => disk.finish(&found, number, is_ntfs, &wanted.label)?,
            Decision::Use(it) => return disk.give(&found, &it, was),
        }
    }
    bail!("it was made ready, and still is not")
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

/// A disk.
struct Disk {
    name: String,
    sectors: u64,
    writable: bool,
}

impl Disk {
    fn open(name: &str) -> Result<Self> {
        let sectors = fact(format!("/sys/block/{name}/size"));
        Ok(Self {
            name: name.into(),
            sectors: sectors.parse().context("it has no size")?,
            writable: fact(format!("/sys/block/{name}/ro")) == "0",
        })
    }

    fn look(&self) -> Result<Found> {
        let path = format!("/dev/{}", self.name);
        let mut file = File::open(&path).with_context(|| format!("cannot open `{path}`"))?;
        let read = |at: u64, length: usize| -> Result<Vec<u8>> {
            let mut bytes = vec![0; length];
            file.seek(SeekFrom::Start(at))
                .and_then(|_| file.read_exact(&mut bytes))
                .context("it cannot be read")?;
            Ok(bytes)
        };
        data_disk::look(self.sectors * SECTOR_BYTES, self.writable, read)
    }

    fn write(&self, entries: &[Entry], disk: &Guid) -> Result<()> {
        let writes = partition_table::gpt(self.sectors, entries, disk)?;
        disk::write_table(&format!("/dev/{}", self.name), &writes)
    }

    fn device(&self, number: u32) -> String {
        let device = platform::partition(&self.name, number);
        device.to_string_lossy().into_owned()
    }

    /// Writes a table with one partition, which is begun.
    fn make(&self, offset: u64, bytes: u64) -> Result<()> {
        let guids = disk::guids(2)?;
        let mut disk = guids[0];
        disk[..DISK_ID.len()].copy_from_slice(&DISK_ID);
        let one = Entry {
            number: 1,
            kind: BASIC_DATA,
            guid: guids[1],
            first: offset / SECTOR_BYTES,
            last: (offset + bytes) / SECTOR_BYTES - 1,
            name: NAME_BEGUN.into(),
        };
        self.write(&[one], &disk)
    }

    /// Gives a partition that is begun its file system, and then the name of one that is whole.
    fn finish(&self, found: &Found, number: u32, is_ntfs: bool, label: &str) -> Result<()> {
        let (disk, mut entries, at) = whose(found, number)?;
        let device = self.device(number);
        if !(is_ntfs && is_used(&device)?) {
            disk::make_ntfs(&device, entries[at].first, label)?;
        }
        entries[at].name = NAME.into();
        self.write(&entries, &disk)
    }

    /// Grows it where that is to be, and mounts it.
    fn give(&self, found: &Found, it: &Use, was: &'static str) -> Result<Attached> {
        ensure!(
            !it.read_only,
            "it takes no writes, and nothing here reads such a one"
        );
        let device = self.device(it.number);
        if let Some(bytes) = it.grow {
            let (disk, mut entries, at) = whose(found, it.number)?;
            entries[at].last += bytes / SECTOR_BYTES;
            self.write(&entries, &disk)?;
        }
        if was != "blank" {
            // Clean or not: the kernel's NTFS writes the copy of the MFT's first records later
            // than those, and a power cut between leaves a volume that counts as clean, and that
            // what grows it does not take.
            disk::repair(&device)?;
        }
        if it.extend.is_some() {
            // Up to the partition's end. Twice: it would not touch one that was not closed.
            let options = ["--force", "--force", "--no-progress-bar", &device];
            program("/bin/ntfsresize", &options)?;
        }
        let root = PathBuf::from(ROOT);
        disk::mount_ntfs(&device, &root)?;
        let name = Path::new(&device).file_name().unwrap_or_default();
        Ok(Attached {
            root,
            device: name.to_string_lossy().into_owned(),
            was,
            grew: it.grow.is_some() || it.extend.is_some(),
        })
    }
}

/// The table, and where in it a partition is.
fn whose(found: &Found, number: u32) -> Result<(Guid, Vec<Entry>, usize)> {
    let (disk, entries) = found.gpt.clone().context("its table is gone")?;
    let at = entries.iter().position(|entry| entry.number == number);
    Ok((disk, entries, at.context("its partition is gone")?))
}

/// Whether a file system holds more than what Windows itself puts there; one that cannot be
/// mounted is not whole.
fn is_used(device: &str) -> Result<bool> {
    const OF_WINDOWS: [&str; 2] = ["System Volume Information", "$RECYCLE.BIN"];
    let root = Path::new(ROOT);
    if disk::mount_ntfs(device, root).is_err() {
        return Ok(false);
    }
    let names = platform::names(ROOT);
    platform::unmount(root)?;
    Ok(names
        .iter()
        .any(|name| !OF_WINDOWS.contains(&name.as_str())))
}

/// Lets go of it; what was written is on the disk afterwards.
pub(super) fn detach(root: &Path) -> Result<()> {
    platform::unmount(root)
}
