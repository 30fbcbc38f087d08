//! What drivers answer, read out of their bytes: a place that a driver left out is an error, and no
//! length that it tells is believed.

use std::io;

use super::cd::Place;
use super::disk::{Holds, Partition, Table};

/// Integers of an answer, little endian.
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    four.try_into().ok().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let eight = bytes.get(at..at.checked_add(8)?)?;
    eight.try_into().ok().map(u64::from_le_bytes)
}

fn guid_at(bytes: &[u8], at: usize) -> Option<[u8; 16]> {
    bytes.get(at..at.checked_add(16)?)?.try_into().ok()
}

/// Whether a driver answers that it does not know the question, by winerror.h's code.
#[must_use]
pub fn is_unknown(error: &io::Error) -> bool {
    const INVALID_FUNCTION: i32 = 1;
    const NOT_SUPPORTED: i32 = 50;
    let code = error.raw_os_error();
    code.is_some_and(|code| [INVALID_FUNCTION, NOT_SUPPORTED].contains(&code))
}

/// The number that an answer of eight bytes is.
#[must_use]
pub fn number(bytes: &[u8]) -> Option<u64> {
    u64_at(bytes, 0)
}

/// A `STORAGE_DEVICE_DESCRIPTOR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// `STORAGE_BUS_TYPE`.
    pub bus: i32,
    /// Without the blanks that some drivers fill it up with.
    pub serial: String,
}

/// Reads one. The serial number is a text of ASCII at an offset, up to a zero.
#[must_use]
pub fn descriptor(bytes: &[u8]) -> Option<Descriptor> {
    let bus = i32::from_le_bytes(u32_at(bytes, 28)?.to_le_bytes());
    let at = usize::try_from(u32_at(bytes, 24)?).ok()?;
    // 0 and -1 stand for none.
    let text = if at == 0 { None } else { bytes.get(at..) };
    let text = text.unwrap_or_default();
    let end = text
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(text.len());
    let serial = String::from_utf8_lossy(&text[..end]).trim().to_owned();
    Some(Descriptor { bus, serial })
}

/// A place, of a `SCSI_ADDRESS` and the bus beside it.
#[must_use]
pub fn place(address: &[u8], bus: i32) -> Option<Place> {
    let byte = |at: usize| address.get(at).copied();
    Some(Place {
        bus,
        path: byte(5)?,
        target: byte(6)?,
        lun: byte(7)?,
    })
}

/// Where the entries of a `DRIVE_LAYOUT_INFORMATION_EX` begin, and how long each is.
const ENTRIES: usize = 48;
const ENTRY: usize = 144;
/// GPT has 128 of them on every disk that Windows makes.
const ENTRIES_MAX: usize = 128;

/// One entry of a GPT, with what must be said again when it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub partition: Partition,
    /// The partition's own GUID.
    pub id: [u8; 16],
}

/// Reads a table. What the partitions hold is not in it.
#[must_use]
pub fn table(bytes: &[u8]) -> Option<(Table, Vec<Entry>)> {
    let count = usize::try_from(u32_at(bytes, 4)?).ok()?.min(ENTRIES_MAX);
    match u32_at(bytes, 0)? {
        0 => {
            // Unused entries are of type 0.
            let kinds = (0..count).map(|n| bytes.get(ENTRIES + n * ENTRY + 32).copied());
            let kinds = kinds.collect::<Option<Vec<u8>>>()?;
            let used = kinds.iter().filter(|kind| **kind != 0).count();
            Some((Table::Mbr(used), Vec::new()))
        }
        1 => {
            let entries = (0..count).map(|n| entry(bytes, ENTRIES + n * ENTRY));
            let mut entries = entries.collect::<Option<Vec<Entry>>>()?;
            entries.retain(|entry| entry.partition.kind != [0; 16]);
            let partitions = entries.iter().map(|entry| entry.partition.clone());
            let (id, partitions) = (guid_at(bytes, 8)?, partitions.collect());
            Some((Table::Gpt { id, partitions }, entries))
        }
        2 => Some((Table::None, Vec::new())),
        _ => None,
    }
}

fn entry(bytes: &[u8], at: usize) -> Option<Entry> {
    let name = bytes.get(at + 72..at + ENTRY)?;
    let units = name
        .chunks_exact(2)
        .map(|it| u16::from_le_bytes([it[0], it[1]]));
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    Some(Entry {
        partition: Partition {
            number: u32_at(bytes, at + 24)?,
            kind: guid_at(bytes, at + 32)?,
            name: String::from_utf16_lossy(&units),
            offset: u64_at(bytes, at + 8)?,
            bytes: u64_at(bytes, at + 16)?,
            holds: Holds::Other,
        },
        id: guid_at(bytes, at + 48)?,
    })
}

/// The first extent of `VOLUME_DISK_EXTENTS`, as the disk's number and the offset on it; `None` for
/// a volume that is of several.
#[must_use]
pub fn extent(bytes: &[u8]) -> Option<(u32, u64)> {
    if u32_at(bytes, 0)? != 1 {
        return None;
    }
    Some((u32_at(bytes, 8)?, u64_at(bytes, 16)?))
}

/// The bytes that a `DISK_PERFORMANCE` has counted, read and written.
#[must_use]
pub fn moved(bytes: &[u8]) -> Option<u64> {
    Some(u64_at(bytes, 0)?.saturating_add(u64_at(bytes, 8)?))
}

#[cfg(test)]
mod tests {
    use super::super::disk::{BASIC_DATA, NAME};
    use super::*;

    #[test]
    fn a_driver_that_does_not_know_the_question_says_so() {
        let is_unknown = |code| is_unknown(&io::Error::from_raw_os_error(code));
        assert!(is_unknown(1) && is_unknown(50));
        // Access denied, not ready.
        assert!(!is_unknown(5) && !is_unknown(21));
    }

    #[test]
    fn a_serial_number_is_read_wherever_it_is() {
        let mut bytes = vec![0; 64];
        bytes[24] = 40;
        bytes[28] = 11;
        bytes[40..54].copy_from_slice(b" lucarne-data ");
        let read = descriptor(&bytes).expect("a descriptor");
        assert_eq!((read.bus, read.serial.as_str()), (11, "lucarne-data"));
        for none in [0, 64, u32::MAX] {
            bytes[24..28].copy_from_slice(&none.to_le_bytes());
            assert_eq!(descriptor(&bytes).expect("a descriptor").serial, "");
        }
        // No zero at its end.
        bytes[24..28].copy_from_slice(&60_u32.to_le_bytes());
        bytes[60..].copy_from_slice(b"abcd");
        assert_eq!(descriptor(&bytes).expect("a descriptor").serial, "abcd");
        assert_eq!(descriptor(&bytes[..31]), None);
    }

    #[test]
    fn a_place_is_read() {
        let read = place(&[8, 0, 0, 0, 2, 1, 0, 0], 11).expect("a place");
        assert!(read.is_ours());
        assert_eq!(place(&[8, 0, 0, 0, 2, 1], 11), None);
    }

    /// An answer with one entry.
    fn layout(style: u32) -> Vec<u8> {
        let mut bytes = vec![0; ENTRIES + ENTRY];
        bytes[..4].copy_from_slice(&style.to_le_bytes());
        bytes[4] = 1;
        bytes[8..24].fill(9);
        let entry = &mut bytes[ENTRIES..];
        entry[8..16].copy_from_slice(&(1_u64 << 20).to_le_bytes());
        entry[16..24].copy_from_slice(&(1_u64 << 30).to_le_bytes());
        entry[24] = 1;
        entry[32..48].copy_from_slice(&BASIC_DATA);
        entry[48..64].fill(5);
        for (unit, place) in NAME.encode_utf16().zip(entry[72..].chunks_exact_mut(2)) {
            place.copy_from_slice(&unit.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn tables_are_read() {
        let (table, entries) = super::table(&layout(1)).expect("a table");
        let Table::Gpt { id, partitions } = table else {
            panic!("{table:?}");
        };
        assert_eq!((id, entries[0].id), ([9; 16], [5; 16]));
        let one = &partitions[0];
        assert_eq!((one.number, one.offset, one.bytes), (1, 1 << 20, 1 << 30));
        assert_eq!((one.kind, one.name.as_str()), (BASIC_DATA, NAME));
        assert_eq!(super::table(&layout(0)), Some((Table::Mbr(1), vec![])));
        assert_eq!(super::table(&layout(2)), Some((Table::None, vec![])));
    }

    #[test]
    fn answers_that_lie_are_none() {
        let mut many = layout(1);
        many[4..8].fill(0xff);
        assert_eq!(super::table(&many), None);
        assert_eq!(super::table(&layout(1)[..ENTRIES + ENTRY - 1]), None);
        assert_eq!(super::table(&layout(7)), None);
        assert_eq!(super::table(&[]), None);
        assert_eq!(number(&[1, 0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn what_a_disk_moved_is_both_ways() {
        let mut bytes = vec![0; 88];
        (bytes[1], bytes[8], bytes[16]) = (1, 3, 9);
        assert_eq!(moved(&bytes), Some(259));
        assert_eq!(moved(&bytes[..15]), None);
    }

    #[test]
    fn a_volume_is_on_one_disk() {
        let mut bytes = vec![0; 32];
        (bytes[0], bytes[8], bytes[18]) = (1, 3, 16);
        assert_eq!(extent(&bytes), Some((3, 1 << 20)));
        bytes[0] = 2;
        assert_eq!(extent(&bytes), None);
    }
}
