//! Booting a Windows ISO without "Press any key": which image the firmware gets instead.

mod catalogue;
mod foresee;
mod overlay;
mod patch;

use hadris_storage::sync::BlockDevice;
use serde::Serialize;

use super::BootImage;
use super::tree::{self, Folder, Tree as _};
use crate::optical::{Entry, SECTOR, Volume};
use catalogue::BootEntry;
use patch::Generation;

pub use foresee::{Foreseen, foresee};
pub use overlay::{Overlay, overlay};

/// Where Microsoft's ISOs keep the boot images as files.
const UEFI_FOLDER: &str = "efi/microsoft/boot";
const BIOS_FILE: &str = "boot/etfsboot.com";
/// A boot image is a floppy's size; the largest that a catalogue can name has 32 MiB.
const IMAGE_BYTES_MAX: u64 = 32 << 20;
/// A boot program has 1 to 3 MB.
const PROGRAM_BYTES_MAX: u64 = 32 << 20;
/// How many entries and files are looked at; an ISO has two to four of each.
const ENTRIES_MAX: usize = 16;
const FILES_MAX: usize = 8;

/// What a Windows ISO can be started by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Boots {
    /// A PC's BIOS.
    pub bios: bool,
    pub uefi: bool,
    /// An image for UEFI that waits for no key is at hand as a file, of the generation that the
    /// ISO boots by itself. In a folder, which boots nothing by itself, any generation counts.
    pub uefi_no_prompt: bool,
}

/// Every entry of the boot catalogue, which file holds its bytes, and what they mean together.
pub(super) fn images<D: BlockDevice>(
    volume: &mut Volume<D>,
) -> anyhow::Result<(Vec<BootImage>, Boots)> {
    let entries = catalogue::read(volume)?;
    let uefi_files = uefi_files(volume)?;
    let files: Vec<_> = uefi_files
        .iter()
        .cloned()
        .chain(volume.find(BIOS_FILE)?)
        .collect();
    let mut boots = Boots::default();
    let mut images = Vec::new();
    for entry in entries.into_iter().take(ENTRIES_MAX) {
        let mut held = None;
        for candidate in &files {
            if held.is_none() && holds(volume, &entry, candidate)? {
                held = Some(candidate);
            }
        }
        if entry.bootable && entry.platform == catalogue::UEFI && !boots.uefi {
            boots.uefi = true;
            let wanted = patch::generation(volume, &entry, held)?.file();
            let is_wanted = |file: &Entry| file.name().eq_ignore_ascii_case(wanted);
            boots.uefi_no_prompt = uefi_files.iter().any(is_wanted);
        }
        boots.bios |= entry.bootable && entry.platform == catalogue::BIOS;
        images.push(BootImage {
            platform: match entry.platform {
                catalogue::BIOS => "bios".to_owned(),
                catalogue::UEFI => "uefi".to_owned(),
                other => format!("{other:#04x}"),
            },
            sector: entry.sector,
            count: entry.count,
            file: held.map(|file| file.path.clone()),
        });
    }
    Ok((images, boots))
}

/// What a folder has for starting from a disc that is made of it.
pub(super) fn in_folder(folder: &mut Folder) -> anyhow::Result<Boots> {
    let uefi = folder.files(UEFI_FOLDER)?;
    let bios = folder.files("boot")?;
    Ok(Boots {
        bios: tree::named::<Folder>(&bios, "etfsboot.com").is_some(),
        uefi: uefi.iter().any(|file| is_uefi_file(Folder::path(file))),
        uefi_no_prompt: [Generation::Ca2011, Generation::Ca2023]
            .into_iter()
            .any(|generation| tree::named::<Folder>(&uefi, generation.file()).is_some()),
    })
}

/// The sector that is changed so that a disc starts without a key press, with its place in bytes.
/// `None`: the right boot image is no file of the disc.
#[doc(hidden)]
pub fn changed_sector<D: BlockDevice>(
    volume: &mut Volume<D>,
) -> anyhow::Result<Option<(u64, Vec<u8>)>> {
    let choice = patch::choose(volume)?;
    let patch = patch::on_disc(volume, &choice)?;
    Ok(patch.map(|patch| (patch.offset, patch.sector)))
}

/// The files `efisys….bin`, as the ISO spells them.
fn uefi_files<D: BlockDevice>(volume: &mut Volume<D>) -> anyhow::Result<Vec<Entry>> {
    let Some(folder) = volume.find(UEFI_FOLDER)?.filter(|found| found.is_folder) else {
        return Ok(Vec::new());
    };
    let mut files = volume.list(&folder)?;
    files.retain(|file| !file.is_folder && is_uefi_file(&file.path));
    files.truncate(FILES_MAX);
    Ok(files)
}

fn is_uefi_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let stem = name.strip_suffix(".bin").unwrap_or_default();
    stem.starts_with("efisys")
}

/// Whether the bytes at a boot entry are this file's. The entry may be a second copy and its
/// count may say nothing, so the file's length decides how much is compared.
fn holds<D: BlockDevice>(
    volume: &mut Volume<D>,
    entry: &BootEntry,
    file: &Entry,
) -> anyhow::Result<bool> {
    let start = u64::from(entry.sector) * SECTOR;
    if file.bytes == 0
        || file.bytes > IMAGE_BYTES_MAX
        || start.saturating_add(file.bytes) > volume.bytes()
    {
        return Ok(false);
    }
    let mut at_entry = vec![0; 64 << 10];
    let mut in_file = at_entry.clone();
    let mut done = 0;
    while done < file.bytes {
        let len = usize::try_from(file.bytes - done)?.min(at_entry.len());
        volume.read_raw(start + done, &mut at_entry[..len])?;
        volume.read_at(file, done, &mut in_file[..len])?;
        if at_entry[..len] != in_file[..len] {
            return Ok(false);
        }
        done += len as u64;
    }
    Ok(true)
}
