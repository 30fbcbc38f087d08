//! A disk as Windows would tell the guest program of it.
//!
//! What becomes of a data disk is the guest program's to decide, and its own rules do that here
//! ([`lucarne_guest::boot::disk::decide`]); Windows' part is the stand-in's: it looks at the first
//! sector for an MBR or for the protective one of a GPT, and takes a table for none whose check
//! sum is wrong.

use anyhow::{Context as _, Result};
use lucarne_guest::boot::disk::{Facts, HEAD_BYTES, Holds, Partition, TAIL_BYTES, Table, holds};

use crate::partition_table::{self, Entry, Guid, SECTOR};

/// How much of a partition's begin the guest program reads.
const BEGIN_BYTES: usize = 64 << 10;
/// The first sector that a partition of a GPT may have.
const FIRST_USABLE: u64 = 34;

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// For the guest program's rules.
    pub facts: Facts,
    /// The GPT, for who changes it: the disk's GUID, and the partitions.
    pub gpt: Option<(Guid, Vec<Entry>)>,
}

/// Looks at a disk of so many bytes; `read` gives some of them.
pub fn look(
    bytes: u64,
    writable: bool,
    mut read: impl FnMut(u64, usize) -> Result<Vec<u8>>,
) -> Result<Found> {
    let head = read(0, HEAD_BYTES).context("cannot read its begin")?;
    let tail = bytes.saturating_sub(TAIL_BYTES as u64);
    let tail = read(tail, TAIL_BYTES).context("cannot read its end")?;
    let gpt = gpt(&head);
    let table = if let Some((id, entries)) = &gpt {
        let mut partitions = Vec::new();
        for entry in entries {
            let mut partition = partition(entry);
            // One that ends behind the disk's end is told as that.
            if partition.offset.saturating_add(partition.bytes) <= bytes {
                let length = usize::try_from(partition.bytes)?.min(BEGIN_BYTES);
                let begin = read(partition.offset, length).context("cannot read a partition")?;
                partition.holds = holds(&begin);
            }
            partitions.push(partition);
        }
        Table::Gpt {
            id: *id,
            partitions,
        }
    } else {
        mbr(&head).map_or(Table::None, Table::Mbr)
    };
    let facts = Facts {
        bytes,
        writable,
        table,
        head,
        tail,
    };
    Ok(Found { facts, gpt })
}

/// The GPT, if it is whole and its partitions lie where some can.
fn gpt(head: &[u8]) -> Option<(Guid, Vec<Entry>)> {
    let sane = |entry: &Entry| entry.first >= FIRST_USABLE && entry.last >= entry.first;
    partition_table::read(head).filter(|(_, entries)| entries.iter().all(sane))
}

fn partition(entry: &Entry) -> Partition {
    let sector = SECTOR as u64;
    Partition {
        number: entry.number,
        kind: entry.kind,
        name: entry.name.clone(),
        offset: entry.first.saturating_mul(sector),
        bytes: (entry.last - entry.first)
            .saturating_add(1)
            .saturating_mul(sector),
        holds: Holds::Other,
    }
}

/// How many partitions an MBR has. The first sector of a file system ends as an MBR does, and a
/// GPT whose own part is broken has an MBR that protects it.
fn mbr(head: &[u8]) -> Option<usize> {
    let sector = head.get(..SECTOR)?;
    let marked = sector[510..] == [0x55, 0xaa];
    let types: Vec<u8> = (0..4).map(|n| sector[446 + n * 16 + 4]).collect();
    let is_table = marked && matches!(holds(sector), Holds::Other) && !types.contains(&0xee);
    is_table.then(|| types.iter().filter(|kind| **kind != 0).count())
}

#[cfg(test)]
mod tests {
    use lucarne_guest::boot::disk::{
        BASIC_DATA, DISK_ID, Decision, NAME, NAME_BEGUN, RESERVED, Use, decide,
    };

    use super::*;

    const MIB: u64 = 1 << 20;
    const BYTES: u64 = 128 * MIB;

    /// The product's decision on a disk that holds these bytes.
    fn decided(disk: &[u8]) -> Result<Decision, String> {
        let read = |at: u64, length: usize| {
            let at = usize::try_from(at)?;
            Ok(disk
                .get(at..at + length)
                .context("behind the end")?
                .to_vec())
        };
        let found = look(disk.len() as u64, true, read).expect("a disk that can be read");
        decide(&found.facts)
    }

    fn blank() -> Vec<u8> {
        vec![0; usize::try_from(BYTES).expect("small")]
    }

    fn put(disk: &mut [u8], at: u64, bytes: &[u8]) {
        let at = usize::try_from(at).expect("small");
        disk[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// From one MiB up to one before the end.
    fn data(name: &str) -> Entry {
        Entry {
            number: 1,
            kind: BASIC_DATA,
            guid: [2; 16],
            first: MIB / 512,
            last: (BYTES - MIB) / 512 - 1,
            name: name.into(),
        }
    }

    /// A disk with these partitions, the last of which begins so.
    fn disk(id: Guid, entries: &[Entry], begins: &[u8]) -> Vec<u8> {
        let mut disk = blank();
        let writes = partition_table::gpt(BYTES / 512, entries, &id).expect("a table");
        for (sector, bytes) in writes {
            put(&mut disk, sector * 512, &bytes);
        }
        if let Some(one) = entries.last() {
            put(&mut disk, one.first * 512, begins);
        }
        disk
    }

    /// A first sector of NTFS that fills [`data`].
    fn ntfs() -> Vec<u8> {
        let mut sector = vec![0; 512];
        sector[..11].copy_from_slice(b"\xeb\x52\x90NTFS    ");
        sector[11..13].copy_from_slice(&512_u16.to_le_bytes());
        let sectors = (BYTES - 2 * MIB) / 512 - 1;
        sector[40..48].copy_from_slice(&sectors.to_le_bytes());
        sector[510..].copy_from_slice(&[0x55, 0xaa]);
        sector
    }

    #[track_caller]
    fn refused(disk: &[u8], why: &str) {
        let error = decided(disk).expect_err("it is left as it is");
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn a_blank_disk_is_zeros_at_both_ends() {
        let made = Decision::Make {
            offset: MIB,
            bytes: BYTES - 2 * MIB,
        };
        assert_eq!(decided(&blank()), Ok(made));
        for at in [5000, BYTES - 1] {
            let mut one = blank();
            put(&mut one, at, &[1]);
            refused(&one, "no partition table, and is not blank");
        }
    }

    #[test]
    fn one_ntfs_is_used_and_what_was_begun_is_finished() {
        let used = |number, offset| {
            Ok(Decision::Use(Use {
                number,
                offset,
                grow: None,
                extend: None,
                read_only: false,
            }))
        };
        let whole = disk([1; 16], &[data("Basic data partition")], &ntfs());
        assert_eq!(decided(&whole), used(1, MIB));
        let (mut reserved, mut second) = (data("reserved"), data(NAME));
        (reserved.kind, reserved.last) = (RESERVED, 16 * MIB / 512 - 1);
        (second.number, second.first) = (2, 16 * MIB / 512);
        let two = disk([1; 16], &[reserved, second], &ntfs());
        let Ok(Decision::Use(it)) = decided(&two) else {
            panic!("{:?}", decided(&two))
        };
        assert_eq!((it.number, it.offset), (2, 16 * MIB));

        let mut id = [1; 16];
        id[..8].copy_from_slice(&DISK_ID);
        let begun = |begins: &[u8]| decided(&disk(id, &[data(NAME_BEGUN)], begins));
        for (begins, is_ntfs) in [(&b""[..], false), (&ntfs()[..], true)] {
            let format = Decision::Format {
                number: 1,
                offset: MIB,
                is_ntfs,
            };
            assert_eq!(begun(begins), Ok(format));
        }
    }

    #[test]
    fn what_is_somebody_elses_is_left() {
        let first = |sector: &[u8]| {
            let mut disk = blank();
            put(&mut disk, 0, sector);
            disk
        };
        refused(
            &first(&ntfs()),
            "no partition table, and is not blank: it holds NTFS",
        );
        let mut mbr = vec![0; 512];
        (mbr[450], mbr[466]) = (7, 0x83);
        mbr[510..].copy_from_slice(&[0x55, 0xaa]);
        refused(&first(&mbr), "(MBR), with 2 partitions");
        let one = |begins: &[u8]| disk([1; 16], &[data("data")], begins);
        refused(&one(b"\xeb\x58\x90-FVE-FS-"), "BitLocker");
        refused(&one(b"something"), "data of an unknown kind");
        refused(&one(b""), "it begins with zeros");
        let mut second = data("data");
        (second.number, second.first) = (2, second.last);
        refused(&disk([1; 16], &[data("data"), second], b""), "2 partitions");
        refused(&disk([1; 16], &[], b""), "no partition for data");
    }

    #[test]
    fn a_broken_table_is_none() {
        let mut torn = disk([1; 16], &[data("data")], &ntfs());
        torn[2 * SECTOR + 40] ^= 1;
        refused(&torn, "a damaged partition table");
        let mut strange = data("data");
        strange.first = strange.last + 1;
        refused(&disk([1; 16], &[strange], b""), "a damaged partition table");
        let mut long = data("data");
        long.last *= 2;
        refused(&disk([1; 16], &[long], &ntfs()), "made smaller");
    }
}
