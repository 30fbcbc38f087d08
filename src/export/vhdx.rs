//! What QEMU's writer of VHDX draws at random, made the image's own.
//!
//! Sources: [MS-VHDX] 2.2.2 (headers), 2.2.3 (region table), 2.3 (log), 2.6 (metadata). A file that
//! was closed has no log: both headers say so by an empty `LogGuid`, and what the region still
//! holds counts for nothing.

use std::io::{Read, Seek, SeekFrom, Write};

use anyhow::{Context as _, ensure};

use super::own_bytes;

/// Where the two headers are, and how long each is as its checksum sees it.
const HEADERS: [u64; 2] = [64 << 10, 128 << 10];
const HEADER_BYTES: usize = 4096;
/// Where the first of the two equal region tables is, and how long.
const REGIONS: u64 = 192 << 10;
const REGIONS_BYTES: usize = 64 << 10;
const REGIONS_MAX: usize = 2047;
const METADATA_BYTES: usize = 64 << 10;
const ITEMS_MAX: usize = 2047;
/// QEMU's is 1 MiB.
const LOG_BYTES_MAX: u32 = 64 << 20;
/// The region of metadata, 8b7ca206-4790-4b9a-b8fe-575f050f886e as it is stored.
const METADATA: [u8; 16] = [
    0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e,
];
/// The disk's identity to SCSI (page 83), beca12ab-b2e6-4523-93ef-c309e000c746.
const PAGE_83: [u8; 16] = [
    0xab, 0x12, 0xca, 0xbe, 0xe6, 0xb2, 0x23, 0x45, 0x93, 0xef, 0xc3, 0x09, 0xe0, 0x00, 0xc7, 0x46,
];

/// Puts identities that are a digest's into a file that was closed.
pub(super) fn settle(
    file: &mut (impl Read + Write + Seek),
    digest: &[u8; 32],
) -> anyhow::Result<()> {
    // The one with the greater number counts. QEMU begins at a random one.
    let [one, other] = [HEADERS[0], HEADERS[1]].map(|at| sequence(file, at));
    let numbers = if one? < other? { [1, 2] } else { [2, 1] };
    for (at, number) in HEADERS.into_iter().zip(numbers) {
        header(file, at, number, digest)?;
    }
    let page_83 = page_83(file)?;
    write(file, page_83, &guid("page 83", digest))
}

fn sequence(file: &mut (impl Read + Seek), at: u64) -> anyhow::Result<u64> {
    u64_at(&read::<HEADER_BYTES>(file, at)?, 8)
}

fn header(
    file: &mut (impl Read + Write + Seek),
    at: u64,
    number: u64,
    digest: &[u8; 32],
) -> anyhow::Result<()> {
    let mut header = read::<HEADER_BYTES>(file, at)?;
    ensure!(header.starts_with(b"head"), "it has no header at {at}");
    ensure!(header[48..64] == [0; 16], "its log is in use");
    header[8..16].copy_from_slice(&number.to_le_bytes());
    header[16..32].copy_from_slice(&guid("file", digest));
    header[32..48].copy_from_slice(&guid("data", digest));
    header[4..8].fill(0);
    let sum = crc32c(&header);
    header[4..8].copy_from_slice(&sum.to_le_bytes());
    write(file, at, &header)?;
    let (length, log) = (u32_at(&header, 68)?, u64_at(&header, 72)?);
    ensure!(length <= LOG_BYTES_MAX, "its log has {length} bytes");
    write(file, log, &vec![0; length as usize])
}

/// Where the disk's identity to SCSI is.
fn page_83(file: &mut (impl Read + Seek)) -> anyhow::Result<u64> {
    let regions = read::<REGIONS_BYTES>(file, REGIONS)?;
    ensure!(regions.starts_with(b"regi"), "it has no table of regions");
    let entry = entry(
        &regions,
        16,
        u32_at(&regions, 8)? as usize,
        REGIONS_MAX,
        &METADATA,
    )?;
    let region = u64_at(entry, 16)?;
    let items = read::<METADATA_BYTES>(file, region)?;
    ensure!(items.starts_with(b"metadata"), "it has no metadata");
    let count = u16::from_le_bytes([items[10], items[11]]);
    let entry = self::entry(&items, 32, count.into(), ITEMS_MAX, &PAGE_83)?;
    let (offset, length) = (u32_at(entry, 16)?, u32_at(entry, 20)?);
    ensure!(length == 16, "its disk's identity has {length} bytes");
    region
        .checked_add(offset.into())
        .context("its metadata is out of range")
}

/// An entry of 32 bytes in a table, by the identity that it begins with.
fn entry<'a>(
    table: &'a [u8],
    begin: usize,
    count: usize,
    most: usize,
    wanted: &[u8; 16],
) -> anyhow::Result<&'a [u8]> {
    ensure!(count <= most, "a table of it has {count} entries");
    let mut entries = table[begin..].chunks_exact(32).take(count);
    entries
        .find(|entry| entry.starts_with(wanted))
        .context("a table of it lacks an entry that each file has")
}

fn guid(what: &str, digest: &[u8; 32]) -> [u8; 16] {
    own_bytes("vhdx", what, digest)
}

fn read<const N: usize>(file: &mut (impl Read + Seek), at: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = vec![0; N];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut bytes)
        .with_context(|| format!("it ends before {at} and {N} bytes"))?;
    Ok(bytes)
}

fn write(file: &mut (impl Write + Seek), at: u64, bytes: &[u8]) -> anyhow::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    Ok(file.write_all(bytes)?)
}

fn u32_at(bytes: &[u8], at: usize) -> anyhow::Result<u32> {
    let four = bytes.get(at..at + 4).context("it is cut short")?;
    Ok(u32::from_le_bytes(four.try_into()?))
}

fn u64_at(bytes: &[u8], at: usize) -> anyhow::Result<u64> {
    let eight = bytes.get(at..at + 8).context("it is cut short")?;
    Ok(u64::from_le_bytes(eight.try_into()?))
}

/// The Castagnoli polynomial, reflected: twice 4 KiB need no table.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| (sum >> 1) ^ (0x82f6_3b78 & (sum & 1).wrapping_neg());
    let add = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), step);
    !bytes.iter().fold(!0, add)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A file with what is looked at, in QEMU's places.
    fn file() -> Vec<u8> {
        let mut file = vec![0xaa; 4 << 20];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        for at in [64 << 10, 128 << 10] {
            put(at, b"head");
            // The first counts.
            put(at + 8, &(999 - at as u64 / (64 << 10)).to_le_bytes());
            put(at + 48, &[0; 16]);
            put(at + 68, &(1_u32 << 20).to_le_bytes());
            put(at + 72, &(1_u64 << 20).to_le_bytes());
        }
        put(192 << 10, b"regi");
        put((192 << 10) + 8, &2_u32.to_le_bytes());
        put((192 << 10) + 48, &METADATA);
        put((192 << 10) + 64, &(3_u64 << 20).to_le_bytes());
        put(3 << 20, b"metadata\0\0\x01\0");
        put((3 << 20) + 32, &PAGE_83);
        put((3 << 20) + 48, &[0, 0, 1, 0, 16, 0, 0, 0]);
        file
    }

    fn settled(file: Vec<u8>, digest: u8) -> anyhow::Result<Vec<u8>> {
        let mut file = Cursor::new(file);
        settle(&mut file, &[digest; 32])?;
        Ok(file.into_inner())
    }

    #[test]
    fn the_checksum_is_castagnolis() {
        // The check value of RFC 3720's polynomial.
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn what_was_drawn_is_the_digests_afterwards() {
        let one = settled(file(), 1).expect("is a file");
        let mut drawn = file();
        for place in [
            (64 << 10) + 13,
            (128 << 10) + 12,
            (64 << 10) + 16,
            (128 << 10) + 32,
            (1 << 20) + 700,
            (3 << 20) + (64 << 10),
        ] {
            drawn[place] ^= 0xff;
        }
        assert!(settled(drawn, 1).expect("is a file") == one);
        assert!(settled(file(), 2).expect("is a file") != one);
        // The same header counts, by a number that is no other's.
        assert_eq!((one[(64 << 10) + 8], one[(128 << 10) + 8]), (2, 1));
        // Nothing else is touched.
        assert_eq!(one[(2 << 20)..(3 << 20)], file()[(2 << 20)..(3 << 20)]);
        let mut header = one[64 << 10..(64 << 10) + 4096].to_vec();
        let sum = header[4..8].to_vec();
        header[4..8].fill(0);
        assert_eq!(crc32c(&header).to_le_bytes(), sum[..]);
    }

    #[test]
    fn what_is_no_closed_file_is_refused() {
        let check = |at: usize, bytes: &[u8], says: &str| {
            let mut file = file();
            file[at..at + bytes.len()].copy_from_slice(bytes);
            let error = settled(file, 1).expect_err("is none");
            assert!(format!("{error:#}").contains(says), "{error:#}");
        };
        check(64 << 10, b"x", "no header");
        check((128 << 10) + 50, &[1], "its log is in use");
        check((64 << 10) + 68, &[0xff; 4], "its log has");
        check((192 << 10) + 8, &[0xff; 4], "entries");
        check((192 << 10) + 48, &[0], "lacks an entry");
        check((192 << 10) + 64, &[0xff; 8], "");
        let error = settled(vec![0; 100], 1).expect_err("is none");
        assert!(format!("{error:#}").contains("it ends before"), "{error:#}");
    }
}
