//! Disks of every kind, and what becomes of them.

use super::*;

const GIB: u64 = 1 << 30;

/// A first sector of NTFS.
fn ntfs(bytes: u64) -> Vec<u8> {
    let mut head = vec![0; 512];
    head[3..11].copy_from_slice(b"NTFS    ");
    head[11..13].copy_from_slice(&512_u16.to_le_bytes());
    head[40..48].copy_from_slice(&(bytes / 512 - 1).to_le_bytes());
    head
}

fn blank(bytes: u64) -> Facts {
    Facts {
        bytes,
        writable: true,
        table: Table::None,
        head: vec![0; HEAD_BYTES],
        tail: vec![0; TAIL_BYTES],
    }
}

/// A disk of this program's, with one partition to its end.
fn ours(bytes: u64) -> Facts {
    let mut id = [7; 16];
    id[..8].copy_from_slice(&DISK_ID);
    let Ok(Decision::Make {
        offset,
        bytes: of_partition,
    }) = decide(&blank(bytes))
    else {
        unreachable!("a blank disk is made ready")
    };
    let one = Partition {
        number: 1,
        kind: BASIC_DATA,
        name: NAME.into(),
        offset,
        bytes: of_partition,
        holds: holds(&ntfs(of_partition)),
    };
    let mut facts = blank(bytes);
    facts.head[512..520].copy_from_slice(b"EFI PART");
    facts.table = Table::Gpt {
        id,
        partitions: vec![one],
    };
    facts
}

/// The same with its table changed.
fn with(bytes: u64, change: impl FnOnce(&mut [u8; 16], &mut Vec<Partition>)) -> Facts {
    let mut facts = ours(bytes);
    if let Table::Gpt { id, partitions } = &mut facts.table {
        change(id, partitions);
    }
    facts
}

/// It is refused, and told why.
#[track_caller]
fn refused(facts: &Facts, why: &str) {
    let error = decide(facts).expect_err("it is left as it is");
    assert!(error.contains(why), "{error}");
}

#[track_caller]
fn used(facts: &Facts) -> Use {
    match decide(facts) {
        Ok(Decision::Use(it)) => it,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_blank_disk_is_made_ready() {
    let made = decide(&blank(8 * GIB));
    let bytes = 8 * GIB - 2 * MIB;
    assert_eq!(made, Ok(Decision::Make { offset: MIB, bytes }));
    // An odd end is left over.
    let made = decide(&blank(8 * GIB + 12_345 * 512));
    assert_eq!(
        made,
        Ok(Decision::Make {
            offset: MIB,
            bytes: bytes + 6 * MIB
        })
    );
}

#[test]
fn one_byte_is_something() {
    for place in [0, 511, 512, 1 << 16, (1 << 20) - 1, 1 << 20, HEAD_BYTES - 1] {
        let mut facts = blank(GIB);
        facts.head[place] = 1;
        refused(&facts, "unknown kind");
    }
    for place in [0, TAIL_BYTES - 1] {
        let mut facts = blank(GIB);
        facts.tail[place] = 1;
        refused(&facts, "not blank");
    }
}

#[test]
fn ours_is_used_as_it_is() {
    let it = used(&ours(8 * GIB));
    let as_it_is = Use {
        number: 1,
        offset: MIB,
        grow: None,
        extend: None,
        read_only: false,
    };
    assert_eq!(it, as_it_is);
}

#[test]
fn a_disk_that_grew_grows_its_partition_and_file_system() {
    let mut facts = ours(8 * GIB);
    facts.bytes = 10 * GIB;
    let it = used(&facts);
    assert_eq!(it.grow, Some(2 * GIB));
    assert_eq!(it.extend, Some((10 * GIB - 2 * MIB) / 512));
    // Some bytes more are none.
    let mut facts = ours(8 * GIB);
    facts.bytes += MIB / 2;
    let it = used(&facts);
    assert_eq!((it.grow, it.extend), (None, None));
}

#[test]
fn a_kill_between_the_two_is_made_good() {
    let facts = with(10 * GIB, |_, partitions| {
        partitions[0].holds = holds(&ntfs(8 * GIB));
    });
    let it = used(&facts);
    assert_eq!(it.grow, None);
    assert_eq!(it.extend, Some((10 * GIB - 2 * MIB) / 512));
}

#[test]
fn what_was_begun_is_finished() {
    // A table, and nothing else.
    let empty = with(8 * GIB, |_, partitions| partitions.clear());
    assert_eq!(decide(&empty), decide(&blank(8 * GIB)));
    // A partition, with or without some of a file system.
    let begun = |head: &[u8]| {
        with(8 * GIB, |_, partitions| {
            partitions[0].name = NAME_BEGUN.into();
            partitions[0].holds = holds(head);
        })
    };
    for (head, is_ntfs) in [(vec![0; 512], false), (ntfs(8 * GIB), true)] {
        assert_eq!(
            decide(&begun(&head)),
            Ok(Decision::Format {
                number: 1,
                offset: MIB,
                is_ntfs,
            })
        );
    }
    // Whatever else is there is somebody's.
    refused(
        &begun(&[9; 512]),
        "was begun, and now it holds data of an unknown kind",
    );
    let mut locked = ntfs(8 * GIB);
    locked[3..11].copy_from_slice(b"-FVE-FS-");
    refused(
        &begun(&locked),
        "was begun, and now it is encrypted by BitLocker",
    );
}

#[test]
fn marks_of_another_are_no_marks() {
    let foreign = |name: &str| {
        with(8 * GIB, |id, partitions| {
            *id = [1; 16];
            partitions[0].name = name.into();
            partitions[0].holds = Holds::Nothing;
        })
    };
    refused(&foreign(NAME_BEGUN), "no NTFS: it begins with zeros");
    refused(&foreign("Basic data partition"), "no NTFS");
    let empty = with(8 * GIB, |id, partitions| {
        *id = [1; 16];
        partitions.clear();
    });
    refused(&empty, "no partition for data");
    // Ours, whose partition somebody removed: what it held may be wanted.
    let mut removed = with(8 * GIB, |_, partitions| partitions.clear());
    removed.head[1 << 20..][..512].copy_from_slice(&ntfs(8 * GIB));
    refused(&removed, "no partition for data");
}

#[test]
fn foreign_tables_are_told() {
    let mut mbr = blank(8 * GIB);
    mbr.table = Table::Mbr(2);
    refused(&mbr, "MBR), with 2 partitions");
    // Windows' own, with a reserved partition, and NTFS that somebody else made.
    let windows = with(8 * GIB, |id, partitions| {
        *id = [3; 16];
        partitions[0].name = "Basic data partition".into();
        partitions[0].number = 2;
        partitions[0].offset = 16 * MIB;
        partitions[0].bytes -= 15 * MIB;
        let mut reserved = partitions[0].clone();
        (reserved.number, reserved.kind) = (1, RESERVED);
        partitions.insert(0, reserved);
    });
    assert_eq!(used(&windows).number, 2);
    // It may lie behind, where the other cannot grow over it.
    let mut behind = with(8 * GIB, |_, partitions| {
        let mut reserved = partitions[0].clone();
        (reserved.number, reserved.kind) = (2, RESERVED);
        reserved.offset += 4 * GIB;
        partitions[0].bytes = 4 * GIB;
        partitions[0].holds = holds(&ntfs(4 * GIB));
        partitions.push(reserved);
    });
    behind.bytes = 10 * GIB;
    let it = used(&behind);
    assert_eq!((it.grow, it.extend), (None, None));
    let linux = with(8 * GIB, |id, partitions| {
        (*id, partitions[0].kind, partitions[0].holds) = ([3; 16], [5; 16], Holds::Other);
    });
    refused(&linux, "another type");
}

#[test]
fn a_file_system_without_a_table_is_told() {
    let mut raw = blank(8 * GIB);
    raw.head[..512].copy_from_slice(&ntfs(8 * GIB));
    refused(&raw, "no partition table, and is not blank: it holds NTFS");
    raw.head[..512].fill(0);
    raw.head[512..520].copy_from_slice(b"EFI PART");
    refused(&raw, "a damaged partition table");
}

#[test]
fn what_cannot_be_read_is_told() {
    let holding = |at: usize, text: &[u8]| {
        with(8 * GIB, |_, partitions| {
            let mut head = vec![0; 512];
            head[at..at + text.len()].copy_from_slice(text);
            partitions[0].holds = holds(&head);
        })
    };
    refused(&holding(3, b"-FVE-FS-"), "BitLocker");
    refused(&holding(3, b"ReFS\0"), "ReFS");
    refused(&holding(82, b"FAT32   "), "FAT");
    refused(&holding(3, b"EXFAT   "), "FAT");
    refused(&holding(0, b"LUKS"), "unknown kind");
    // NTFS whose sectors have no size.
    refused(&holding(3, b"NTFS    "), "unknown kind");
}

#[test]
fn two_partitions_are_told() {
    let two = with(8 * GIB, |_, partitions| {
        let mut second = partitions[0].clone();
        second.number = 2;
        partitions.push(second);
    });
    refused(&two, "2 partitions");
}

#[test]
fn a_disk_that_takes_no_writes_is_read() {
    let mut facts = ours(8 * GIB);
    (facts.writable, facts.bytes) = (false, 10 * GIB);
    let it = used(&facts);
    assert_eq!((it.grow, it.extend, it.read_only), (None, None, true));
    let mut facts = blank(8 * GIB);
    facts.writable = false;
    refused(&facts, "takes no writes");
    let mut begun = with(8 * GIB, |_, partitions| {
        partitions[0].name = NAME_BEGUN.into();
    });
    begun.writable = false;
    refused(&begun, "takes no writes");
}

#[test]
fn a_disk_of_the_wrong_size_is_told() {
    refused(&blank(63 * MIB), "63 MiB, and at least 64");
    let mut smaller = ours(8 * GIB);
    smaller.bytes = 4 * GIB;
    refused(&smaller, "made smaller");
}

#[test]
fn only_a_file_system_that_is_none_may_be_formatted_again() {
    // ERROR_UNRECOGNIZED_VOLUME, ERROR_FILE_CORRUPT, ERROR_DISK_CORRUPT.
    for code in [1005, 1392, 1393] {
        assert!(is_not_whole(code), "{code}");
    }
    // Access denied, not ready, a bad sector, a device that is gone, BitLocker's lock.
    for code in [0, 5, 21, 23, 1117, 1167, 0x8031_0000_u32.cast_signed()] {
        assert!(!is_not_whole(code), "{code}");
    }
}
