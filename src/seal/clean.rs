//! Drops from a raw disk what an image must not keep: page files, and what deleted files left.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use anyhow::Context as _;
use rustix::fs::{FallocateFlags, SeekFrom, fallocate, seek};
use rustix::io::Errno;

use super::inspect::unreadable;
use crate::disk::ntfs::{Extent, Ntfs};
use crate::failure::Failure;

/// Files that hold memory, in the root of the Windows volume. Windows makes them anew.
const MEMORY_FILES: [&str; 3] = ["pagefile.sys", "swapfile.sys", "hiberfil.sys"];
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Where the files lie whose contents must not be kept.
pub(super) fn memory_files(ntfs: &Ntfs<'_>) -> Result<Vec<Extent>, Failure> {
    let mut extents = Vec::new();
    for name in MEMORY_FILES {
        if let Some(record) = ntfs.find(name) {
            let found = ntfs.extents(record);
            extents.extend(found.map_err(|error| unreadable(&format!("`{name}`"), error))?);
        }
    }
    Ok(extents)
}

/// Where small files lie that were deleted: a script of a few lines stays in the MFT otherwise.
pub(super) fn small_files(ntfs: &Ntfs<'_>) -> Result<Vec<Extent>, Failure> {
    ntfs.remains().map_err(|error| unreadable("the MFT", error))
}

/// Makes parts of a file holes, or zeros where the file system knows no holes.
pub(super) fn punch(file: &File, extents: &[Extent]) -> anyhow::Result<()> {
    for extent in extents {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        match fallocate(file, flags, extent.offset, extent.length) {
            Ok(()) => {}
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => zero(file, *extent)?,
            Err(error) => return Err(error).context("cannot punch a hole into the disk"),
        }
    }
    Ok(())
}

/// Writes zeros over what is data in a part of a file.
fn zero(file: &File, extent: Extent) -> anyhow::Result<()> {
    let end = extent.offset + extent.length;
    let mut at = extent.offset;
    while let Some(data) = next_data(file, at)?.filter(|data| data.offset < end) {
        at = data.offset.max(extent.offset);
        let until = end.min(data.offset + data.length);
        while at < until {
            let length = usize::try_from(until - at).map_or(ZEROS.len(), |n| n.min(ZEROS.len()));
            file.write_all_at(&ZEROS[..length], at)
                .context("cannot clear a part of the disk")?;
            at += length as u64;
        }
    }
    Ok(())
}

/// The next part of a file that is not a hole. `None`: there is no more.
pub(super) fn next_data(file: &File, from: u64) -> anyhow::Result<Option<Extent>> {
    let offset = match seek(file, SeekFrom::Data(from)) {
        Ok(offset) => offset,
        Err(Errno::NXIO) => return Ok(None),
        Err(error) => return Err(error).context("cannot tell data from holes"),
    };
    let end = seek(file, SeekFrom::Hole(offset)).context("cannot tell holes from data")?;
    Ok(Some(Extent {
        offset: offset.max(from),
        length: end - offset.max(from),
    }))
}
