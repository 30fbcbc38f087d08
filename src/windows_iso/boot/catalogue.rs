//! The El Torito boot catalogue: what firmware may boot from a disc.
//!
//! Layout: "El Torito" Bootable CD-ROM Format Specification 1.0, and chapter 13.3.2.1 of the UEFI
//! specification for platform 0xEF.

use anyhow::{bail, ensure};
use hadris_storage::sync::BlockDevice;

use crate::optical::{SECTOR, SECTOR_BYTES, Volume};

/// The first volume descriptor's sector.
const DESCRIPTORS: u64 = 16;
/// More volume descriptors than any disc has.
const DESCRIPTORS_MAX: u64 = 64;
/// The catalogue's sectors that are read: 64 entries each, where two or three are usual.
const CATALOGUE_SECTORS_MAX: u64 = 4;
const ENTRY_BYTES: usize = 32;

/// The platform of a PC's BIOS.
pub(crate) const BIOS: u8 = 0;
/// The platform of UEFI.
pub(crate) const UEFI: u8 = 0xef;

/// One thing to boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BootEntry {
    /// 0 is a PC's BIOS, 0xEF is UEFI.
    pub(crate) platform: u8,
    /// Whether it may be booted at all.
    pub(crate) bootable: bool,
    /// How many sectors of 512 bytes to load.
    pub(crate) count: u16,
    /// The sector of 2048 bytes where its image starts.
    pub(crate) sector: u32,
    /// Where its 32 bytes are, from the start of the disc.
    pub(crate) offset: u64,
}

/// Reads the boot catalogue: its entries in their order, none where the disc has no catalogue.
pub(crate) fn read<D: BlockDevice>(volume: &mut Volume<D>) -> anyhow::Result<Vec<BootEntry>> {
    let Some(start) = find(volume)? else {
        return Ok(Vec::new());
    };
    let start = u64::from(start) * SECTOR;
    let mut bytes = Vec::new();
    for n in 0..CATALOGUE_SECTORS_MAX {
        let at = start + n * SECTOR;
        // The catalogue may be the last sector of the disc.
        if n > 0 && at + SECTOR > volume.bytes() {
            break;
        }
        let mut sector = [0; SECTOR_BYTES];
        volume.read_raw(at, &mut sector)?;
        bytes.extend_from_slice(&sector);
    }
    parse(&bytes, start)
}

/// The sector of the catalogue, from the boot record among the volume descriptors.
fn find<D: BlockDevice>(volume: &mut Volume<D>) -> anyhow::Result<Option<u32>> {
    let mut sector = [0; SECTOR_BYTES];
    for n in DESCRIPTORS..DESCRIPTORS + DESCRIPTORS_MAX {
        volume.read_raw(n * SECTOR, &mut sector)?;
        let standard = &sector[1..6] == b"CD001";
        // A pure UDF disc has other descriptors here, and no catalogue.
        if !standard || sector[0] == 255 {
            return Ok(None);
        }
        if sector[0] == 0 && sector[7..].starts_with(b"EL TORITO SPECIFICATION\0") {
            let at = &sector[0x47..0x4b];
            return Ok(Some(u32::from_le_bytes([at[0], at[1], at[2], at[3]])));
        }
    }
    bail!("it has more than {DESCRIPTORS_MAX} volume descriptors");
}

/// Walks the catalogue's bytes, which start at `start` of the disc.
fn parse(bytes: &[u8], start: u64) -> anyhow::Result<Vec<BootEntry>> {
    let mut records = bytes.chunks_exact(ENTRY_BYTES).zip(0u64..);
    let mut next = || {
        records
            .next()
            .ok_or_else(|| anyhow::anyhow!("the boot catalogue has no end"))
    };
    let (validation, _) = next()?;
    ensure!(
        validation[0] == 1 && validation[30..32] == [0x55, 0xaa],
        "the boot catalogue has no validation entry"
    );
    let sum = validation.chunks_exact(2).fold(0u16, |sum, pair| {
        sum.wrapping_add(u16::from_le_bytes([pair[0], pair[1]]))
    });
    ensure!(sum == 0, "the boot catalogue's checksum is wrong");
    let mut entries = Vec::new();
    let (first, n) = next()?;
    entries.push(entry(validation[1], first, start, n));
    loop {
        let (header, _) = next()?;
        // 0x90 says that another section follows this one, 0x91 that none does.
        if !matches!(header[0], 0x90 | 0x91) {
            return Ok(entries);
        }
        let mut left = u16::from_le_bytes([header[2], header[3]]);
        while left > 0 {
            let (record, n) = next()?;
            // 0x44 only continues the selection criteria of the entry before it.
            if record[0] != 0x44 {
                entries.push(entry(header[1], record, start, n));
                left -= 1;
            }
        }
        if header[0] == 0x91 {
            return Ok(entries);
        }
    }
}

fn entry(platform: u8, record: &[u8], start: u64, n: u64) -> BootEntry {
    BootEntry {
        platform,
        bootable: record[0] == 0x88,
        count: u16::from_le_bytes([record[6], record[7]]),
        sector: u32::from_le_bytes([record[8], record[9], record[10], record[11]]),
        offset: start + n * ENTRY_BYTES as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optical::fixture::catalogue;
    use proptest::prelude::*;

    fn summary(entries: &[BootEntry]) -> Vec<(u8, u16, u32, u64)> {
        entries
            .iter()
            .map(|entry| (entry.platform, entry.count, entry.sector, entry.offset))
            .collect()
    }

    #[test]
    fn the_sections_are_walked() {
        let bytes = catalogue(&[(0, 8, 500), (0xef, 1, 600), (0xef, 0, 700)]);
        let entries = parse(&bytes, 40_960).expect("a catalogue");
        assert_eq!(
            summary(&entries),
            [
                (0, 8, 500, 40_992),
                (0xef, 1, 600, 41_056),
                (0xef, 0, 700, 41_120)
            ]
        );
        assert!(entries.iter().all(|entry| entry.bootable));
    }

    #[test]
    fn a_lone_uefi_entry_is_the_default_one() {
        let bytes = catalogue(&[(0xef, 1, 600)]);
        let entries = parse(&bytes, 0).expect("a catalogue");
        assert_eq!(summary(&entries), [(0xef, 1, 600, 32)]);
    }

    #[test]
    fn hostile_catalogues_are_refused() {
        let mut counts = catalogue(&[(0, 8, 500), (0xef, 1, 600)]);
        counts[66..68].copy_from_slice(&u16::MAX.to_le_bytes());
        // What follows the entry is zeros up to the end: entries that cannot be booted.
        let error = parse(&counts, 0).expect_err("a count out of range");
        assert!(error.to_string().contains("no end"), "{error}");
        let mut sections = catalogue(&[(0, 8, 500)]);
        for header in sections[64..].chunks_exact_mut(ENTRY_BYTES) {
            header[0] = 0x90;
        }
        assert!(parse(&sections, 0).is_err(), "headers without an end");
        let mut sum = catalogue(&[(0, 8, 500)]);
        sum[4] ^= 1;
        assert!(parse(&sum, 0).is_err(), "a wrong checksum");
        assert!(parse(&[0; 2048], 0).is_err(), "no validation entry");
        assert!(parse(&[], 0).is_err(), "nothing");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            damage in proptest::collection::vec((64usize..2048, any::<u8>()), 0..20)
        ) {
            let mut bytes = catalogue(&[(0, 8, 500), (0xef, 1, 600)]);
            for (at, with) in damage {
                bytes[at] = with;
            }
            let _ = parse(&bytes, u64::from(u32::MAX) * SECTOR);
        }
    }
}
