//! Tables that another writer made, and tables that lie.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::disk::Error;

const BYTES: usize = 4 << 20;

/// A GPT disk as the `gpt` crate writes it: three partitions of 1 MiB.
pub(crate) fn gpt_disk() -> Vec<u8> {
    let mut device = Cursor::new(vec![0; BYTES]);
    let sectors = u32::try_from(BYTES / 512).expect("few");
    let mbr = ::gpt::mbr::ProtectiveMBR::with_lb_size(sectors - 1);
    mbr.overwrite_lba0(&mut device).expect("written");
    let mut disk = ::gpt::GptConfig::default()
        .writable(true)
        .logical_block_size(::gpt::disk::LogicalBlockSize::Lb512)
        .create_from_device(device, None)
        .expect("a disk");
    for kind in [
        ::gpt::partition_types::EFI,
        ::gpt::partition_types::MICROSOFT_RESERVED,
        ::gpt::partition_types::BASIC,
    ] {
        disk.add_partition("", 1 << 20, kind, 0, None)
            .expect("room");
    }
    disk.write().expect("written").into_inner()
}

fn mbr_disk(entries: &[(u8, u8, u32, u32)]) -> Vec<u8> {
    let mut disk = vec![0; BYTES];
    for (place, (active, kind, start, sectors)) in entries.iter().enumerate() {
        let entry = &mut disk[446 + 16 * place..][..16];
        (entry[0], entry[4]) = (*active, *kind);
        entry[8..12].copy_from_slice(&start.to_le_bytes());
        entry[12..].copy_from_slice(&sectors.to_le_bytes());
    }
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    disk
}

fn why(disk: &dyn Source) -> String {
    match read(disk).expect_err("damaged") {
        Error::Damaged(why) => why,
        Error::Io(error) => panic!("{error}"),
    }
}

/// Makes the first header's checksum right again.
fn sign(disk: &mut [u8]) {
    disk[512 + 16..512 + 20].fill(0);
    let sum = crc32fast::hash(&disk[512..512 + 92]);
    disk[512 + 16..512 + 20].copy_from_slice(&sum.to_le_bytes());
}

#[test]
fn a_gpt_of_another_writer_is_read() {
    let table = read(&gpt_disk()).expect("a table");
    assert_eq!(table.scheme, Scheme::Gpt);
    let kinds: Vec<_> = table.partitions.iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [Kind::EFI, Kind::MSR, Kind::DATA]);
    assert!(table.partitions.iter().all(|p| p.size == 1 << 20));
    assert_eq!(
        Kind::EFI.to_string(),
        "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
    );
    assert_eq!(
        Kind::RECOVERY.to_string(),
        "de94bba4-06d1-4d40-a16a-bfd50179d6ac"
    );
}

#[test]
fn an_mbr_is_read() {
    let table = read(&mbr_disk(&[(0x80, 7, 2048, 100), (0, 7, 2148, 200)])).expect("a table");
    assert_eq!(table.scheme, Scheme::Mbr);
    let first = &table.partitions[0];
    assert_eq!((first.offset, first.size), (1 << 20, 51_200));
    assert_eq!(
        first.kind,
        Kind::Mbr {
            kind: 7,
            active: true
        }
    );
    assert_eq!(table.partitions[1].number, 2);
}

#[test]
fn lies_are_named() {
    assert_eq!(why(&vec![0; 512]), "the disk has no partition table");
    assert_eq!(
        why(&mbr_disk(&[(0, 7, 2048, 100), (0, 7, 2100, 100)])),
        "partition 2 lies over another"
    );
    assert_eq!(
        why(&mbr_disk(&[(0, 7, 0, 100)])),
        "partition 1 lies over another"
    );
    assert_eq!(
        why(&mbr_disk(&[(0, 7, 2048, u32::MAX)])),
        "partition 1 ends behind the disk's end"
    );
    let mut disk = gpt_disk();
    disk[512 + 40] ^= 1;
    assert_eq!(why(&disk), "the first GPT header's checksum is wrong");
    let mut disk = gpt_disk();
    disk[1024 + 32] ^= 1;
    assert_eq!(why(&disk), "the GPT entries' checksum is wrong");
    let mut disk = gpt_disk();
    disk.truncate(BYTES - 512);
    assert_eq!(
        why(&disk),
        "no second GPT header: byte 4194304 is behind the end, which is at 4193792"
    );
}

/// What the `gpt` crate asserts on, and what it would allocate.
#[test]
fn a_table_without_bounds_is_refused() {
    for (count, size) in [(128u32, 256u32), (u32::MAX, 128), (129, 128), (128, 0)] {
        let mut disk = gpt_disk();
        disk[512 + 80..512 + 84].copy_from_slice(&count.to_le_bytes());
        disk[512 + 84..512 + 88].copy_from_slice(&size.to_le_bytes());
        sign(&mut disk);
        assert_eq!(
            why(&disk),
            format!("a GPT of {count} entries of {size} bytes")
        );
    }
}

proptest! {
    #[test]
    fn no_table_panics(changes in prop::collection::vec((446usize..2048, any::<u8>()), 1..8)) {
        let mut disk = gpt_disk();
        for (at, byte) in changes {
            disk[at] = byte;
        }
        sign(&mut disk);
        let _ = read(&disk);
    }
}
