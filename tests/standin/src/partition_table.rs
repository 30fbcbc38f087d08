//! Writes a GPT or an MBR, and reads a GPT.

use anyhow::{Context as _, Result, ensure};

use crate::layout::{Kind, Placed, Table};

/// Bytes of a sector.
pub const SECTOR: usize = 512;

const ENTRIES: usize = 128;
const ENTRY_SIZE: usize = 128;
/// Where an entry has its name, up to its end.
const NAME_AT: usize = 56;
/// Sectors that the entries take.
const ENTRY_SECTORS: u64 = (ENTRIES * ENTRY_SIZE / SECTOR) as u64;

/// A GUID in its order on disk.
pub type Guid = [u8; 16];

/// What is written, and where: bytes by sector.
pub type Writes = Vec<(u64, Vec<u8>)>;

/// The table for these partitions. `guid` gives each GUID that is needed, the disk's first.
pub fn writes(table: Table, sectors: u64, placed: &[Placed], guids: &[Guid]) -> Result<Writes> {
    ensure!(
        guids.len() == placed.len() + 1,
        "a GUID for the disk and each partition"
    );
    match table {
        Table::Gpt => gpt_of_setup(sectors, placed, guids),
        Table::Mbr => Ok(vec![(0, mbr(placed, &guids[0])?)]),
    }
}

/// What Setup writes: each partition has the name that Windows gives to its kind.
fn gpt_of_setup(sectors: u64, placed: &[Placed], guids: &[Guid]) -> Result<Writes> {
    let mut entries = Vec::new();
    for ((number, place), guid) in (1..).zip(placed).zip(&guids[1..]) {
        let name = match place.wanted.kind {
            Kind::Efi => "EFI system partition",
            Kind::Msr => "Microsoft reserved partition",
            _ => "Basic data partition",
        };
        entries.push(Entry {
            number,
            kind: type_of(place)?,
            guid: *guid,
            first: place.first,
            last: place.last,
            name: name.into(),
        });
    }
    gpt(sectors, &entries, &guids[0])
}

/// A GPT with these partitions, each at its number.
pub fn gpt(sectors: u64, partitions: &[Entry], disk: &Guid) -> Result<Writes> {
    let mut entries = vec![0; ENTRIES * ENTRY_SIZE];
    for one in partitions {
        let place = (one.number as usize).checked_sub(1);
        let place = place.and_then(|at| entries.chunks_exact_mut(ENTRY_SIZE).nth(at));
        let entry = place.with_context(|| format!("a GPT has no partition {}", one.number))?;
        entry[..16].copy_from_slice(&one.kind);
        entry[16..32].copy_from_slice(&one.guid);
        entry[32..40].copy_from_slice(&one.first.to_le_bytes());
        entry[40..48].copy_from_slice(&one.last.to_le_bytes());
        let units = one.name.encode_utf16();
        for (unit, out) in units.zip(entry[NAME_AT..].chunks_exact_mut(2)) {
            out.copy_from_slice(&unit.to_le_bytes());
        }
    }
    let last = sectors - 1;
    let primary = header(1, last, 2, sectors, &entries, disk);
    let backup = header(last, 1, last - ENTRY_SECTORS, sectors, &entries, disk);
    Ok(vec![
        (0, protective(sectors)),
        (1, primary),
        (2, entries.clone()),
        (last - ENTRY_SECTORS, entries),
        (last, backup),
    ])
}

fn header(
    here: u64,
    other: u64,
    entries_at: u64,
    sectors: u64,
    entries: &[u8],
    disk: &Guid,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(SECTOR);
    out.extend_from_slice(b"EFI PART\x00\x00\x01\x00\x5c\x00\x00\x00");
    out.extend_from_slice(&[0; 8]);
    let first_usable = 2 + ENTRY_SECTORS;
    let last_usable = sectors - 2 - ENTRY_SECTORS;
    for number in [here, other, first_usable, last_usable] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(disk);
    out.extend_from_slice(&entries_at.to_le_bytes());
    for number in [128, 128, crc32fast::hash(entries)] {
        out.extend_from_slice(&u32::to_le_bytes(number));
    }
    let sum = crc32fast::hash(&out);
    out[16..20].copy_from_slice(&sum.to_le_bytes());
    out.resize(SECTOR, 0);
    out
}

fn protective(sectors: u64) -> Vec<u8> {
    let mut out = vec![0; SECTOR];
    let length = u32::try_from(sectors - 1).unwrap_or(u32::MAX);
    entry(&mut out, 0, 0, 0xee, 1, length);
    out[510..].copy_from_slice(&[0x55, 0xaa]);
    out
}

fn mbr(placed: &[Placed], signature: &Guid) -> Result<Vec<u8>> {
    let mut out = vec![0; SECTOR];
    out[440..444].copy_from_slice(&signature[..4]);
    for (index, place) in placed.iter().enumerate() {
        let kind = match (place.wanted.kind, place.wanted.type_id.as_deref()) {
            (_, Some(id)) => u8::from_str_radix(id.trim_start_matches("0x"), 16)?,
            (Kind::Extended, None) => 0x0f,
            (_, None) => 0x07,
        };
        let first = u32::try_from(place.first)?;
        let length = u32::try_from(place.last - place.first + 1)?;
        let flag = if place.wanted.active { 0x80 } else { 0 };
        entry(&mut out, index, flag, kind, first, length);
    }
    out[510..].copy_from_slice(&[0x55, 0xaa]);
    Ok(out)
}

fn entry(out: &mut [u8], index: usize, flag: u8, kind: u8, first: u32, length: u32) {
    let entry = &mut out[446 + index * 16..462 + index * 16];
    entry[0] = flag;
    entry[1..4].copy_from_slice(&[0xfe, 0xff, 0xff]);
    entry[4] = kind;
    entry[5..8].copy_from_slice(&[0xfe, 0xff, 0xff]);
    entry[8..12].copy_from_slice(&first.to_le_bytes());
    entry[12..].copy_from_slice(&length.to_le_bytes());
}

fn type_of(place: &Placed) -> Result<Guid> {
    let text = match (&place.wanted.type_id, place.wanted.kind) {
        (Some(id), _) => id.as_str(),
        (None, Kind::Efi) => "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
        (None, Kind::Msr) => "E3C9E316-0B5C-4DB8-817D-F92DF00215AE",
        (None, _) => "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
    };
    parse_guid(text)
}

/// Whether a sector is a GPT's header.
#[must_use]
pub fn is_header(sector: &[u8]) -> bool {
    sector.starts_with(b"EFI PART")
}

/// Whether a disk's first sectors hold a GPT with this partition.
#[must_use]
pub fn has_partition(start: &[u8], guid: &Guid) -> bool {
    let entries = start.get(2 * SECTOR..).unwrap_or_default();
    start.get(SECTOR..).is_some_and(is_header)
        && entries
            .chunks_exact(ENTRY_SIZE)
            .any(|entry| entry[16..32] == *guid)
}

/// A partition of a GPT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the table, from 1.
    pub number: u32,
    pub kind: Guid,
    pub guid: Guid,
    /// In sectors; the last one is inside.
    pub first: u64,
    pub last: u64,
    pub name: String,
}

/// The disk's GUID and the partitions of a GPT in its first sectors; none when a check sum is
/// wrong, or when it is of another shape than every GPT of a disk with 512-byte sectors has.
#[must_use]
pub fn read(start: &[u8]) -> Option<(Guid, Vec<Entry>)> {
    let sector = start.get(SECTOR..2 * SECTOR)?;
    let number = |at: usize| Some(u32::from_le_bytes(sector.get(at..at + 4)?.try_into().ok()?));
    let mut header = sector.get(..92)?.to_vec();
    header[16..20].fill(0);
    let entries = start.get(2 * SECTOR..2 * SECTOR + ENTRIES * ENTRY_SIZE)?;
    let whole = is_header(sector)
        && number(12)? == 92
        && number(16)? == crc32fast::hash(&header)
        && (number(80)?, number(84)?) == (128, 128)
        && number(88)? == crc32fast::hash(entries);
    let disk = sector.get(56..72)?.try_into().ok()?;
    let entries = (1..).zip(entries.chunks_exact(ENTRY_SIZE));
    let used = entries.filter(|(_, entry)| entry[..16] != [0; 16]);
    whole.then(|| {
        (
            disk,
            used.map(|(number, entry)| read_entry(number, entry))
                .collect(),
        )
    })
}

fn read_entry(number: u32, entry: &[u8]) -> Entry {
    let guid = |at: usize| {
        let mut guid = Guid::default();
        guid.copy_from_slice(&entry[at..at + 16]);
        guid
    };
    let sector = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&entry[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    let units = entry[NAME_AT..].chunks_exact(2);
    let units = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    Entry {
        number,
        kind: guid(0),
        guid: guid(16),
        first: sector(32),
        last: sector(40),
        name: String::from_utf16_lossy(&units),
    }
}

/// A GUID's text, with or without braces, in its order on disk.
pub fn parse_guid(text: &str) -> Result<Guid> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    ensure!(digits.len() == 32, "`{text}` is no GUID");
    let mut guid = [0; 16];
    for (index, byte) in guid.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[index * 2..index * 2 + 2], 16)?;
    }
    guid[..4].reverse();
    guid[4..6].reverse();
    guid[6..8].reverse();
    Ok(guid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Format, place, tests::wanted};

    #[test]
    fn a_gpt_has_two_headers_whose_sums_are_right() {
        let list = [
            wanted(Kind::Efi, Some(100), Some(Format::Fat32)),
            wanted(Kind::Primary, None, Some(Format::Ntfs)),
        ];
        let placed = place(Table::Gpt, 1 << 22, &list).expect("placed");
        let writes = writes(Table::Gpt, 1 << 22, &placed, &[[1; 16], [2; 16], [3; 16]]);
        let writes = writes.expect("written");
        for (number, (at, bytes)) in writes.iter().enumerate() {
            if !bytes.starts_with(b"EFI PART") {
                continue;
            }
            let mut header = bytes[..92].to_vec();
            let sum = u32::from_le_bytes([header[16], header[17], header[18], header[19]]);
            header[16..20].fill(0);
            assert_eq!(crc32fast::hash(&header), sum, "header {number}");
            assert_eq!(header[24..32], at.to_le_bytes());
        }
        assert_eq!(
            writes[2].1[..4],
            [0x28, 0x73, 0x2a, 0xc1],
            "the EFI type's first field"
        );
        assert_eq!(writes[0].1[450], 0xee);
        let start: Vec<u8> = writes[..3]
            .iter()
            .flat_map(|(_, bytes)| bytes.clone())
            .collect();
        assert!(has_partition(&start, &[3; 16]) && !has_partition(&start, &[4; 16]));

        let (disk, entries) = read(&start).expect("a whole table");
        assert_eq!((disk, entries.len()), ([1; 16], 2));
        assert_eq!((entries[1].number, entries[1].guid), (2, [3; 16]));
        assert_eq!(entries[1].name, "Basic data partition");
        let mut torn = start.clone();
        torn[2 * SECTOR + 40] ^= 1;
        assert!(read(&torn).is_none(), "a wrong check sum");
    }

    #[test]
    fn an_mbr_has_its_active_partition() {
        let mut list = [wanted(Kind::Primary, None, Some(Format::Ntfs))];
        list[0].active = true;
        let placed = place(Table::Mbr, 1 << 22, &list).expect("placed");
        let writes = writes(Table::Mbr, 1 << 22, &placed, &[[9; 16], [2; 16]]).expect("written");
        assert_eq!(writes[0].1[446], 0x80);
        assert_eq!(writes[0].1[450], 7);
        assert_eq!(writes[0].1[510..], [0x55, 0xaa]);
    }
}
