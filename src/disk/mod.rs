//! Reads a guest's disk from the outside: partition table, boot sectors, NTFS. Of a raw disk the
//! bytes are the file's; a chain of qcow2 is read through QEMU's own server, with [`nbd`].
//!
//! Whatever a disk says is a guest's word. Each count, offset and length is checked before it is
//! used, each loop ends by the size of what it reads. The readers are our own because the crates
//! for it trust the disk: `gpt` 4 asserts on the size of an entry and allocates what the header
//! asks for, `ntfs` 0.4 slices by lengths that it read and cannot open an MFT in many pieces. Both
//! serve the tests as second readers.

pub mod nbd;
pub mod ntfs;
pub mod setup_logs;
pub mod table;
pub mod volume;

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use camino::Utf8Path;

pub use self::ntfs::Extent;

/// Why a disk could not be read.
#[derive(Debug)]
pub enum Error {
    /// The host's fault.
    Io(io::Error),
    /// The guest's: what is on the disk makes no sense. One sentence without a period.
    Damaged(String),
}

pub type Result<T> = std::result::Result<T, Error>;

/// What holds a disk's bytes.
pub trait Source {
    /// How many bytes it has.
    fn size(&self) -> u64;
    /// Fills the buffer from an offset; bytes behind the end are an error.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()>;
}

/// A raw disk image.
#[derive(Debug)]
pub struct RawDisk {
    file: File,
    size: u64,
}

/// A part of a disk, such as a partition.
#[derive(Clone, Copy)]
pub struct Window<'a> {
    source: &'a dyn Source,
    offset: u64,
    size: u64,
}

impl RawDisk {
    /// Opens it for reading.
    pub fn open(path: &Utf8Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }
}

impl Source for RawDisk {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        bounded(self.size, offset, buffer.len())?;
        Ok(self.file.read_exact_at(buffer, offset)?)
    }
}

impl Source for [u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        bounded(self.size(), offset, buffer.len())?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        buffer.copy_from_slice(&self[start..][..buffer.len()]);
        Ok(())
    }
}

impl Source for Vec<u8> {
    fn size(&self) -> u64 {
        self.as_slice().size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.as_slice().read_at(offset, buffer)
    }
}

impl<'a> Window<'a> {
    /// A part of a source, which must lie in it.
    pub fn new(source: &'a dyn Source, offset: u64, size: u64) -> Result<Self> {
        match offset.checked_add(size) {
            Some(end) if end <= source.size() => Ok(Self {
                source,
                offset,
                size,
            }),
            _ => Err(behind_end(offset.saturating_add(size), source.size())),
        }
    }

    /// Where it starts in its source.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

impl Source for Window<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        bounded(self.size, offset, buffer.len())?;
        self.source.read_at(self.offset + offset, buffer)
    }
}

impl fmt::Debug for Window<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Window({} + {})", self.offset, self.size)
    }
}

fn bounded(size: u64, offset: u64, length: usize) -> Result<()> {
    match offset.checked_add(length as u64) {
        Some(end) if end <= size => Ok(()),
        end => Err(behind_end(end.unwrap_or(u64::MAX), size)),
    }
}

fn behind_end(offset: u64, size: u64) -> Error {
    damaged(format!(
        "byte {offset} is behind the end, which is at {size}"
    ))
}

fn damaged(text: impl Into<String>) -> Error {
    Error::Damaged(text.into())
}

/// The little-endian number of `N` bytes at an offset, 0 where the bytes end before: for fields of
/// a buffer whose length was checked.
fn number<const N: usize>(bytes: &[u8], offset: usize) -> u64 {
    let mut number = [0; 8];
    if let Some(field) = bytes.get(offset..).and_then(|rest| rest.get(..N)) {
        number[..N].copy_from_slice(field);
    }
    u64::from_le_bytes(number)
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Damaged(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}
