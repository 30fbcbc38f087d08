//! A UDF disc of gigabytes that takes none: one of its files is stretched, and what lies between
//! its ends is zeros. It counts what is read of it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hadris_io::{Error, ErrorKind, ErrorType};
use hadris_storage::sync::BlockDevice;
use hadris_storage::{BlockIndex, BlockSize};

use super::SECTOR_BYTES;

/// An extent holds less than 1 GiB, in whole sectors (ECMA-167, 4/14.14.1.1).
const EXTENT_BYTES_MAX: u64 = (1 << 30) - 2048;
/// Tags of UDF's descriptors (ECMA-167, 3/7.2.1 and 4/7.2.1).
const PARTITION: u16 = 5;
pub(crate) const FILE_ENTRY: u16 = 261;
pub(crate) const EXTENDED_FILE_ENTRY: u16 = 266;

/// A disc whose bytes are some at its start, some at its end, and zeros between them.
#[derive(Debug)]
pub(crate) struct Sparse {
    start: Vec<u8>,
    /// Where `end` begins, in bytes.
    end_at: u64,
    end: Vec<u8>,
    bytes: u64,
    read: Arc<AtomicU64>,
}

impl Sparse {
    /// Makes the one file of a length end with other bytes, and have that many bytes in all. It
    /// goes on behind the disc's end; its first sectors stay.
    pub(crate) fn stretch(mut disc: Vec<u8>, length: u64, end: &[u8], bytes: u64) -> Self {
        let start = descriptor(&mut disc, &[PARTITION], |_| true);
        let partition = u64::from(number(start, 188));
        let kept = length.next_multiple_of(2048);
        let behind = disc.len() as u64;
        let mut extents = vec![(kept, None)];
        let mut done = kept;
        while done < bytes {
            let part = (bytes - done).min(EXTENT_BYTES_MAX);
            extents.push((part, Some((behind + done - kept) / 2048 - partition)));
            done += part;
        }
        let all = behind + bytes - kept;
        for sector in disc.chunks_exact_mut(SECTOR_BYTES) {
            if is(sector, &[PARTITION]) {
                put(sector, 192, all / 2048 - partition);
                sign(sector, 512 - 16);
            }
        }
        let of_length = |sector: &[u8]| sector[56..64] == length.to_le_bytes();
        let entry = descriptor(&mut disc, &[FILE_ENTRY, EXTENDED_FILE_ENTRY], of_length);
        entry[56..64].copy_from_slice(&bytes.to_le_bytes());
        // The extended entry has the size of all its streams too, and more times.
        let extended = is(entry, &[EXTENDED_FILE_ENTRY]);
        if extended {
            entry[64..72].copy_from_slice(&bytes.to_le_bytes());
        }
        let head = if extended { 216 } else { 176 };
        assert_eq!(number(entry, head - 8), 0, "no extended attributes");
        assert_eq!(entry[34] & 7, 0, "short allocation descriptors");
        let first = u64::from(number(entry, head + 4));
        for (n, (part, place)) in extents.iter().enumerate() {
            put(entry, head + 8 * n, *part);
            put(entry, head + 8 * n + 4, place.unwrap_or(first));
        }
        put(entry, head - 4, 8 * extents.len() as u64);
        sign(entry, head + 8 * extents.len() - 16);
        Self {
            start: disc,
            end_at: all - end.len() as u64,
            end: end.to_vec(),
            bytes: all.next_multiple_of(2048),
            read: Arc::default(),
        }
    }

    /// How many bytes were read, which goes on counting.
    pub(crate) fn count(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }
}

pub(crate) fn number(sector: &[u8], at: usize) -> u32 {
    let bytes = sector[at..at + 4].try_into();
    u32::from_le_bytes(bytes.expect("four bytes"))
}

pub(crate) fn put(sector: &mut [u8], at: usize, value: u64) {
    let value = u32::try_from(value).expect("a small number");
    sector[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

fn is(sector: &[u8], tags: &[u16]) -> bool {
    // ISO 9660's descriptors say what they are right behind their first byte.
    tags.contains(&u16::from_le_bytes([sector[0], sector[1]])) && matches!(sector[2], 2 | 3)
}

/// The first of a disc's descriptors with one of some tags that is wanted.
pub(crate) fn descriptor<'a>(
    disc: &'a mut [u8],
    tags: &[u16],
    wanted: impl Fn(&[u8]) -> bool,
) -> &'a mut [u8] {
    let mut sectors = disc.chunks_exact_mut(SECTOR_BYTES);
    let found = sectors.find(|sector| is(sector, tags) && wanted(sector));
    found.expect("the disc has it")
}

/// Makes the two sums of a descriptor right (ECMA-167, 3/7.2).
pub(crate) fn sign(sector: &mut [u8], body: usize) {
    let length = u16::try_from(body).expect("less than a sector");
    sector[10..12].copy_from_slice(&length.to_le_bytes());
    let crc = sector[16..16 + body].iter().fold(0u16, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte) << 8, |sum, _| {
            (sum << 1) ^ (if sum & 0x8000 == 0 { 0 } else { 0x1021 })
        })
    });
    sector[8..10].copy_from_slice(&crc.to_le_bytes());
    sector[4] = 0;
    sector[4] = sector[..16]
        .iter()
        .fold(0, |sum, byte| byte.wrapping_add(sum));
}

impl ErrorType for Sparse {
    type Error = Infallible;
}

impl BlockDevice for Sparse {
    fn block_size(&self) -> BlockSize {
        BlockSize::new(2048).expect("2048 is a block size")
    }

    fn block_count(&self) -> u64 {
        self.bytes / 2048
    }

    fn read_blocks(
        &mut self,
        first: BlockIndex,
        buffer: &mut [u8],
    ) -> Result<(), Error<Infallible>> {
        let at = first.get() * 2048;
        let len = buffer.len() as u64;
        if at + len > self.bytes {
            return Err(Error::new(ErrorKind::InvalidInput, "behind the end"));
        }
        self.read.fetch_add(len, Ordering::Relaxed);
        buffer.fill(0);
        for (from, bytes) in [(0, &self.start), (self.end_at, &self.end)] {
            let (start, end) = (at.max(from), (at + len).min(from + bytes.len() as u64));
            if start < end {
                let index = |place: u64| usize::try_from(place).expect("a small number");
                let part = &bytes[index(start - from)..index(end - from)];
                buffer[index(start - at)..index(end - at)].copy_from_slice(part);
            }
        }
        Ok(())
    }
}
