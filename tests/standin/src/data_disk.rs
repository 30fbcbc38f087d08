//! What a data disk holds, and whether it may be touched: a disk that holds anything of somebody
//! else's is never written.
//!
//! Windows looks at the first sector for an MBR or for the protective one of a GPT, and gives a
//! letter to each partition of the type "basic data". A disk that is blank begins and ends with
//! zeros: tables and file systems have their marks there.

use anyhow::{Context as _, Result};

use crate::partition_table::{self, Entry, Guid, SECTOR};

/// How much of the disk's begin and end is looked at.
pub const EDGE_BYTES: usize = 1 << 20;
/// Windows' types of partitions that may be on a data disk.
const BASIC_DATA: &str = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7";
const RESERVED: &str = "E3C9E316-0B5C-4DB8-817D-F92DF00215AE";

/// A partition that is a data disk's one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its number in the table, from 1.
    pub number: u32,
    pub first: u64,
    pub last: u64,
    pub disk: Guid,
    pub guid: Guid,
}

/// What a disk holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing at all.
    Blank,
    /// A table with one partition, in which nothing was ever written: a start that was cut short.
    HalfMade(Volume),
    /// One NTFS.
    Ours(Volume),
    /// Something else, in words.
    Foreign(String),
}

/// Judges a disk of so many sectors by its two edges and by what its partition begins with.
pub fn judge(
    sectors: u64,
    edges: [&[u8]; 2],
    sector: impl FnOnce(u64) -> Result<Vec<u8>>,
) -> Result<Found> {
    let [start, end] = edges;
    let blank = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    if !start.get(SECTOR..).is_some_and(partition_table::is_header) {
        let what = if let Some(what) = file_system(start) {
            format!("{what} without a partition table")
        } else if start.get(510..512) == Some(&[0x55, 0xaa]) {
            "an MBR".to_owned()
        } else if blank(start) && blank(end) {
            return Ok(Found::Blank);
        } else {
            "something that is no partition table".to_owned()
        };
        return Ok(Found::Foreign(what));
    }
    let Some((disk, entries)) = partition_table::read(start) else {
        return Ok(Found::Foreign("a GPT with a wrong check sum".into()));
    };
    let reserved = partition_table::parse_guid(RESERVED)?;
    let data = partition_table::parse_guid(BASIC_DATA)?;
    let mut others = entries.iter().filter(|entry| entry.kind != reserved);
    let (one, more) = (others.next(), others.count());
    let Some(one) = one.filter(|one| more == 0 && one.kind == data) else {
        let count = more + usize::from(one.is_some());
        return Ok(Found::Foreign(format!("a GPT with {count} partitions")));
    };
    if one.first < 34 || one.last < one.first || one.last >= sectors {
        return Ok(Found::Foreign("a GPT of another disk".into()));
    }
    let begins = sector(one.first).context("cannot read the partition")?;
    Ok(named(one, disk, &begins))
}

fn named(one: &Entry, disk: Guid, begins: &[u8]) -> Found {
    let volume = Volume {
        number: one.number,
        first: one.first,
        last: one.last,
        disk,
        guid: one.guid,
    };
    match file_system(begins) {
        Some("NTFS") => Found::Ours(volume),
        Some(what) => Found::Foreign(format!("a partition with {what}")),
        None if begins.iter().all(|byte| *byte == 0) => Found::HalfMade(volume),
        None => Found::Foreign("a partition with something that is no NTFS".into()),
    }
}

/// The file system that a sector is the first one of.
fn file_system(sector: &[u8]) -> Option<&'static str> {
    let name = sector.get(3..11)?;
    let fat = sector.get(82..87) == Some(b"FAT32") || sector.get(54..57) == Some(b"FAT");
    match name {
        b"NTFS    " => Some("NTFS"),
        b"-FVE-FS-" => Some("BitLocker"),
        b"EXFAT   " => Some("exFAT"),
        b"\0\0\0\0\0\0\0\0" if !fat => None,
        _ => fat.then_some("FAT"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Format, Kind, Table, Wanted, place, tests::wanted};

    const SECTORS: u64 = 1 << 17;
    const BYTES: usize = SECTOR << 17;

    /// Where a sector begins.
    fn byte(sector: u64) -> usize {
        usize::try_from(sector).expect("a small disk") * SECTOR
    }

    /// A disk with these partitions, each with a first sector.
    fn disk(table: Table, list: &[Wanted], begins: &[u8]) -> Result<Found> {
        let guids = vec![[7; 16]; list.len() + 1];
        let mut bytes = vec![0; BYTES];
        let placed = match table {
            Table::Gpt => placed(list),
            Table::Mbr => place(table, SECTORS, list)?,
        };
        for (at, part) in partition_table::writes(table, SECTORS, &placed, &guids)? {
            bytes[byte(at)..][..part.len()].copy_from_slice(&part);
        }
        for place in &placed {
            bytes[byte(place.first)..][..begins.len()].copy_from_slice(begins);
        }
        found(&bytes)
    }

    /// A data disk has no EFI partition, so it is no layout of Setup's.
    fn placed(list: &[Wanted]) -> Vec<crate::layout::Placed> {
        let places = (1..).zip(list).map(|(number, one)| crate::layout::Placed {
            first: number * 4096,
            last: number * 4096 + 4095,
            wanted: one.clone(),
        });
        places.collect()
    }

    fn found(bytes: &[u8]) -> Result<Found> {
        let edges = [&bytes[..EDGE_BYTES], &bytes[bytes.len() - EDGE_BYTES..]];
        judge((bytes.len() / SECTOR) as u64, edges, |at| {
            Ok(bytes[byte(at)..][..SECTOR].to_vec())
        })
    }

    fn foreign(found: Result<Found>) -> String {
        match found.expect("a disk that can be read") {
            Found::Foreign(what) => what,
            other => panic!("it is not foreign: {other:?}"),
        }
    }

    fn data() -> Wanted {
        wanted(Kind::Primary, None, Some(Format::Ntfs))
    }

    #[test]
    fn a_blank_disk_is_zeros_at_both_edges() {
        let mut bytes = vec![0; BYTES];
        assert_eq!(found(&bytes).expect("read"), Found::Blank);
        *bytes.last_mut().expect("bytes") = 1;
        assert_eq!(
            foreign(found(&bytes)),
            "something that is no partition table"
        );
        bytes[5000] = 1;
        foreign(found(&bytes));
    }

    #[test]
    fn one_ntfs_is_ours_and_an_empty_partition_half_made() {
        let ntfs = b"\xeb\x52\x90NTFS    ";
        let ours = disk(Table::Gpt, &[data()], ntfs).expect("read");
        let Found::Ours(volume) = ours else {
            panic!("{ours:?}")
        };
        assert_eq!((volume.number, volume.first, volume.last), (1, 4096, 8191));
        let reserved = wanted(Kind::Msr, Some(16), None);
        let second = disk(Table::Gpt, &[reserved, data()], ntfs).expect("read");
        assert!(matches!(second, Found::Ours(Volume { number: 2, .. })));
        let half = disk(Table::Gpt, &[data()], b"").expect("read");
        assert!(matches!(half, Found::HalfMade(_)), "{half:?}");
    }

    #[test]
    fn what_is_somebody_elses_is_named() {
        let bytes = |begins: &[u8]| {
            let mut bytes = vec![0; BYTES];
            bytes[..begins.len()].copy_from_slice(begins);
            bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
            bytes
        };
        let raw = bytes(b"\xeb\x52\x90NTFS    ");
        assert_eq!(foreign(found(&raw)), "NTFS without a partition table");
        assert_eq!(foreign(found(&bytes(b""))), "an MBR");
        let locked = disk(Table::Gpt, &[data()], b"\xeb\x58\x90-FVE-FS-");
        assert_eq!(foreign(locked), "a partition with BitLocker");
        let two = disk(Table::Gpt, &[data(), data()], b"");
        assert_eq!(foreign(two), "a GPT with 2 partitions");
        let none = disk(Table::Gpt, &[], b"");
        assert_eq!(foreign(none), "a GPT with 0 partitions");
        let linux = disk(Table::Gpt, &[data()], b"something");
        assert_eq!(foreign(linux), "a partition with something that is no NTFS");
    }
}
