//! A guest's disk, read back: the partition table, boot sectors, NTFS.

use lucarne::disk::ntfs::Ntfs;
use lucarne::disk::volume::{Volume, identify};
use lucarne::disk::{Source, Window, setup_logs, table};

// Not `crate::`: this is a module of the tests too.
use super::sparse;

/// What an input is made of: a record of the MFT has zeros in its middle.
const PIECE_BYTES: usize = 128;
const SECTOR_BYTES: usize = 512;
/// What lies before a volume, so that a place on the disk is not one on the volume.
const BEFORE: u64 = 1024;
/// Files that the sealing looks for.
const PATHS: [&str; 4] = [
    r"Windows\System32\ntoskrnl.exe",
    r"Windows\System32\config\SYSTEM",
    "pagefile.sys",
    "hiberfil.sys",
];

/// A disk with a partition table. The first byte says whether the sums of a GPT are made right.
pub(crate) fn gpt(data: &[u8]) {
    let Some((&how, input)) = data.split_first() else {
        return;
    };
    let mut disk = sparse::decode(input, PIECE_BYTES);
    if how & 1 == 0 {
        sign(&mut disk);
    }
    let Ok(table) = table::read(&disk) else {
        return;
    };
    for partition in &table.partitions {
        _ = partition.kind.to_string();
        let window = Window::new(&disk, partition.offset, partition.size);
        let window = window.expect("a partition lies on its disk");
        if let Ok(Volume::Ntfs) = identify(&window) {
            volume(window);
        }
    }
}

/// An NTFS volume, which begins behind the first bytes of the disk.
pub(crate) fn ntfs(data: &[u8]) {
    let disk = sparse::decode(data, PIECE_BYTES);
    let Some(size) = disk.size().checked_sub(BEFORE) else {
        return;
    };
    let window = Window::new(&disk, BEFORE, size).expect("the rest of it");
    _ = identify(&window);
    volume(window);
}

/// Setup's logs, of a volume that may be torn.
fn logs(left: &Ntfs<'_>) {
    for path in setup_logs::paths(left) {
        assert!(path.is_ascii(), "{path:?}");
        if let Ok(log) = setup_logs::read(left, &path, 1000) {
            _ = setup_logs::last_lines(&log.text, 3);
        }
    }
}

/// What is read of a volume by an install that failed, or that is sealed.
fn volume(window: Window<'_>) {
    if let Ok(left) = Ntfs::salvage(window) {
        logs(&left);
    }
    let (start, end) = (window.offset(), window.offset() + window.size());
    let Ok(ntfs) = Ntfs::open(window) else {
        return;
    };
    _ = (ntfs.is_dirty(), ntfs.is_log_clean());
    if let Ok(usage) = ntfs.usage() {
        for part in usage.free {
            assert!(start <= part.offset && part.offset + part.length <= end);
        }
    }
    _ = ntfs.contents(0);
    for path in ["", "Windows", r"Windows\System32"] {
        _ = ntfs.list(path);
    }
    for record in PATHS.iter().filter_map(|path| ntfs.find(path)) {
        whole(&ntfs, record, start, end);
    }
    for record in 0..48 {
        whole(&ntfs, record, start, end);
    }
    for at in (start..end).step_by(16 << 10) {
        _ = ntfs.owner(at);
    }
}

/// One file; where it lies is punched out of the disk by the sealing, so it lies in the volume.
fn whole(ntfs: &Ntfs<'_>, record: u32, start: u64, end: u64) {
    if let Ok(bytes) = ntfs.read(record, 10_000) {
        assert!(bytes.len() <= 10_000);
    }
    _ = ntfs.tail(record, 100);
    for part in ntfs.extents(record).unwrap_or_default() {
        assert!(start <= part.offset && part.offset + part.length <= end);
    }
}

/// Makes the sums of both GPT headers right, as far as they say where what they sum up is.
fn sign(disk: &mut [u8]) {
    let number = |disk: &[u8], at: usize| {
        let bytes = disk.get(at..).and_then(|rest| rest.first_chunk());
        u64::from_le_bytes(bytes.copied().unwrap_or_default())
    };
    let place = |sector: u64| usize::try_from(sector.checked_mul(512)?).ok();
    let second = place(number(disk, SECTOR_BYTES + 32));
    for header in [Some(SECTOR_BYTES), second].into_iter().flatten() {
        let sizes = number(disk, header.saturating_add(80));
        let length = (sizes & 0xff) * (sizes >> 32 & 0xff);
        let entries = place(number(disk, header.saturating_add(72)));
        let entries = entries.and_then(|at| disk.get(at..)?.get(..usize::try_from(length).ok()?));
        let sum = entries.map(crc32fast::hash).unwrap_or_default();
        let Some(sector) = disk.get_mut(header..).and_then(|rest| rest.get_mut(..92)) else {
            continue;
        };
        sector[88..92].copy_from_slice(&sum.to_le_bytes());
        sector[16..20].fill(0);
        let sum = crc32fast::hash(sector);
        sector[16..20].copy_from_slice(&sum.to_le_bytes());
    }
}
