//! Partitions, file systems, and the image on them.

use std::{
    fs,
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};

use super::{
    firmware,
    platform::{self, fact, mount, program, random, unmount},
};
use crate::{
    answer::windows_pe,
    layout::{Format, Kind, Placed, Table, place},
    load_option,
    partition_table::{self, Guid, SECTOR, Writes},
};

/// Where C: is mounted.
pub(super) const SYSTEM: &str = "/mnt/c";

/// The disk with its partitions.
#[derive(Debug)]
pub(super) struct Disk {
    name: String,
    placed: Vec<Placed>,
    guids: Vec<Guid>,
}

/// Writes the partitions and file systems that the answer file asks for.
pub(super) fn prepare(name: &str, wanted: &windows_pe::Disk) -> Result<Disk> {
    let sectors = fact(format!("/sys/block/{name}/size"));
    let sectors: u64 = sectors.parse().context("the disk has no size")?;
    // The machine's firmware is UEFI, or this program would not have been started.
    let placed = place(Table::Gpt, sectors, &wanted.partitions)?;
    let device = format!("/dev/{name}");
    let parts = platform::names(&format!("/sys/block/{name}"));
    let blank = !parts.iter().any(|part| part.starts_with(name));
    ensure!(
        wanted.wipe || blank,
        "the disk has partitions, and is not to be wiped"
    );
    let guids = guids(placed.len() + 1)?;
    let writes = partition_table::writes(Table::Gpt, sectors, &placed, &guids)?;
    write_table(&device, &writes)?;
    let disk = Disk {
        name: name.into(),
        placed,
        guids,
    };
    disk.format()?;
    Ok(disk)
}

/// So many random GUIDs.
pub(super) fn guids(count: usize) -> Result<Vec<Guid>> {
    let mut guids = Vec::new();
    for _ in 0..count {
        let mut guid = random::<16>()?;
        // A random GUID says that it is one.
        guid[7] = guid[7] & 0x0f | 0x40;
        guid[8] = guid[8] & 0x3f | 0x80;
        guids.push(guid);
    }
    Ok(guids)
}

/// Writes a table, and has the kernel read it.
pub(super) fn write_table(device: &str, writes: &Writes) -> Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .open(device)
        .with_context(|| format!("cannot open `{device}`"))?;
    for (sector, bytes) in writes {
        let at = sector * SECTOR as u64;
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.write_all(bytes))
            .context("cannot write the partition table")?;
    }
    file.sync_all()
        .context("cannot write the partition table")?;
    drop(file);
    program("/bin/blockdev", &["--rereadpt", device])
}

/// Makes an NTFS on a partition that begins at this sector.
pub(super) fn make_ntfs(device: &str, first: u64, label: &str) -> Result<()> {
    let start = first.to_string();
    let mut arguments = vec!["--fast", "--quiet", "--partition-start", &start];
    arguments.extend(["--heads", "255", "--sectors-per-track", "63"]);
    if !label.is_empty() {
        arguments.extend(["--label", label]);
    }
    arguments.push(device);
    program("/bin/mkntfs", &arguments)
}

impl Disk {
    fn format(&self) -> Result<()> {
        for (number, place) in (1..).zip(&self.placed) {
            let device = platform::partition(&self.name, number);
            let device = device.to_string_lossy();
            let label = &place.wanted.label;
            match place.wanted.format {
                Some(Format::Ntfs) => {
                    make_ntfs(&device, place.first, label)?;
                }
                Some(Format::Fat32) => {
                    let name = if label.is_empty() { "NO NAME" } else { label };
                    program("/bin/mkfs.vfat", &["-F", "32", "-n", name, &device])?;
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Applies the image to a partition and mounts that as C:.
    pub(super) fn apply(&self, wim: &Path, index: u32, number: u32) -> Result<PathBuf> {
        let place = (number as usize)
            .checked_sub(1)
            .and_then(|at| self.placed.get(at));
        let place = place.with_context(|| format!("there is no partition {number}"))?;
        ensure!(
            place.wanted.format == Some(Format::Ntfs) && place.wanted.kind == Kind::Primary,
            "Windows cannot be installed to partition {number}"
        );
        let device = platform::partition(&self.name, number);
        let device = device.to_string_lossy();
        let wim = wim.to_string_lossy();
        program(
            "/bin/wimlib-imagex",
            &["apply", &wim, &index.to_string(), &device],
        )?;
        mount_system(&device)
    }

    /// Makes the disk start: the loader on the EFI partition, and the firmware's entry.
    pub(super) fn make_bootable(&self, loader: &Path) -> Result<()> {
        let (number, index) = self.efi_partition()?;
        let device = platform::partition(&self.name, number);
        let root = Path::new("/mnt/esp");
        platform::load(&["vfat", "nls_ascii", "nls_cp437"])?;
        mount(&device.to_string_lossy(), "vfat", root, "")?;
        let loader = fs::read(loader).context("cannot read the medium's loader")?;
        let file = load_option::FILE.replace('\\', "/");
        for path in [file.as_str(), "/EFI/Boot/bootx64.efi"] {
            let at = root.join(path.trim_start_matches('/'));
            let folder = at.parent().context("a loader's folder")?;
            fs::create_dir_all(folder).context("cannot make a folder on the EFI partition")?;
            fs::write(&at, &loader).with_context(|| format!("cannot write `{path}`"))?;
        }
        unmount(root)?;
        firmware::add_boot_entry(number, &self.placed[index], &self.guids[index + 1])
    }

    fn efi_partition(&self) -> Result<(u32, usize)> {
        let found = self
            .placed
            .iter()
            .position(|place| place.wanted.kind == Kind::Efi);
        let index = found.context("there is no EFI partition")?;
        Ok((
            u32::try_from(index + 1).context("a partition's number")?,
            index,
        ))
    }
}

/// Mounts a partition as C:.
pub(super) fn mount_system(device: &str) -> Result<PathBuf> {
    let root = PathBuf::from(SYSTEM);
    mount_ntfs(device, &root)?;
    Ok(root)
}

/// Mounts an NTFS. One that a machine was using when its power was cut is put in order first:
/// Windows does that by itself, from the journal.
pub(super) fn mount_ntfs(device: &str, root: &Path) -> Result<()> {
    platform::load(&["ntfs3", "nls_utf8"])?;
    let options = "iocharset=utf8";
    mount(device, "ntfs3", root, options).or_else(|_| {
        repair(device)?;
        mount(device, "ntfs3", root, options)
    })
}

/// Puts an NTFS in order.
pub(super) fn repair(device: &str) -> Result<()> {
    program("/bin/ntfsfix", &["--clear-dirty", device])
}

/// Writes the mark of an encrypted volume where NTFS has its name.
pub(super) fn encrypt(device: &str) -> Result<()> {
    let file = fs::OpenOptions::new().write(true).open(device);
    let mut file = file.with_context(|| format!("cannot open `{device}`"))?;
    file.seek(SeekFrom::Start(3))
        .and_then(|_| file.write_all(b"-FVE-FS-"))
        .and_then(|()| file.sync_all())
        .context("cannot encrypt C:")
}
