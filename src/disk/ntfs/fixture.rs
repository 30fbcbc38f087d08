//! A small NTFS volume made byte by byte, with every shape that the reader knows.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the numbers of a volume of 256 KiB fit everywhere"
)]

pub(crate) const CLUSTER: usize = 1024;
const CLUSTERS: usize = 256;
const RECORDS: usize = 40;
const MFT_CLUSTER: usize = 4;
const BITMAP_CLUSTER: usize = 50;
const LOG_CLUSTER: usize = 52;

const IN_USE: u16 = 1;
const DIRECTORY: u16 = 2;
const SEQUENCE: u16 = 7;

pub(crate) const KERNEL: u32 = 27;
pub(crate) const PAGE_FILE: u32 = 30;
pub(crate) const HIBERNATION: u32 = 35;
/// Where the clusters of files are; `pagefile.sys` lies in two parts.
pub(crate) const KERNEL_CLUSTER: usize = 60;
pub(crate) const PAGE_CLUSTERS: [usize; 2] = [90, 80];
const BIG_CLUSTERS: [usize; 2] = [100, 110];
/// Of no file.
pub(crate) const FREE_CLUSTER: usize = 200;

/// Bytes that tell where they stand.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 % 251) as u8).collect()
}

/// The volume, as long as its partition.
pub(crate) fn volume() -> Vec<u8> {
    let mut bytes = vec![0; CLUSTER * CLUSTERS + 512];
    boot_sector(&mut bytes);
    for (number, record) in records().into_iter().chain(odd_records()) {
        put(&mut bytes, MFT_CLUSTER + number, &record);
    }
    let used = (0..MFT_CLUSTER + RECORDS)
        .chain([BITMAP_CLUSTER])
        .chain(LOG_CLUSTER..LOG_CLUSTER + 4)
        .chain(KERNEL_CLUSTER..KERNEL_CLUSTER + 3)
        .chain(PAGE_CLUSTERS.into_iter().flat_map(|first| first..first + 2))
        .chain(BIG_CLUSTERS);
    for cluster in used {
        bytes[BITMAP_CLUSTER * CLUSTER + cluster / 8] |= 1 << (cluster % 8);
    }
    put(&mut bytes, LOG_CLUSTER, &[0xff; 4 * CLUSTER]);
    put(&mut bytes, KERNEL_CLUSTER, &pattern(3 * CLUSTER));
    for first in PAGE_CLUSTERS {
        put(&mut bytes, first, &[0xee; 2 * CLUSTER]);
    }
    put(&mut bytes, BIG_CLUSTERS[0], &[1; CLUSTER]);
    put(&mut bytes, BIG_CLUSTERS[1], &[2; CLUSTER]);
    bytes
}

fn put(bytes: &mut [u8], cluster: usize, what: &[u8]) {
    bytes[cluster * CLUSTER..][..what.len()].copy_from_slice(what);
}

fn boot_sector(bytes: &mut [u8]) {
    bytes[3..11].copy_from_slice(b"NTFS    ");
    bytes[11..13].copy_from_slice(&512u16.to_le_bytes());
    bytes[13] = (CLUSTER / 512) as u8;
    bytes[21] = 0xf8;
    bytes[40..48].copy_from_slice(&((CLUSTERS * CLUSTER / 512) as u64).to_le_bytes());
    bytes[48..56].copy_from_slice(&(MFT_CLUSTER as u64).to_le_bytes());
    bytes[56..64].copy_from_slice(&(MFT_CLUSTER as u64).to_le_bytes());
    // 2 to the power of 10 and 12.
    bytes[64] = 0xf6;
    bytes[68] = 0xf4;
    bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
}

fn records() -> Vec<(usize, Vec<u8>)> {
    let mft_bytes = RECORDS * CLUSTER;
    let dir = |parent, name: &str| record(IN_USE | DIRECTORY, 0, &[named(parent, name)]);
    let file = |parent, name: &str, data| record(IN_USE, 0, &[named(parent, name), data]);
    let mut volume_flags = vec![0; 12];
    volume_flags[8] = 3;
    let bitmap = [0x11, 1, BITMAP_CLUSTER as u8, 0];
    let big = |first, cluster| clusters(first, 3 * CLUSTER, 2500, &[0x11, 1, cluster, 0]);
    // The second part lies before the first.
    let page = [0x11, 2, 90, 0x11, 2, 0xf6, 0];
    vec![
        (
            0,
            file(
                5,
                "$MFT",
                clusters(0, mft_bytes, mft_bytes, &[0x11, 40, 4, 0]),
            ),
        ),
        (
            2,
            file(5, "$LogFile", clusters(0, 4096, 4096, &[0x11, 4, 52, 0])),
        ),
        (3, file(5, "$Volume", resident(0x70, &volume_flags))),
        (5, dir(5, ".")),
        (6, file(5, "$Bitmap", clusters(0, 32, 32, &bitmap))),
        (24, dir(5, "Windows")),
        (25, dir(24, "System32")),
        (26, dir(25, "config")),
        (
            27,
            file(
                25,
                "ntoskrnl.exe",
                clusters(0, 3000, 3000, &[0x11, 3, 60, 0]),
            ),
        ),
        (28, file(26, "SYSTEM", resident(0x80, b"regf"))),
        (29, file(26, "SOFTWARE", resident(0x80, b"regf"))),
        (30, file(5, "pagefile.sys", clusters(0, 4096, 4096, &page))),
        (31, file(5, "big.bin", big(0, BIG_CLUSTERS[0] as u8))),
        // Its rest: a hole and one more cluster, in a record of its own.
        (
            32,
            record(
                IN_USE,
                31,
                &[clusters(
                    1,
                    0,
                    0,
                    &[0x01, 1, 0x11, 1, BIG_CLUSTERS[1] as u8, 0],
                )],
            ),
        ),
        (33, dir(24, "Panther")),
        (
            34,
            file(33, "setupact.log", resident(0x80, b"Error: no disk\r\n")),
        ),
        (35, file(5, "hiberfil.sys", resident(0x80, b"\0\0\0\0"))),
        (37, file(33, "setuperr.log", resident(0x80, &errors()))),
        // Deleted: named, but not in use.
        (
            36,
            record(0, 0, &[named(5, "gone.txt"), resident(0x80, b"gone")]),
        ),
    ]
}

/// What is more than its entries, or its unnamed stream.
fn odd_records() -> Vec<(usize, Vec<u8>)> {
    vec![
        (
            38,
            record(IN_USE | DIRECTORY, 0, &[named(5, "Junction"), junction()]),
        ),
        (
            39,
            record(
                IN_USE,
                0,
                &[
                    named(5, "streams.txt"),
                    resident(0x80, b"one"),
                    stream("two"),
                ],
            ),
        ),
    ]
}

/// In UTF-16, as some of Setup's logs are, with what a terminal and Nix would act on.
fn errors() -> Vec<u8> {
    let text = "\u{feff}Error: no image\r\n\u{1b}]0;x\u{7}\r\n@nix {}\r\n";
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn reference(record: u64) -> u64 {
    record | u64::from(SEQUENCE) << 48
}

fn record(flags: u16, base: u64, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0; CLUSTER];
    bytes[..4].copy_from_slice(b"FILE");
    bytes[4..6].copy_from_slice(&0x30u16.to_le_bytes());
    bytes[6..8].copy_from_slice(&3u16.to_le_bytes());
    bytes[16..18].copy_from_slice(&SEQUENCE.to_le_bytes());
    bytes[20..22].copy_from_slice(&0x38u16.to_le_bytes());
    bytes[22..24].copy_from_slice(&flags.to_le_bytes());
    bytes[28..32].copy_from_slice(&(CLUSTER as u32).to_le_bytes());
    if base != 0 {
        bytes[32..40].copy_from_slice(&reference(base).to_le_bytes());
    }
    let mut all = attributes.concat();
    all.extend([0xff; 4]);
    all.extend([0; 4]);
    bytes[0x38..][..all.len()].copy_from_slice(&all);
    bytes[24..28].copy_from_slice(&((0x38 + all.len()) as u32).to_le_bytes());
    // The ends of both sectors are kept in the array, and say 1.
    let ends = [bytes[510], bytes[511], bytes[1022], bytes[1023]];
    bytes[0x30..0x36].copy_from_slice(&[1, 0, ends[0], ends[1], ends[2], ends[3]]);
    bytes[510..512].copy_from_slice(&[1, 0]);
    bytes[1022..1024].copy_from_slice(&[1, 0]);
    bytes
}

fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let length = bytes.len() as u32;
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    bytes
}

fn resident(kind: u32, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 24];
    bytes[..4].copy_from_slice(&kind.to_le_bytes());
    bytes[16..20].copy_from_slice(&(value.len() as u32).to_le_bytes());
    bytes[20] = 24;
    bytes.extend(value);
    padded(bytes)
}

/// A reparse point that leads to another folder.
fn junction() -> Vec<u8> {
    let mut value = 0xa000_0003_u32.to_le_bytes().to_vec();
    value.extend([0; 12]);
    resident(0xc0, &value)
}

/// A stream with a name, which lies between the attribute's head and its value.
fn stream(name: &str) -> Vec<u8> {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let value = 24 + name.len();
    let mut bytes = resident(0x80, &[&name[..], b"second"].concat());
    bytes[9] = (name.len() / 2) as u8;
    bytes[10] = 24;
    bytes[16..20].copy_from_slice(&6u32.to_le_bytes());
    bytes[20] = value as u8;
    bytes
}

/// A piece of the unnamed stream.
fn clusters(first: u64, size: usize, initialized: usize, runs: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    bytes[0] = 0x80;
    bytes[8] = 1;
    bytes[10] = 64;
    bytes[16..24].copy_from_slice(&first.to_le_bytes());
    bytes[32] = 64;
    bytes[40..48].copy_from_slice(&(size.next_multiple_of(CLUSTER) as u64).to_le_bytes());
    bytes[48..56].copy_from_slice(&(size as u64).to_le_bytes());
    bytes[56..64].copy_from_slice(&(initialized as u64).to_le_bytes());
    bytes.extend(runs);
    padded(bytes)
}

fn named(parent: u64, name: &str) -> Vec<u8> {
    let mut value = vec![0; 0x42];
    value[..8].copy_from_slice(&reference(parent).to_le_bytes());
    value[0x40] = name.encode_utf16().count() as u8;
    value[0x41] = 3;
    value.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
    resident(0x30, &value)
}
