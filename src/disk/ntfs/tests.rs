//! The reader over a volume of every shape, and over what is left of it after damage.

use proptest::prelude::*;

use super::fixture::{
    CLUSTER, FREE_CLUSTER, KERNEL, KERNEL_CLUSTER, PAGE_CLUSTERS, PAGE_FILE, pattern, volume,
};
use super::*;
use crate::disk::{Error, Source};

/// Behind so many bytes the volume begins, so that a place on the disk is not one on the volume.
const BEFORE: usize = 4096;

fn on_disk(volume: &[u8]) -> Vec<u8> {
    [&vec![0; BEFORE][..], volume].concat()
}

fn open(disk: &Vec<u8>) -> Result<Ntfs<'_>> {
    let size = disk.size() - BEFORE as u64;
    Ntfs::open(Window::new(disk, BEFORE as u64, size)?)
}

fn salvage(disk: &Vec<u8>) -> Result<Ntfs<'_>> {
    let size = disk.size() - BEFORE as u64;
    Ntfs::salvage(Window::new(disk, BEFORE as u64, size)?)
}

/// Where a record of the fixture's MFT begins.
fn record(number: u32) -> usize {
    (4 + number as usize) * CLUSTER
}

fn why(error: Error) -> String {
    match error {
        Error::Damaged(why) => why,
        Error::Io(error) => panic!("{error}"),
    }
}

#[test]
fn names_are_found_whatever_their_case() {
    let disk = on_disk(&volume());
    let ntfs = open(&disk).expect("a volume");
    assert_eq!(ntfs.find(r"WINDOWS\system32\NTOSKRNL.EXE"), Some(KERNEL));
    assert_eq!(ntfs.find(r"\Windows"), Some(24));
    assert_eq!(ntfs.find(r"Windows\gone"), None);
    assert_eq!(ntfs.find("gone.txt"), None, "it is deleted");
    let names = |path| {
        let entries = ntfs.list(path).expect("a folder");
        entries
            .into_iter()
            .map(|entry| entry.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(r"Windows"), ["Panther", "System32"]);
    assert_eq!(ntfs.list("big.bin"), None, "it is a file");
    let contents = ntfs.contents(5);
    assert_eq!((contents.files, contents.directories), (9, 5));
}

#[test]
fn files_are_read_wherever_they_lie() {
    let disk = on_disk(&volume());
    let ntfs = open(&disk).expect("a volume");
    let read = |path: &str| {
        let record = ntfs.find(path).expect(path);
        ntfs.read(record, 1 << 20).expect(path)
    };
    assert_eq!(read(r"Windows\System32\config\SYSTEM"), b"regf");
    assert_eq!(read(r"Windows\System32\ntoskrnl.exe"), &pattern(3000)[..]);
    // A part, a hole, and a part in another record that is initialised up to 2500.
    let big = [vec![1; 1024], vec![0; 1024], vec![2; 452], vec![0; 572]].concat();
    assert_eq!(read("big.bin"), big);
    let mut copied = Vec::new();
    let record = ntfs.find("big.bin").expect("is there");
    let mut all = |bytes: &[u8]| {
        copied.extend_from_slice(bytes);
        true
    };
    ntfs.copy(record, &mut all).expect("copied");
    assert_eq!(copied, big);
    let kernel = ntfs.tail(KERNEL, 100).expect("its end");
    assert_eq!(kernel, &pattern(3000)[2900..]);
    assert_eq!(ntfs.read(KERNEL, 7).expect("its start"), &pattern(7)[..]);
}

#[test]
fn what_bytes_and_entries_do_not_show_is_told() {
    let disk = on_disk(&volume());
    let ntfs = open(&disk).expect("a volume");
    let oddity = |path: &str| {
        let record = ntfs.find(path).expect(path);
        ntfs.oddity(record).expect(path)
    };
    assert_eq!(oddity("Junction"), Some(Oddity::ReparsePoint));
    assert_eq!(oddity("streams.txt"), Some(Oddity::Stream));
    assert_eq!(oddity("Windows"), None);
    assert_eq!(oddity("big.bin"), None);
    // To whoever only reads, they are an empty folder and one text.
    assert_eq!(ntfs.list("Junction"), Some(Vec::new()));
    let record = ntfs.find("streams.txt").expect("is there");
    assert_eq!(ntfs.read(record, 100).expect("resident"), b"one");
}

#[test]
fn what_small_files_left_is_found_and_goes_without_harm() {
    let mut disk = on_disk(&volume());
    let place = |disk: &[u8], text: &[u8]| disk.windows(text.len()).position(|at| at == text);
    // A file that grew out of its record: behind the end of the record.
    let slack = BEFORE + record(34) + 1024 - 2 - 6;
    disk[slack..slack + 6].copy_from_slice(b"behind");
    assert!(place(&disk, b"gone").is_some());
    let remains = open(&disk).expect("a volume").remains().expect("whole");
    let bytes: u64 = remains.iter().map(|extent| extent.length).sum();
    assert!(
        remains.is_sorted_by_key(|extent| extent.offset) && bytes > 0,
        "{remains:?}"
    );
    let mut clean = disk.clone();
    for extent in remains {
        let from = usize::try_from(extent.offset).expect("small");
        clean[from..from + usize::try_from(extent.length).expect("small")].fill(0);
    }
    // Its name is in UTF-16.
    assert_eq!(
        (place(&clean, b"gone"), place(&clean, b"behind")),
        (None, None)
    );
    let changed = disk
        .iter()
        .zip(&clean)
        .filter(|(was, is)| was != is)
        .count();
    assert_eq!(changed, b"gone".len() + b"behind".len(), "and nothing else");
    let ntfs = open(&clean).expect("a volume");
    assert_eq!(ntfs.remains().expect("whole"), []);
    assert_eq!(ntfs.contents(5), open(&disk).expect("a volume").contents(5));
}

#[test]
fn another_reader_reads_the_same() {
    use std::io::{Cursor, Read as _};
    let mut bytes = Cursor::new(volume());
    let other = ::ntfs::Ntfs::new(&mut bytes).expect("a volume");
    let file = other.file(&mut bytes, KERNEL.into()).expect("a record");
    let data = file.data(&mut bytes, "").expect("data").expect("read");
    let attribute = data.to_attribute().expect("an attribute");
    let mut read = Vec::new();
    let value = attribute.value(&mut bytes).expect("a value");
    value
        .attach(&mut bytes)
        .read_to_end(&mut read)
        .expect("read");
    assert_eq!(read, &pattern(3000)[..]);
}

#[test]
fn places_on_the_disk_are_told() {
    let disk = on_disk(&volume());
    let ntfs = open(&disk).expect("a volume");
    let at = |cluster: usize| (BEFORE + cluster * CLUSTER) as u64;
    let extents = ntfs.extents(PAGE_FILE).expect("runs");
    let offsets: Vec<_> = extents.iter().map(|extent| extent.offset).collect();
    assert_eq!(offsets, PAGE_CLUSTERS.map(at));
    assert!(extents.iter().all(|extent| extent.length == 2048));
    let owner = |cluster| ntfs.owner(at(cluster) + 5);
    assert_eq!(
        owner(KERNEL_CLUSTER).as_deref(),
        Some(r"Windows\System32\ntoskrnl.exe")
    );
    assert_eq!(owner(110).as_deref(), Some("big.bin"));
    assert_eq!(
        owner(4 + 34).as_deref(),
        Some(r"Windows\Panther\setupact.log")
    );
    assert_eq!(
        owner(4 + 36).as_deref(),
        Some("$MFT, record 36, of a deleted file")
    );
    assert_eq!(owner(FREE_CLUSTER), None);
    assert_eq!(ntfs.owner(5), None, "before the volume");
}

#[test]
fn free_clusters_are_counted() {
    let disk = on_disk(&volume());
    let usage = open(&disk).expect("a volume").usage().expect("a bitmap");
    let free: u64 = usage.free.iter().map(|extent| extent.length).sum();
    assert_eq!(usage.used_bytes + free, 256 * CLUSTER as u64);
    let holds = |cluster: usize| {
        let at = (BEFORE + cluster * CLUSTER) as u64;
        usage
            .free
            .iter()
            .any(|e| (e.offset..e.offset + e.length).contains(&at))
    };
    assert!(holds(FREE_CLUSTER) && holds(63) && holds(255));
    assert!(!holds(KERNEL_CLUSTER) && !holds(62) && !holds(110));
}

#[test]
fn a_volume_in_use_is_told() {
    let mut bytes = volume();
    let ntfs_of = |bytes: &[u8]| on_disk(bytes);
    let disk = ntfs_of(&bytes);
    let ntfs = open(&disk).expect("a volume");
    assert!(!ntfs.is_dirty().expect("flags"));
    assert!(ntfs.is_log_clean().expect("a journal"));
    // The flags are the last two bytes of the only 12-byte value.
    let flags = record(VOLUME) + 0x38 + 24 + 0x42 + 2 * 7;
    let flags = flags.next_multiple_of(8) + 24 + 10;
    bytes[flags] = 1;
    let disk = ntfs_of(&bytes);
    assert!(open(&disk).expect("a volume").is_dirty().expect("flags"));
}

#[test]
fn damage_is_named() {
    let spoilt = |at: usize, with: &[u8]| {
        let mut bytes = volume();
        bytes[at..at + with.len()].copy_from_slice(with);
        let disk = on_disk(&bytes);
        open(&disk).map(|_| ()).map_err(why)
    };
    let said = |text: &str| Err(text.to_owned());
    assert_eq!(
        spoilt(record(25) + 510, b"??"),
        said("record 25 of the MFT is torn")
    );
    assert_eq!(spoilt(record(0), b"BAAD"), said("the volume has no MFT"));
    assert_eq!(
        spoilt(13, &[3]),
        said("the NTFS boot sector makes no sense")
    );
    assert_eq!(
        spoilt(47, &[1]),
        said("the volume is longer than its partition")
    );
    assert_eq!(
        spoilt(record(24) + 0x3c, &[0]),
        said("an attribute of the MFT has no bounds")
    );
}

#[test]
fn a_cut_volume_is_an_error() {
    let mut bytes = volume();
    bytes.truncate(record(20));
    let disk = on_disk(&bytes);
    assert!(open(&disk).is_err());
}

/// A machine that was killed may leave torn records, and more of them than the log's own.
#[test]
fn what_is_whole_of_a_torn_volume_is_read() {
    let mut bytes = volume();
    for torn in [3, 25, 27, 31] {
        bytes[record(torn) + 510] ^= 0xff;
    }
    // The attributes of this one have no bounds.
    bytes[record(28) + 0x3c] = 0;
    let disk = on_disk(&bytes);
    assert!(open(&disk).is_err());
    let left = salvage(&disk).expect("the MFT itself is whole");
    let log = left
        .find(r"Windows\Panther\setupact.log")
        .expect("it is whole");
    assert_eq!(
        left.read(log, 100).expect("resident"),
        b"Error: no disk\r\n"
    );
    assert_eq!(left.find(r"Windows\System32"), None, "it is torn");
    assert_eq!(left.find("big.bin"), None, "it is torn");
}

#[test]
fn what_is_left_of_a_cut_mft_is_read() {
    let mut bytes = volume();
    // The runs of the MFT's own record end behind 36 of its 40 clusters.
    let runs = [0x11, 40, 4, 0];
    let at = record(0)
        + bytes[record(0)..]
            .windows(4)
            .position(|four| four == runs)
            .expect("runs");
    bytes[at + 1] = 36;
    let disk = on_disk(&bytes);
    assert_eq!(
        open(&disk).map(|_| ()).map_err(why),
        Err("a piece of the MFT is missing".into())
    );
    let left = salvage(&disk).expect("some of it");
    assert!(left.find(r"Windows\Panther\setupact.log").is_some());
}

/// Everything that reads, whatever it gives.
fn read_all(disk: &Vec<u8>) {
    if let Ok(left) = salvage(disk) {
        let paths = crate::disk::setup_logs::paths(&left);
        assert!(paths.len() < 100);
        for path in paths {
            let _ = crate::disk::setup_logs::read(&left, &path, 1000);
        }
    }
    let Ok(ntfs) = open(disk) else { return };
    let _ = (ntfs.is_dirty(), ntfs.is_log_clean(), ntfs.usage());
    let _ = ntfs.remains();
    let _ = ntfs.contents(0);
    for record in 0..40 {
        let _ = (ntfs.read(record, 10_000), ntfs.tail(record, 100));
        let _ = (ntfs.extents(record), ntfs.oddity(record));
        ntfs.path(record);
    }
    for cluster in [0, 4, 5, 30, 60, 110, 200, 255] {
        let _ = ntfs.owner((BEFORE + cluster * CLUSTER) as u64);
    }
}

proptest! {
    /// Changes where the bytes mean something: the boot sector, the records, the bitmap, the
    /// journal.
    #[test]
    fn no_damage_panics_or_loops(
        changes in prop::collection::vec((0usize..56 * CLUSTER, any::<u8>()), 1..12)
    ) {
        let mut bytes = volume();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        read_all(&on_disk(&bytes));
    }

    /// The same in the attributes alone, where lengths, names and runs are.
    #[test]
    fn no_attribute_panics_or_loops(
        changes in prop::collection::vec(
            (0u32..40, 0x38usize..0x180, prop::sample::select(vec![0, 1, 0x7f, 0x80, 0xff])),
            1..8,
        )
    ) {
        let mut bytes = volume();
        for (number, at, byte) in changes {
            bytes[record(number) + at] = byte;
        }
        read_all(&on_disk(&bytes));
    }
}
