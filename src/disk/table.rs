//! The partition table: GPT with its checksums and both copies, or an MBR's four entries.

use std::fmt;

use super::{Result, Source, damaged, number};

const SECTOR: u64 = 512;
const SECTOR_BYTES: usize = 512;
/// What Windows writes, and so does everyone: 128 entries of 128 bytes.
const ENTRIES_MAX: u64 = 128;
const ENTRY_BYTES: usize = 128;

/// A disk's partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub scheme: Scheme,
    /// In the order of their numbers.
    pub partitions: Vec<Partition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Gpt,
    Mbr,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its entry in the table, from 1.
    pub number: u32,
    pub kind: Kind,
    pub offset: u64,
    pub size: u64,
}

/// What the table says that a partition is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// GPT's type, as its bytes lie on the disk.
    Guid([u8; 16]),
    Mbr {
        kind: u8,
        active: bool,
    },
}

impl Kind {
    /// The EFI system partition: c12a7328-f81f-11d2-ba4b-00a0c93ec93b.
    pub const EFI: Self = Self::Guid(guid(0xc12a_7328, 0xf81f, 0x11d2, 0xba4b_00a0_c93e_c93b));
    /// Microsoft's reserved partition: e3c9e316-0b5c-4db8-817d-f92df00215ae.
    pub const MSR: Self = Self::Guid(guid(0xe3c9_e316, 0x0b5c, 0x4db8, 0x817d_f92d_f002_15ae));
    /// Basic data: ebd0a0a2-b9e5-4433-87c0-68b6b72699c7.
    pub const DATA: Self = Self::Guid(guid(0xebd0_a0a2, 0xb9e5, 0x4433, 0x87c0_68b6_b726_99c7));
    /// Windows' recovery tools: de94bba4-06d1-4d40-a16a-bfd50179d6ac.
    pub const RECOVERY: Self = Self::Guid(guid(0xde94_bba4, 0x06d1, 0x4d40, 0xa16a_bfd5_0179_d6ac));
}

/// A GUID's bytes on the disk: three little-endian fields, then eight bytes in order.
const fn guid(a: u32, b: u16, c: u16, rest: u64) -> [u8; 16] {
    let (a, b, c, r) = (
        a.to_le_bytes(),
        b.to_le_bytes(),
        c.to_le_bytes(),
        rest.to_be_bytes(),
    );
    [
        a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], r[0], r[1], r[2], r[3], r[4], r[5], r[6],
        r[7],
    ]
}

/// Reads a disk's partition table.
pub fn read(disk: &dyn Source) -> Result<Table> {
    let mut sector = [0; SECTOR_BYTES];
    disk.read_at(0, &mut sector)?;
    if sector[510..] != [0x55, 0xaa] {
        return Err(damaged("the disk has no partition table"));
    }
    let protective = (0..4).any(|n| sector[446 + 16 * n + 4] == 0xee);
    let table = if protective { gpt(disk)? } else { mbr(&sector) };
    check(&table, disk.size())?;
    Ok(table)
}

fn mbr(sector: &[u8; SECTOR_BYTES]) -> Table {
    let mut partitions = Vec::new();
    for (number_of, entry) in (1..).zip(sector[446..510].chunks_exact(16)) {
        if entry[4] == 0 {
            continue;
        }
        partitions.push(Partition {
            number: number_of,
            kind: Kind::Mbr {
                kind: entry[4],
                active: entry[0] == 0x80,
            },
            offset: number::<4>(entry, 8) * SECTOR,
            size: number::<4>(entry, 12) * SECTOR,
        });
    }
    Table {
        scheme: Scheme::Mbr,
        partitions,
    }
}

fn gpt(disk: &dyn Source) -> Result<Table> {
    let first = header(disk, 1, "first")?;
    let backup = number::<8>(&first, 32);
    // What lies behind the end says that the image was cut.
    let second = header(disk, backup, "second")?;
    if number::<4>(&first, 88) != number::<4>(&second, 88) {
        return Err(damaged("the two copies of the GPT differ"));
    }
    let entries = entries(disk, &first)?;
    let mut partitions = Vec::new();
    for (number_of, entry) in (1..).zip(entries.chunks_exact(ENTRY_BYTES)) {
        let mut kind = [0; 16];
        kind.copy_from_slice(&entry[..16]);
        if kind == [0; 16] {
            continue;
        }
        let (start, last) = (number::<8>(entry, 32), number::<8>(entry, 40));
        let sectors = last.checked_sub(start).and_then(|n| n.checked_add(1));
        let size = sectors.and_then(|n| n.checked_mul(SECTOR));
        let (Some(offset), Some(size)) = (start.checked_mul(SECTOR), size) else {
            return Err(damaged(format!("partition {number_of} has no length")));
        };
        partitions.push(Partition {
            number: number_of,
            kind: Kind::Guid(kind),
            offset,
            size,
        });
    }
    Ok(Table {
        scheme: Scheme::Gpt,
        partitions,
    })
}

/// One of the two headers, its checksum checked.
fn header(disk: &dyn Source, at: u64, which: &str) -> Result<Vec<u8>> {
    let mut sector = vec![0; SECTOR_BYTES];
    let offset = at
        .checked_mul(SECTOR)
        .ok_or_else(|| damaged("the second GPT header is nowhere"))?;
    disk.read_at(offset, &mut sector)
        .map_err(|error| match error {
            super::Error::Damaged(why) => damaged(format!("no {which} GPT header: {why}")),
            io @ super::Error::Io(_) => io,
        })?;
    let length = number::<4>(&sector, 12);
    if &sector[..8] != b"EFI PART" || !(92..=SECTOR).contains(&length) {
        return Err(damaged(format!("the {which} GPT header is none")));
    }
    sector.truncate(usize::try_from(length).unwrap_or(SECTOR_BYTES));
    let sum = number::<4>(&sector, 16);
    let mut zeroed = sector.clone();
    zeroed[16..20].fill(0);
    if u64::from(crc32fast::hash(&zeroed)) != sum || number::<8>(&sector, 24) != at {
        return Err(damaged(format!(
            "the {which} GPT header's checksum is wrong"
        )));
    }
    Ok(sector)
}

fn entries(disk: &dyn Source, header: &[u8]) -> Result<Vec<u8>> {
    let (count, size) = (number::<4>(header, 80), number::<4>(header, 84));
    if count > ENTRIES_MAX || size != ENTRY_BYTES as u64 {
        return Err(damaged(format!("a GPT of {count} entries of {size} bytes")));
    }
    let length = usize::try_from(count * size).map_err(|_| damaged("a huge GPT"))?;
    let mut entries = vec![0; length];
    let offset = number::<8>(header, 72)
        .checked_mul(SECTOR)
        .ok_or_else(|| damaged("the GPT's entries are nowhere"))?;
    disk.read_at(offset, &mut entries)?;
    if u64::from(crc32fast::hash(&entries)) != number::<4>(header, 88) {
        return Err(damaged("the GPT entries' checksum is wrong"));
    }
    Ok(entries)
}

/// Every partition lies on the disk, none over another.
fn check(table: &Table, size: u64) -> Result<()> {
    let mut by_place: Vec<_> = table.partitions.iter().collect();
    by_place.sort_by_key(|partition| partition.offset);
    let mut free_from = SECTOR;
    for Partition {
        number,
        offset,
        size: length,
        ..
    } in by_place
    {
        let end = offset.checked_add(*length).filter(|end| *end <= size);
        let Some(end) = end else {
            return Err(damaged(format!(
                "partition {number} ends behind the disk's end"
            )));
        };
        if *length == 0 || *offset < free_from {
            return Err(damaged(format!("partition {number} lies over another")));
        }
        free_from = end;
    }
    Ok(())
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gpt => "UEFI (GPT)",
            Self::Mbr => "BIOS (MBR)",
        })
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guid(bytes) => {
                let (a, b, c) = (
                    number::<4>(bytes, 0),
                    number::<2>(bytes, 4),
                    number::<2>(bytes, 6),
                );
                write!(f, "{a:08x}-{b:04x}-{c:04x}-")?;
                for (place, byte) in bytes[8..].iter().enumerate() {
                    let dash = if place == 2 { "-" } else { "" };
                    write!(f, "{dash}{byte:02x}")?;
                }
                Ok(())
            }
            Self::Mbr { kind, active } => {
                write!(f, "{kind:02x}{}", if *active { " active" } else { "" })
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
