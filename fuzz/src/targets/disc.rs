//! Optical discs: UDF, ISO 9660, the boot catalogue, a WIM's header and XML, virtio-win's folders.

use hadris_storage::{BlockSize, MemDevice};
use lucarne::optical::{Entry, SECTOR_BYTES, Volume};
use lucarne::{virtio_win, windows_iso};

// Not `crate::`: this is a module of the tests too.
use super::sparse;

/// How much of a disc is walked.
const FOLDERS_MAX: usize = 24;
const FILES_MAX: usize = 8;

/// A Windows ISO.
pub(crate) fn windows_iso(data: &[u8]) {
    if let Some(mut disc) = mount(data) {
        _ = windows_iso::facts(&mut disc);
        _ = windows_iso::boot::changed_sector(&mut disc);
        walk(&mut disc);
    }
}

/// A virtio-win ISO.
pub(crate) fn virtio_win(data: &[u8]) {
    let Some(mut disc) = mount(data) else {
        return;
    };
    if let Ok(facts) = virtio_win::facts(&mut disc) {
        for folder in facts.folders.iter().take(FILES_MAX) {
            _ = virtio_win::files(&mut disc, folder);
        }
    }
}

/// The XML of a WIM, in UTF-8: what a fuzzer changes stays XML.
pub(crate) fn wim_xml(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        _ = windows_iso::images_of(text);
    }
}

/// A WIM without a disc around it: its header, which leads to its XML.
pub(crate) fn wim(data: &[u8]) {
    windows_iso::hostile::wim(data);
}

/// `ei.cfg` and `PID.txt`, which lie beside it.
pub(crate) fn setup_files(data: &[u8]) {
    windows_iso::hostile::setup_files(data);
}

type Disc = Volume<MemDevice<Vec<u8>>>;

/// The first byte says whether UDF's sums are made right.
fn mount(data: &[u8]) -> Option<Disc> {
    let (&how, input) = data.split_first()?;
    let mut bytes = sparse::decode(input, SECTOR_BYTES);
    if how & 1 == 0 {
        bytes.chunks_exact_mut(SECTOR_BYTES).for_each(sign);
    }
    let block = BlockSize::new(2048).expect("2048 is a block size");
    Volume::mount(MemDevice::new(bytes, block)).ok()
}

/// Everything that the reader offers, over a part of the disc.
fn walk(disc: &mut Disc) {
    _ = disc.label();
    let mut open = vec![disc.root()];
    let (mut folders, mut files) = (0, 0);
    while let Some(folder) = open.pop() {
        folders += 1;
        let entries = disc.list(&folder).unwrap_or_default();
        for entry in entries {
            if entry.is_folder {
                if folders + open.len() < FOLDERS_MAX {
                    open.push(entry);
                }
            } else if files < FILES_MAX {
                files += 1;
                look(disc, &entry);
            }
        }
    }
}

fn look(disc: &mut Disc, file: &Entry) {
    _ = disc.check_whole(file);
    _ = disc.contiguous(file);
    if let Ok(bytes) = disc.read(file, 1 << 16) {
        assert_eq!(bytes.len() as u64, file.bytes, "{}", file.path);
    }
    // A path that holds a separator in a name finds another file, or none.
    _ = disc.find(&file.path);
}

/// Makes the two sums of a UDF descriptor right, where a sector looks like one (ECMA-167, 3/7.2).
fn sign(sector: &mut [u8]) {
    let number = |at: usize| u16::from_le_bytes([sector[at], sector[at + 1]]);
    let (tag, version, length) = (number(0), number(2), usize::from(number(10)));
    if !matches!(tag, 1..=9 | 256..=266) || !matches!(version, 2 | 3) {
        return;
    }
    let Some(body) = sector[16..].get(..length) else {
        return;
    };
    let sum = crc(body).to_le_bytes();
    sector[8..10].copy_from_slice(&sum);
    sector[4] = 0;
    sector[4] = sector[..16]
        .iter()
        .fold(0, |sum, byte| sum.wrapping_add(*byte));
}

/// CRC-16 of the polynomial 0x1021, without a start value (ECMA-167, annex 1.7.2.6).
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |mut sum: u16, byte| {
        sum ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            sum = (sum << 1) ^ (if sum & 0x8000 == 0 { 0 } else { 0x1021 });
        }
        sum
    })
}
