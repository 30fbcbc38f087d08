//! The data disk: what was found of it, and what is to be done.
//!
//! It is made ready only where it holds nothing at all: no partition table, and zeros in its first
//! 2 MiB and its last. What this program began and could not finish it knows again by two marks:
//! the begin of the disk's GUID, and the partition's name, which is another one until the file
//! system is whole. A partition of that name never had a letter; where it has a file system with
//! something on it all the same, that stays. Everything else is used when it is GPT with one NTFS
//! partition, whoever made it, and is refused otherwise, with what it is. Nothing is ever formatted
//! that holds something.

mod look;
#[cfg(test)]
mod tests;

pub use look::{Holds, holds, is_not_whole, is_zero};

/// How much of a disk's begin is looked at: the partition table, and where the first partition
/// begins, which is at 1 MiB (Windows' own alignment).
pub const HEAD_BYTES: usize = 2 << 20;
/// And of its end, where GPT has its second table.
pub const TAIL_BYTES: usize = 1 << 20;
/// Less is no disk for data: NTFS itself takes some MiB.
pub const BYTES_MIN: u64 = 64 * MIB;
const MIB: u64 = 1 << 20;

/// What the GUID of a disk begins with that this program gave a table, as it lies on the disk.
pub const DISK_ID: [u8; 8] = *b"lucarne\0";
/// The partition's name until its file system is whole.
pub const NAME_BEGUN: &str = "Lucarne data, begun";
/// And afterwards.
pub const NAME: &str = "Lucarne data";

/// `PARTITION_BASIC_DATA_GUID`, as it lies on the disk.
pub const BASIC_DATA: [u8; 16] = [
    0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44, 0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7,
];
/// `PARTITION_MSFT_RESERVED_GUID`: Windows' own tools make one beside the first, and it holds
/// nothing.
pub const RESERVED: [u8; 16] = [
    0x16, 0xe3, 0xc9, 0xe3, 0x5c, 0x0b, 0xb8, 0x4d, 0x81, 0x7d, 0xf9, 0x2d, 0xf0, 0x02, 0x15, 0xae,
];

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub bytes: u64,
    /// Whether it takes writes at all.
    pub writable: bool,
    pub table: Table,
    /// The first [`HEAD_BYTES`].
    pub head: Vec<u8>,
    /// The last [`TAIL_BYTES`].
    pub tail: Vec<u8>,
}

/// The partition table, as Windows reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Table {
    None,
    /// The old kind, with so many partitions.
    Mbr(usize),
    Gpt {
        /// The disk's GUID.
        id: [u8; 16],
        partitions: Vec<Partition>,
    },
}

/// A partition of a GPT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// From 1.
    pub number: u32,
    /// The GUID of its type.
    pub kind: [u8; 16],
    pub name: String,
    pub offset: u64,
    pub bytes: u64,
    pub holds: Holds,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It gets a table with one partition of this place and size, and a file system.
    Make { offset: u64, bytes: u64 },
    /// The partition with this number gets its file system.
    Format {
        number: u32,
        offset: u64,
        /// Whether it has one, which may be whole: what is on it tells.
        is_ntfs: bool,
    },
    /// It is used as it is.
    Use(Use),
}

/// The partition that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub number: u32,
    pub offset: u64,
    /// The partition grows by so many bytes first.
    pub grow: Option<u64>,
    /// Then the file system, to so many sectors.
    pub extend: Option<u64>,
    /// It can be read and not written.
    pub read_only: bool,
}

/// Decides. An error says what was found: the disk is left as it is.
pub fn decide(facts: &Facts) -> Result<Decision, String> {
    if facts.bytes < BYTES_MIN {
        let (is, least) = (facts.bytes / MIB, BYTES_MIN / MIB);
        return Err(format!("it has {is} MiB, and at least {least} are needed"));
    }
    match &facts.table {
        Table::None if !facts.is_blank() => {
            let what = holds(&facts.head);
            Err(format!(
                "it has no partition table, and is not blank: {what}"
            ))
        }
        Table::None => facts.make(),
        Table::Mbr(count) => Err(format!(
            "it has a partition table of the old kind (MBR), with {count} partitions"
        )),
        Table::Gpt { id, partitions } => {
            let ours = id.starts_with(&DISK_ID);
            let data = partitions.iter().filter(|it| it.kind != RESERVED);
            match data.collect::<Vec<_>>()[..] {
                [] if ours && partitions.is_empty() && facts.is_blank_but_for_the_table() => {
                    facts.make()
                }
                [] => Err("it has a partition table, and no partition for data in it".to_owned()),
                [one] => {
                    let is_last = partitions.iter().all(|it| it.offset <= one.offset);
                    facts.with(one, ours, is_last)
                }
                ref many => Err(format!("it has {} partitions, not one", many.len())),
            }
        }
    }
}

impl Facts {
    fn is_blank(&self) -> bool {
        is_zero(&self.head) && is_zero(&self.tail)
    }

    /// The same where a GPT without a partition was written: its two tables have at most 34 sectors
    /// of 4096 bytes.
    fn is_blank_but_for_the_table(&self) -> bool {
        let table = 34 * 4096;
        let end = self.tail.len().saturating_sub(table);
        is_zero(self.head.get(table..).unwrap_or_default()) && is_zero(&self.tail[..end])
    }

    /// Where a partition may end: GPT's second table is behind it, and Windows aligns to 1 MiB.
    fn end(&self) -> u64 {
        (self.bytes - MIB) / MIB * MIB
    }

    fn make(&self) -> Result<Decision, String> {
        if !self.writable {
            return Err("it is blank, and takes no writes".to_owned());
        }
        let (offset, end) = (MIB, self.end());
        Ok(Decision::Make {
            offset,
            bytes: end - offset,
        })
    }

    /// What to do with a partition that this program began: a kill may have left anything between
    /// zeros and a whole file system, but nothing else.
    fn go_on_with(&self, one: &Partition) -> Result<Decision, String> {
        let is_ntfs = match one.holds {
            Holds::Nothing => false,
            Holds::Ntfs { .. } => true,
            other => return Err(format!("its file system was begun, and now {other}")),
        };
        if !self.writable {
            return Err("its file system was never finished, and it takes no writes".to_owned());
        }
        Ok(Decision::Format {
            number: one.number,
            offset: one.offset,
            is_ntfs,
        })
    }

    /// What to do with the one partition.
    fn with(&self, one: &Partition, ours: bool, is_last: bool) -> Result<Decision, String> {
        let end = one.offset.saturating_add(one.bytes);
        if end > self.bytes {
            return Err(format!(
                "its partition ends at byte {end}, and the disk at {}: it was made smaller",
                self.bytes
            ));
        }
        if one.kind != BASIC_DATA {
            return Err("its partition is of another type than Windows' for data".to_owned());
        }
        if ours && one.name == NAME_BEGUN {
            return self.go_on_with(one);
        }
        let Holds::Ntfs {
            sectors,
            sector_bytes,
        } = one.holds
        else {
            return Err(format!("its partition holds no NTFS: {}", one.holds));
        };
        let room = self.end().saturating_sub(end);
        // Less than the alignment is no growth, and none goes over another partition.
        let grow = (self.writable && is_last && room >= MIB).then_some(room);
        let bytes = one.bytes + grow.unwrap_or(0);
        let held = sectors.saturating_mul(sector_bytes.into());
        let behind = bytes.saturating_sub(held);
        // NTFS ends a sector before its partition, where a copy of its first sector lies. A
        // partition that grew, with a file system that did not, is what a kill in between leaves.
        let extend = (self.writable && behind >= MIB).then(|| bytes / u64::from(sector_bytes));
        Ok(Decision::Use(Use {
            number: one.number,
            offset: one.offset,
            grow,
            extend,
            read_only: !self.writable,
        }))
    }
}
