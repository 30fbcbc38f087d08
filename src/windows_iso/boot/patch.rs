//! Which boot image is the right one, and what has to change on the disc so that it starts.

use anyhow::{Context as _, bail, ensure};
use hadris_storage::sync::BlockDevice;

use super::catalogue::{self, BootEntry};
use super::{IMAGE_BYTES_MAX, holds, uefi_files};
use crate::optical::{Entry, SECTOR, SECTOR_BYTES, Volume};

/// What an entry without a true count is taken to have: the largest floppy's size.
const FLOPPY_BYTES: u64 = 2_949_120;
/// The certificate that signs the newer generation; it stands in the loader's signature.
const CA_2023: &[u8] = b"Windows UEFI CA 2023";

/// Microsoft ships its boot images twice: signed under the certificate of 2011, and, with `_EX`
/// in their names, under the one of 2023. A firmware may trust one and not the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    Ca2011,
    Ca2023,
}

impl Generation {
    /// The image of this generation that does not wait for a key.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Ca2011 => "efisys_noprompt.bin",
            Self::Ca2023 => "efisys_noprompt_EX.bin",
        }
    }

    /// The folder of it below `Windows/Boot` in a Windows.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Ca2011 => "DVD",
            Self::Ca2023 => "DVD_EX",
        }
    }
}

/// What the machine shall see otherwise than it is on the disc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BootPatch {
    /// Where the one changed sector is, in bytes.
    pub(super) offset: u64,
    /// The sector as it shall be.
    pub(super) sector: Vec<u8>,
    /// The boot image, where the disc has it in no usable place: it goes behind the disc's end.
    pub(super) appended: Option<Appended>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Appended {
    pub(super) offset: u64,
    /// Whole sectors.
    pub(super) bytes: Vec<u8>,
}

/// What the disc's UEFI entry boots, and what it should.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) entry: BootEntry,
    pub(super) generation: Generation,
    /// The file of the disc that holds what the entry boots now.
    pub(super) held: Option<Entry>,
    /// The right image as a file of the disc, where it is one.
    pub(super) file: Option<Entry>,
}

/// Looks at the disc's UEFI entry. Its image may be a copy of a file, so contents decide; a
/// repacked disc may have one of its own, whose signature then tells the generation.
pub(super) fn choose<D: BlockDevice>(volume: &mut Volume<D>) -> anyhow::Result<Choice> {
    let entry = catalogue::read(volume)?
        .into_iter()
        .find(|entry| entry.platform == catalogue::UEFI && entry.bootable)
        .context("its boot catalogue has no entry for UEFI")?;
    let files = uefi_files(volume)?;
    let mut held = None;
    for file in &files {
        if held.is_none() && holds(volume, &entry, file)? {
            held = Some(file.clone());
        }
    }
    let generation = generation(volume, &entry, held.as_ref())?;
    let file = files
        .into_iter()
        .find(|file| file.name().eq_ignore_ascii_case(generation.file()));
    Ok(Choice {
        entry,
        generation,
        held,
        file,
    })
}

/// The generation of what an entry boots, which is a file of the disc where it is `held` by one.
pub(super) fn generation<D: BlockDevice>(
    volume: &mut Volume<D>,
    entry: &BootEntry,
    held: Option<&Entry>,
) -> anyhow::Result<Generation> {
    let is_newer = match held {
        Some(file) => file.name().to_ascii_lowercase().ends_with("_ex.bin"),
        None => contains(&entry_bytes(volume, entry)?, CA_2023),
    };
    Ok(if is_newer {
        Generation::Ca2023
    } else {
        Generation::Ca2011
    })
}

/// The patch for a disc that holds the right image in one piece. `None`: it does not.
pub(super) fn on_disc<D: BlockDevice>(
    volume: &mut Volume<D>,
    choice: &Choice,
) -> anyhow::Result<Option<BootPatch>> {
    let Some(file) = &choice.file else {
        return Ok(None);
    };
    volume.check_whole(file)?;
    let start = volume.contiguous(file)?;
    // A file in pieces, or inside its own directory record, is no place to boot from.
    let Some(start) = start.filter(|start| start.is_multiple_of(SECTOR)) else {
        return Ok(None);
    };
    patch(volume, choice, start, file.bytes, None).map(Some)
}

/// The patch that leaves the disc to boot what it boots, with a prompt, and only says how large
/// that is. `None`: it is not known.
pub(super) fn prompting<D: BlockDevice>(
    volume: &mut Volume<D>,
    choice: &Choice,
) -> anyhow::Result<Option<BootPatch>> {
    let Some(file) = &choice.held else {
        return Ok(None);
    };
    let start = u64::from(choice.entry.sector) * SECTOR;
    patch(volume, choice, start, file.bytes, None).map(Some)
}

/// The patch that brings the image along.
pub(super) fn with_image<D: BlockDevice>(
    volume: &mut Volume<D>,
    choice: &Choice,
    disc_bytes: u64,
    mut image: Vec<u8>,
) -> anyhow::Result<BootPatch> {
    let len = image.len() as u64;
    let offset = disc_bytes.next_multiple_of(SECTOR);
    image.resize(image.len().next_multiple_of(SECTOR_BYTES), 0);
    let appended = Appended {
        offset,
        bytes: image,
    };
    patch(volume, choice, offset, len, Some(appended))
}

fn patch<D: BlockDevice>(
    volume: &mut Volume<D>,
    choice: &Choice,
    start: u64,
    len: u64,
    appended: Option<Appended>,
) -> anyhow::Result<BootPatch> {
    ensure!(len > 0, "the boot image is empty");
    // With a count below 2 the firmware takes the size of the ISO 9660 volume, which is a stub.
    let Ok(count) = u16::try_from(len.div_ceil(512).max(2)) else {
        bail!("the boot image has {len} bytes; a boot catalogue can say at most {IMAGE_BYTES_MAX}");
    };
    let start = u32::try_from(start / SECTOR)
        .context("the boot image lies behind the 8 TiB that a boot catalogue reaches")?;
    let offset = choice.entry.offset / SECTOR * SECTOR;
    let mut sector = vec![0; SECTOR_BYTES];
    volume.read_raw(offset, &mut sector)?;
    let at = usize::try_from(choice.entry.offset - offset)?;
    sector[at + 6..at + 8].copy_from_slice(&count.to_le_bytes());
    sector[at + 8..at + 12].copy_from_slice(&start.to_le_bytes());
    Ok(BootPatch {
        offset,
        sector,
        appended,
    })
}

/// What the entry boots now, as far as its length is known.
pub(super) fn entry_bytes<D: BlockDevice>(
    volume: &mut Volume<D>,
    entry: &BootEntry,
) -> anyhow::Result<Vec<u8>> {
    let start = u64::from(entry.sector) * SECTOR;
    let len = match entry.count {
        0 | 1 => FLOPPY_BYTES,
        count => u64::from(count) * 512,
    };
    let len = len.min(volume.bytes().saturating_sub(start));
    ensure!(
        len > 0,
        "its boot image should be at byte {start}, the image has {} bytes",
        volume.bytes()
    );
    let mut bytes = vec![0; usize::try_from(len)?];
    volume.read_raw(start, &mut bytes)?;
    Ok(bytes)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests;
