//! What a virtio-win ISO holds.
//!
//! The real one is made by mkisofs with Joliet and Rock Ridge names. Each driver is a folder
//! `driver/system/architecture`, such as `NetKVM/w11/amd64`; the folders with two parts, such as
//! `amd64/w11`, hold copies of the storage drivers.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use camino::Utf8Path;
use hadris_storage::sync::BlockDevice;

use crate::optical::{self, Entry, Volume};

/// The architectures' folders; Windows does not care for case, and their case has changed.
const ARCHITECTURES: [&str; 3] = ["x86", "amd64", "arm64"];
/// The real ISO has about 60 folders in its root and 20 in a driver's.
const FOLDERS_MAX: usize = 4096;
/// Where each release has QEMU's guest agent, as a package of Windows Installer.
pub const GUEST_AGENT: &str = "guest-agent/qemu-ga-x86_64.msi";
/// `NetKVM` with all its files has 2 MB, `viofs` 3 MB.
const FILE_BYTES_MAX: u64 = 32 << 20;
const DRIVER_BYTES_MAX: u64 = 64 << 20;
const FILES_MAX: usize = 64;

/// The facts that planning needs of a virtio-win ISO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VirtioWin {
    /// The volume's label, such as `virtio-win-0.1.285`.
    pub label: String,
    /// The driver folders, `driver/system/architecture` as the ISO spells them.
    pub folders: BTreeSet<String>,
    /// QEMU's guest agent for 64-bit Windows, where the ISO has one.
    pub guest_agent: Option<String>,
}

impl VirtioWin {
    /// The release that the label tells, such as 0, 1, 285.
    #[must_use]
    pub fn version(&self) -> Option<[u32; 3]> {
        let mut numbers = self.label.strip_prefix("virtio-win-")?.split(['.', '-']);
        let mut next = || numbers.next()?.parse().ok();
        Some([next()?, next()?, next()?])
    }
}

/// A driver's files by name, as the ISO spells them.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Reads the facts of a virtio-win ISO.
pub fn read(path: &Utf8Path) -> anyhow::Result<VirtioWin> {
    let mut volume = optical::open(path)?;
    facts(&mut volume).with_context(|| format!("cannot read `{path}` as a virtio-win ISO"))
}

/// Reads the files that each of these driver folders needs for its driver.
pub fn drivers<'a>(
    path: &Utf8Path,
    folders: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<Vec<Files>> {
    let mut volume = optical::open(path)?;
    folders
        .into_iter()
        .map(|folder| files(&mut volume, folder))
        .collect::<anyhow::Result<_>>()
        .with_context(|| format!("cannot read the drivers of `{path}`"))
}

/// Reads one file, such as an installer.
pub fn file(path: &Utf8Path, file: &str) -> anyhow::Result<Vec<u8>> {
    let mut volume = optical::open(path)?;
    let entry = entry(&mut volume, file).with_context(|| format!("`{path}`"))?;
    volume.read(&entry, DRIVER_BYTES_MAX)
}

/// Says so if it has no such file, or one too large to take along.
pub fn look(path: &Utf8Path, file: &str) -> anyhow::Result<()> {
    let mut volume = optical::open(path)?;
    entry(&mut volume, file).map(drop)
}

fn entry<D: BlockDevice>(volume: &mut Volume<D>, file: &str) -> anyhow::Result<Entry> {
    let entry = volume.find(file)?.filter(|entry| !entry.is_folder);
    let entry = entry.with_context(|| format!("it has no file `{file}`"))?;
    ensure!(
        entry.bytes <= DRIVER_BYTES_MAX,
        "its `{file}` has {} bytes, more than {DRIVER_BYTES_MAX}",
        entry.bytes
    );
    Ok(entry)
}

/// The facts of an open disc.
pub fn facts<D: BlockDevice>(volume: &mut Volume<D>) -> anyhow::Result<VirtioWin> {
    volume.check_length()?;
    let mut folders = BTreeSet::new();
    let mut seen = 0;
    let root = volume.root();
    for driver in subfolders(volume, &root, &mut seen)? {
        for system in subfolders(volume, &driver, &mut seen)? {
            for arch in subfolders(volume, &system, &mut seen)? {
                if ARCHITECTURES
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(arch.name()))
                {
                    folders.insert(arch.path);
                }
            }
        }
    }
    ensure!(
        !folders.is_empty(),
        "it has no folder `driver/system/architecture`, such as `vioscsi/w11/amd64`"
    );
    let guest_agent = volume.find(GUEST_AGENT)?.map(|entry| entry.path);
    Ok(VirtioWin {
        label: volume.label(),
        folders,
        guest_agent,
    })
}

fn subfolders<D: BlockDevice>(
    volume: &mut Volume<D>,
    folder: &Entry,
    seen: &mut usize,
) -> anyhow::Result<Vec<Entry>> {
    let mut entries = volume.list(folder)?;
    entries.retain(|entry| entry.is_folder);
    *seen += entries.len();
    ensure!(
        *seen <= FOLDERS_MAX,
        "it has more than {FOLDERS_MAX} folders"
    );
    Ok(entries)
}

/// The INF files of a folder, and what they name: symbols for debuggers (`.pdb`) and other files
/// that lie beside them stay out.
pub fn files<D: BlockDevice>(volume: &mut Volume<D>, path: &str) -> anyhow::Result<Files> {
    let folder = volume
        .find(path)?
        .filter(|found| found.is_folder)
        .with_context(|| format!("it has no folder `{path}`"))?;
    let entries = volume.list(&folder)?;
    let mut files = Files::new();
    let mut left = DRIVER_BYTES_MAX;
    let mut named = String::new();
    for entry in entries.iter().filter(|entry| has_type(entry, &["inf"])) {
        let bytes = take(volume, entry, &mut left)?;
        named += &text(&bytes).to_ascii_lowercase();
        files.insert(entry.name().to_owned(), bytes);
    }
    ensure!(!files.is_empty(), "`{path}` has no `.inf` file");
    for entry in &entries {
        let wanted = has_type(entry, &["cat", "dll", "exe", "sys"])
            && names(&named, &entry.name().to_ascii_lowercase());
        if wanted {
            ensure!(
                files.len() < FILES_MAX,
                "`{path}` has more than {FILES_MAX} files"
            );
            let bytes = take(volume, entry, &mut left)?;
            files.insert(entry.name().to_owned(), bytes);
        }
    }
    // Some drivers only name a device that Windows shall not ask about, and have no program.
    for wanted in programs(&named) {
        ensure!(
            files.keys().any(|name| name.eq_ignore_ascii_case(wanted)),
            "`{path}` has no `{}`, which its `.inf` names",
            wanted.escape_debug()
        );
    }
    Ok(files)
}

/// The programs that an INF says are on the medium: the keys of `[SourceDisksFiles]` and of its
/// variants for an architecture (page of that section). The text is in lower case.
fn programs(inf: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    let lines = inf.lines().map(str::trim).filter(move |line| {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.starts_with("sourcedisksfiles");
        }
        inside
    });
    let names = lines.filter_map(|line| Some(line.split_once('=')?.0.trim().trim_matches('"')));
    names.filter(|name| ends_in(name, "sys"))
}

fn take<D: BlockDevice>(
    volume: &mut Volume<D>,
    entry: &Entry,
    left: &mut u64,
) -> anyhow::Result<Vec<u8>> {
    let bytes = volume.read(entry, FILE_BYTES_MAX.min(*left))?;
    *left -= entry.bytes;
    Ok(bytes)
}

fn has_type(entry: &Entry, types: &[&str]) -> bool {
    !entry.is_folder && types.iter().any(|ending| ends_in(entry.name(), ending))
}

fn ends_in(name: &str, ending: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, found)| found.eq_ignore_ascii_case(ending))
}

/// An INF is UTF-16 behind a byte order mark, or in some code page; names of files are ASCII.
fn text(bytes: &[u8]) -> String {
    match bytes {
        [0xff, 0xfe, rest @ ..] => {
            let units: Vec<u16> = rest
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Whether a text has a file's name as a word of its own: `vioser.sys` is not in `xvioser.sys`.
fn names(text: &str, file: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    text.split(|c| !part(c)).any(|word| word == file)
}

#[cfg(test)]
mod tests;
