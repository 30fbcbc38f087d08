//! The boot catalogue and volume descriptors of the stand-in's ISO, in Microsoft's shape.
//!
//! Microsoft's media have a default BIOS entry and one EFI section, whose entry says one sector:
//! the firmware then sizes the image by the ISO 9660 volume, which there is a stub that holds a
//! README. genisoimage writes neither, so both are written here, over what it made.

use anyhow::{Result, bail, ensure};

/// The unit of an ISO's addresses.
pub const SECTOR: usize = 2048;

/// The first volume descriptor's sector.
const FIRST_DESCRIPTOR: usize = 16;

const BOOTABLE: u8 = 0x88;
const EFI: u8 = 0xef;

/// Where the boot images lie, in sectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    pub catalogue: u32,
    pub bios: u32,
    pub efi: u32,
}

/// Finds the boot images by the catalogue that genisoimage wrote: a default entry, then one
/// section with one entry.
pub fn places(iso: &[u8]) -> Result<Places> {
    let record = sector(iso, FIRST_DESCRIPTOR + 1)?;
    ensure!(
        record[0] == 0 && &record[1..6] == b"CD001" && record[7..].starts_with(b"EL TORITO"),
        "the ISO has no boot record"
    );
    let catalogue = u32_at(record, 71);
    let entries = sector(iso, catalogue as usize)?;
    ensure!(
        entries[0] == 1 && entries[30..32] == [0x55, 0xaa],
        "no validation entry"
    );
    ensure!(entries[32] == BOOTABLE, "no default boot entry");
    ensure!(matches!(entries[64], 0x90 | 0x91), "no second boot section");
    Ok(Places {
        catalogue,
        bios: u32_at(entries, 32 + 8),
        efi: u32_at(entries, 96 + 8),
    })
}

/// The catalogue as Microsoft's tool writes it.
#[must_use]
pub fn catalogue(places: Places) -> Vec<u8> {
    let mut out = vec![0; SECTOR];
    out[0] = 1;
    out[4..13].copy_from_slice(b"Microsoft");
    out[30..32].copy_from_slice(&[0x55, 0xaa]);
    let sum = out[..32].chunks_exact(2).fold(0u16, |sum, two| {
        sum.wrapping_add(u16::from_le_bytes([two[0], two[1]]))
    });
    out[28..30].copy_from_slice(&sum.wrapping_neg().to_le_bytes());
    // The BIOS entry loads eight sectors of 512 bytes, as etfsboot.com wants.
    entry(&mut out[32..64], 8, places.bios);
    out[64] = 0x91;
    out[65] = EFI;
    out[66..68].copy_from_slice(&1u16.to_le_bytes());
    entry(&mut out[96..128], 1, places.efi);
    out
}

fn entry(out: &mut [u8], sectors: u16, place: u32) {
    out[0] = BOOTABLE;
    out[6..8].copy_from_slice(&sectors.to_le_bytes());
    out[8..12].copy_from_slice(&place.to_le_bytes());
}

/// Rewrites the boot catalogue and makes the ISO 9660 volume the stub that it is on real media.
pub fn patch(iso: &mut [u8], volume_sectors: u32) -> Result<()> {
    let places = places(iso)?;
    if places.efi <= volume_sectors {
        // The firmware would take the image for the rest of the stub and not find its files.
        bail!("the EFI boot image lies inside the stub volume");
    }
    let at = places.catalogue as usize * SECTOR;
    iso[at..at + SECTOR].copy_from_slice(&catalogue(places));
    for number in FIRST_DESCRIPTOR..FIRST_DESCRIPTOR + 16 {
        let at = number * SECTOR;
        match sector(iso, number)?[0] {
            1 => {
                iso[at + 80..at + 84].copy_from_slice(&volume_sectors.to_le_bytes());
                iso[at + 84..at + 88].copy_from_slice(&volume_sectors.to_be_bytes());
            }
            // genisoimage describes the UDF tree as Joliet too; real media have none.
            2 => {
                iso[at..at + SECTOR].fill(0);
                iso[at..at + 7].copy_from_slice(b"\xffCD001\x01");
            }
            255 => return Ok(()),
            _ => {}
        }
    }
    bail!("the volume descriptors have no end")
}

fn sector(iso: &[u8], number: usize) -> Result<&[u8]> {
    let at = number * SECTOR;
    let Some(bytes) = iso.get(at..at + SECTOR) else {
        bail!("the ISO ends before sector {number}");
    };
    Ok(bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_by_genisoimage() -> Vec<u8> {
        let mut iso = vec![0; 64 * SECTOR];
        iso[16 * SECTOR] = 1;
        let record = 17 * SECTOR;
        iso[record + 1..record + 6].copy_from_slice(b"CD001");
        iso[record + 7..record + 30].copy_from_slice(b"EL TORITO SPECIFICATION");
        iso[record + 71] = 40;
        iso[18 * SECTOR] = 2;
        iso[19 * SECTOR] = 255;
        let at = 40 * SECTOR;
        let old = catalogue(Places {
            catalogue: 40,
            bios: 41,
            efi: 50,
        });
        iso[at..at + SECTOR].copy_from_slice(&old);
        iso[at + 65] = 0;
        iso[at + 96 + 6] = 4;
        iso
    }

    #[test]
    fn the_catalogue_has_microsofts_shape() {
        let mut iso = made_by_genisoimage();
        patch(&mut iso, 45).expect("patched");
        assert_eq!(places(&iso).expect("read").efi, 50);
        let made = &iso[40 * SECTOR..41 * SECTOR];
        let sum = made[..32].chunks_exact(2).fold(0u16, |sum, two| {
            sum.wrapping_add(u16::from_le_bytes([two[0], two[1]]))
        });
        assert_eq!(sum, 0, "the validation entry's words add up to nothing");
        assert_eq!(made[64..66], [0x91, EFI]);
        assert_eq!(made[96 + 6..96 + 8], [1, 0], "one sector, as on real media");
        assert_eq!(u32_at(&iso, 16 * SECTOR + 80), 45);
        assert_eq!(iso[16 * SECTOR + 87], 45, "and the big-endian half");
        assert_eq!(iso[18 * SECTOR], 255, "no Joliet");
    }

    #[test]
    fn an_image_inside_the_stub_and_a_foreign_iso_are_refused() {
        assert!(patch(&mut made_by_genisoimage(), 50).is_err());
        assert!(patch(&mut vec![0; 64 * SECTOR], 45).is_err());
        assert!(patch(&mut vec![0; 17 * SECTOR], 45).is_err());
    }
}
