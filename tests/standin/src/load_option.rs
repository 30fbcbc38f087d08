//! The firmware's boot entries, as `bcdboot` writes them.

use crate::{layout::Placed, partition_table::Guid};

/// The name that firmware lines show, and that whoever watches them waits for.
pub const NAME: &str = "Windows Boot Manager";
/// The boot manager on the EFI partition.
pub const FILE: &str = "\\EFI\\Microsoft\\Boot\\bootmgfw.efi";

/// A boot entry's bytes: active, to a file on a partition.
///
/// # Panics
/// Never: the nodes are short.
#[must_use]
pub fn bytes(number: u32, place: &Placed, guid: &Guid) -> Vec<u8> {
    let mut path = Vec::new();
    node(&mut path, 4, 1, &{
        let mut disk = number.to_le_bytes().to_vec();
        disk.extend_from_slice(&place.first.to_le_bytes());
        disk.extend_from_slice(&(place.last - place.first + 1).to_le_bytes());
        disk.extend_from_slice(guid);
        // A GPT, whose partitions are named by GUID.
        disk.extend_from_slice(&[2, 2]);
        disk
    });
    node(&mut path, 4, 4, &wide(FILE));
    node(&mut path, 0x7f, 0xff, &[]);
    let mut out = 1u32.to_le_bytes().to_vec();
    let length = u16::try_from(path.len()).expect("three short nodes");
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&wide(NAME));
    // The real one appends the identity of its entry in the boot store. Without Secure Boot
    // systemd's boot stub would take that for the kernel's command line instead of ours, and a
    // kernel that checks its timer may find under load that it has none.
    out.extend_from_slice(&path);
    out
}

fn node(out: &mut Vec<u8>, kind: u8, sub_kind: u8, data: &[u8]) {
    let length = u16::try_from(data.len() + 4).expect("a short node");
    out.extend_from_slice(&[kind, sub_kind]);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(data);
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16()
        .chain([0])
        .flat_map(u16::to_le_bytes)
        .collect()
}

/// The description in a boot entry's bytes.
#[must_use]
pub fn description(entry: &[u8]) -> Option<String> {
    let units = entry.get(6..)?.chunks_exact(2);
    let units = units.map(|two| u16::from_le_bytes([two[0], two[1]]));
    let text: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    String::from_utf16(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Kind, tests::wanted};

    #[test]
    fn an_entry_has_the_lengths_that_it_names() {
        let place = Placed {
            first: 2048,
            last: 4095,
            wanted: wanted(Kind::Efi, None, None),
        };
        let entry = bytes(1, &place, &[7; 16]);
        assert_eq!(description(&entry).as_deref(), Some(NAME));
        let path = usize::from(u16::from_le_bytes([entry[4], entry[5]]));
        let path_at = 6 + (NAME.len() + 1) * 2;
        assert_eq!(
            entry[path_at..path_at + 4],
            [4, 1, 42, 0],
            "a hard disk node"
        );
        assert_eq!(
            entry[path_at + path - 4..path_at + path],
            [0x7f, 0xff, 4, 0]
        );
        assert_eq!(entry[path_at + 8..path_at + 16], 2048u64.to_le_bytes());
        assert_eq!(entry.len(), path_at + path, "nothing for the boot stub");
    }
}
