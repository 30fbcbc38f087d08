//! Optical disc images, read without root, mount or extraction.
//!
//! A Windows ISO is UDF, whose ISO 9660 part holds a README; virtio-win's and repacked ones are
//! ISO 9660 with Joliet names. Both come from strangers, so every size and count is bounded here.

#[cfg(test)]
pub(crate) mod fixture;

use std::fmt;
use std::fs::File;

use anyhow::{Context as _, anyhow, bail, ensure};
use camino::Utf8Path;
use hadris_fs::sync::FileSystem;
use hadris_fs::{DirCursor, Error, ErrorKind, Extent, FileType, MountOptions, NodeId};
use hadris_iso::sync::IsoFs;
use hadris_iso::{IsoId, Namespace};
use hadris_storage::BlockSize;
use hadris_storage::host::FileDevice;
use hadris_storage::sync::BlockDevice;
use hadris_udf::UdfId;
use hadris_udf::sync::UdfFs;

use crate::regular;

/// The sector of every optical disc that matters here.
pub const SECTOR: u64 = 2048;
/// The same for buffers.
pub const SECTOR_BYTES: usize = 2048;
/// A folder's own records; `sources` of a Windows ISO, the largest there is, has about 100 KB.
const FOLDER_BYTES_MAX: u64 = 512 << 10;
/// Entries of one folder.
const ENTRIES_MAX: usize = 8192;
/// Extents of one file. An extent holds up to 1 GiB, so this is more than any disc.
const EXTENTS_MAX: usize = 256;

/// An open disc image.
pub struct Volume<D = FileDevice> {
    fs: Fs<D>,
    format: Format,
    bytes: u64,
}

/// Which of a disc's file systems is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Udf,
    Joliet,
    Iso9660,
}

enum Fs<D> {
    Udf(Box<UdfFs<D>>),
    Iso(Box<IsoFs<D>>),
}

/// A file or folder of a disc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path from the root, as the disc spells it, with `/`.
    pub path: String,
    pub is_folder: bool,
    pub bytes: u64,
    node: NodeId,
}

impl Entry {
    /// The last part of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Runs the same code on whichever file system there is.
macro_rules! on {
    ($volume:expr, $fs:ident => $code:expr) => {
        match &mut $volume.fs {
            Fs::Udf($fs) => $code,
            Fs::Iso($fs) => $code,
        }
    };
}

/// Opens a disc image that is a file.
pub fn open(path: &Utf8Path) -> anyhow::Result<Volume> {
    let cannot = || format!("cannot read `{path}`");
    let file = regular::open(path).with_context(cannot)?;
    of(file).with_context(cannot)
}

/// The disc image that an open file holds.
pub(crate) fn of(file: File) -> anyhow::Result<Volume> {
    let block = BlockSize::new(2048).context("2048 is a block size")?;
    Volume::mount(FileDevice::with_block_size(file, block)?)
}

impl<D: BlockDevice> Volume<D> {
    /// Finds the file system as Windows does: UDF, then Joliet, then bare ISO 9660.
    pub fn mount(device: D) -> anyhow::Result<Self> {
        let bytes = device
            .block_count()
            .saturating_mul(u64::from(device.block_size().get()));
        let options = MountOptions::new;
        let device = match UdfFs::mount(device, options()) {
            Ok(fs) => {
                let fs = Fs::Udf(Box::new(fs));
                let format = Format::Udf;
                return Ok(Self { fs, format, bytes });
            }
            Err(failed) => {
                let (error, device) = failed.into_parts();
                // Behind a damaged UDF volume an ISO 9660 one would only hold the README.
                if error.kind() != ErrorKind::NotRecognized {
                    return Err(anyhow!(error).context(format!(
                        "its UDF volume is damaged or cut off at {bytes} bytes"
                    )));
                }
                device
            }
        };
        let (error, device) = match IsoFs::mount_namespace(device, options(), Namespace::Joliet) {
            Ok(fs) => {
                let fs = Fs::Iso(Box::new(fs));
                let format = Format::Joliet;
                return Ok(Self { fs, format, bytes });
            }
            Err(failed) => failed.into_parts(),
        };
        // A file that ends before the first descriptor at 32 KiB is none either.
        if error.kind() == ErrorKind::NotRecognized || bytes < 17 * SECTOR {
            bail!("it is not an ISO image");
        }
        // Windows knows no Rock Ridge either, and following its links may cost a walk of the whole
        // disc for each entry.
        match IsoFs::mount_namespace(device, options(), Namespace::Primary) {
            Ok(fs) => {
                let fs = Fs::Iso(Box::new(fs));
                let format = Format::Iso9660;
                Ok(Self { fs, format, bytes })
            }
            Err(failed) => Err(anyhow!(failed.into_error()).context(format!(
                "its ISO 9660 volume is damaged or cut off at {bytes} bytes"
            ))),
        }
    }

    /// Which file system this is.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// How many bytes the image has, in whole sectors.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The volume's label; empty where it has none.
    #[must_use]
    pub fn label(&mut self) -> String {
        let fs = match &mut self.fs {
            Fs::Udf(fs) => return fs.info().id(UdfId::LogicalVolume).to_owned(),
            Fs::Iso(fs) => fs,
        };
        let primary = String::from_utf8_lossy(fs.info().id(IsoId::Volume)).into_owned();
        let mut buffer = [0; 512];
        let Ok(Some(joliet)) = fs.label(&mut buffer) else {
            return primary;
        };
        let joliet = joliet.trim_end();
        // Joliet's label ends after 16 characters: of `virtio-win-0.1.285` it lacks the end.
        if primary.starts_with(joliet) {
            primary
        } else {
            joliet.to_owned()
        }
    }

    /// The root folder.
    #[must_use]
    pub fn root(&mut self) -> Entry {
        let node = on!(self, fs => fs.root());
        Entry {
            path: String::new(),
            is_folder: true,
            bytes: 0,
            node,
        }
    }

    /// What a folder holds, in the disc's order.
    pub fn list(&mut self, folder: &Entry) -> anyhow::Result<Vec<Entry>> {
        let what = || format!("cannot list the folder `/{}`", folder.path);
        let extents = self.extents(folder)?;
        let size: u64 = extents.iter().map(Extent::len).sum();
        ensure!(
            size <= FOLDER_BYTES_MAX,
            "{}: it has {size} bytes, more than {FOLDER_BYTES_MAX}",
            what()
        );
        on!(self, fs => list(fs.as_mut(), folder)).with_context(what)
    }

    /// Finds a path from the root. Windows does not care for case, so neither does this; an
    /// exact match goes before one that differs in case.
    pub fn find(&mut self, path: &str) -> anyhow::Result<Option<Entry>> {
        let mut here = self.root();
        for part in path.split('/') {
            if !here.is_folder {
                return Ok(None);
            }
            let mut same: Vec<Entry> = self.list(&here)?;
            same.retain(|entry| entry.name().eq_ignore_ascii_case(part));
            let exact = same.iter().position(|entry| entry.name() == part);
            if same.is_empty() {
                return Ok(None);
            }
            here = same.swap_remove(exact.unwrap_or(0));
        }
        Ok(Some(here))
    }

    /// Reads a whole file of at most `limit` bytes.
    pub fn read(&mut self, file: &Entry, limit: u64) -> anyhow::Result<Vec<u8>> {
        ensure!(
            file.bytes <= limit,
            "`{}` has {} bytes, more than the {limit} expected of it",
            file.path,
            file.bytes
        );
        // A size that the image cannot hold would only reserve memory.
        ensure!(
            file.bytes <= self.bytes,
            "`{}` is cut off: it should have {} bytes, the whole image has {}",
            file.path,
            file.bytes,
            self.bytes
        );
        let mut bytes = vec![0; usize::try_from(file.bytes)?];
        self.read_at(file, 0, &mut bytes)?;
        Ok(bytes)
    }

    /// Fills the buffer from a place in a file.
    pub fn read_at(&mut self, file: &Entry, offset: u64, buffer: &mut [u8]) -> anyhow::Result<()> {
        let (at, len) = (offset, buffer.len());
        let what = || format!("cannot read {len} bytes of `{}` at byte {at}", file.path);
        let mut done = 0;
        while done < len {
            let here = at + done as u64;
            let rest = &mut buffer[done..];
            match on!(self, fs => fs.read(file.node, here, rest)) {
                Ok(0) => bail!("{}: it ends before", what()),
                Ok(n) => done += n,
                Err(error) => return Err(plain(error).context(what())),
            }
        }
        Ok(())
    }

    /// Where a file's bytes are on the disc, in the file's order.
    pub fn extents(&mut self, file: &Entry) -> anyhow::Result<Vec<Extent>> {
        let mut extents = vec![Extent::new(0, 0); EXTENTS_MAX];
        let found = match &mut self.fs {
            Fs::Udf(fs) => fs.extents(file.node, 0, &mut extents).map_err(plain),
            Fs::Iso(fs) => fs.extents(file.node, 0, &mut extents).map_err(plain),
        };
        let found = found.with_context(|| format!("cannot find where `/{}` is", file.path))?;
        // A full list may be an incomplete one.
        ensure!(
            found < EXTENTS_MAX,
            "`/{}` is in {EXTENTS_MAX} pieces or more",
            file.path
        );
        extents.truncate(found);
        Ok(extents)
    }

    /// The byte where a file starts, if it lies on the disc in one piece.
    pub fn contiguous(&mut self, file: &Entry) -> anyhow::Result<Option<u64>> {
        let extents = self.extents(file)?;
        let Some(start) = extents.first().map(Extent::offset) else {
            return Ok(None);
        };
        let mut next = start;
        for extent in &extents {
            let in_order = extent.file_offset() == next - start && extent.offset() == next;
            if extent.is_unwritten() || !in_order {
                return Ok(None);
            }
            next = extent.offset().saturating_add(extent.len());
        }
        Ok((next - start >= file.bytes).then_some(start))
    }

    /// Says so if the image ends before its ISO 9660 volume does. A bridge's is a stub, which ends
    /// early: for UDF there is [`Volume::check_whole`].
    pub fn check_length(&mut self) -> anyhow::Result<()> {
        let Fs::Iso(_) = &self.fs else {
            return Ok(());
        };
        // The primary volume descriptor, and the count of sectors in it (ECMA-119, 8.4.8).
        let mut sectors = [0; 4];
        self.read_raw(16 * SECTOR + 80, &mut sectors)?;
        let bytes = u64::from(u32::from_le_bytes(sectors)) * SECTOR;
        ensure!(
            self.bytes >= bytes,
            "it is cut off: it should have {bytes} bytes, and has {}",
            self.bytes
        );
        Ok(())
    }

    /// Says so if a file's bytes are not all there: the usual sign of an interrupted download.
    pub fn check_whole(&mut self, file: &Entry) -> anyhow::Result<()> {
        let extents = self.extents(file)?;
        let end = extents
            .iter()
            .map(|extent| extent.offset().saturating_add(extent.len()))
            .max();
        if let Some(end) = end.filter(|&end| end > self.bytes) {
            bail!(
                "it is cut off: `{}` should end at byte {end}, the image has {} bytes",
                file.path,
                self.bytes
            );
        }
        Ok(())
    }

    /// Fills the buffer from a place on the disc, whatever is there.
    pub fn read_raw(&mut self, offset: u64, buffer: &mut [u8]) -> anyhow::Result<()> {
        let len = buffer.len();
        on!(self, fs => fs.read_raw(offset, buffer).map_err(plain))
            .with_context(|| format!("cannot read {len} bytes at byte {offset}"))
    }
}

impl<D> fmt::Debug for Volume<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Volume")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// An error of the file system crates as one of ours.
fn plain<E: std::error::Error + Send + Sync + 'static>(error: Error<E>) -> anyhow::Error {
    anyhow!(error)
}

fn list<F: FileSystem>(fs: &mut F, folder: &Entry) -> anyhow::Result<Vec<Entry>>
where
    F::DeviceError: std::error::Error + Send + Sync + 'static,
{
    let mut entries = Vec::new();
    let mut cursor = DirCursor::START;
    while let Some(found) = fs.readdir(folder.node, cursor).map_err(plain)? {
        ensure!(
            entries.len() < ENTRIES_MAX,
            "it has more than {ENTRIES_MAX} entries"
        );
        cursor = found.next_cursor();
        let name = String::from_utf8_lossy(found.name().as_bytes()).into_owned();
        entries.push(Entry {
            path: match folder.path.as_str() {
                "" => name,
                parent => format!("{parent}/{name}"),
            },
            is_folder: found.file_type() == FileType::Dir,
            bytes: found.metadata().len(),
            node: found.node(),
        });
    }
    Ok(entries)
}

#[cfg(test)]
#[path = "large/fixture.rs"]
pub(crate) mod large;
#[cfg(test)]
mod tests;
