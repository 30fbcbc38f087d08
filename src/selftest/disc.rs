//! The shape of a disc's first 64 KiB and of its boot catalogue, without their contents.
//!
//! ECMA-119 (ISO 9660) for the volume descriptors, ECMA-167 part 2 for those of UDF, "El Torito"
//! 1.0 for the catalogue. Whatever is there is told: nothing is refused.

use anyhow::Context as _;
use camino::Utf8Path;
use hadris_storage::sync::BlockDevice;
use schemars::JsonSchema;
use serde::Serialize;

use crate::guest::escape;
use crate::optical::{self, SECTOR, SECTOR_BYTES, Volume};

/// What is looked at: 64 KiB.
const SECTORS: u64 = 32;
/// A catalogue's record.
const RECORD_BYTES: usize = 32;
/// What a sector of a catalogue holds.
const RECORDS_MAX: usize = SECTOR_BYTES / RECORD_BYTES;

/// The shape of a disc.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Structure {
    /// The file's size, in sectors of 2048 bytes.
    pub(super) sectors: u64,
    /// What the first 32 sectors are, equal neighbours together.
    #[serde(rename = "first64KiB")]
    pub(super) first_64_kib: Vec<Run>,
    /// What ISO 9660 says that the volume has; absent where there is no such descriptor.
    pub(super) volume_space_sectors: Option<u32>,
    pub(super) logical_block_bytes: Option<u16>,
    /// The sector of the boot catalogue.
    pub(super) boot_catalogue_sector: Option<u32>,
    /// Its records in their order, up to the first empty one.
    pub(super) boot_catalogue: Vec<Record>,
}

/// Sectors of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run {
    /// The first one.
    pub(super) sector: u64,
    pub(super) count: u64,
    /// `zeros`, `other`, or a volume descriptor's kind.
    pub(super) holds: String,
}

/// One record of a boot catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Record {
    Validation {
        platform: String,
    },
    Entry {
        bootable: bool,
        /// 0: no emulation.
        media_type: u8,
        /// Of 512 bytes.
        sector_count: u16,
        /// Of 2048 bytes, where the image starts.
        sector: u32,
    },
    Section {
        platform: String,
        entries: u16,
        /// Whether no other follows.
        last: bool,
    },
    Extension,
}

/// Looks at a disc image that is a file.
pub(super) fn read(path: &Utf8Path) -> anyhow::Result<Structure> {
    let mut volume = optical::open(path)?;
    look(&mut volume).with_context(|| format!("cannot look at the start of `{path}`"))
}

fn look<D: BlockDevice>(volume: &mut Volume<D>) -> anyhow::Result<Structure> {
    let mut found = Structure {
        sectors: volume.bytes() / SECTOR,
        ..Structure::default()
    };
    let mut sector = [0; SECTOR_BYTES];
    for number in 0..SECTORS.min(found.sectors) {
        volume.read_raw(number * SECTOR, &mut sector)?;
        found.add(number, &sector);
    }
    if let Some(at) = found.boot_catalogue_sector
        && u64::from(at) < found.sectors
    {
        volume.read_raw(u64::from(at) * SECTOR, &mut sector)?;
        found.boot_catalogue = records(&sector);
    }
    Ok(found)
}

impl Structure {
    fn add(&mut self, number: u64, sector: &[u8; SECTOR_BYTES]) {
        let holds = kind(sector);
        if holds == "ISO 9660 primary volume descriptor" && self.volume_space_sectors.is_none() {
            self.volume_space_sectors = Some(le32(sector, 80));
            self.logical_block_bytes = Some(le16(sector, 128));
        }
        if holds == "El Torito boot record" && self.boot_catalogue_sector.is_none() {
            self.boot_catalogue_sector = Some(le32(sector, 71));
        }
        match self.first_64_kib.last_mut() {
            Some(run) if run.holds == holds => run.count += 1,
            _ => self.first_64_kib.push(Run {
                sector: number,
                count: 1,
                holds,
            }),
        }
    }
}

fn kind(sector: &[u8; SECTOR_BYTES]) -> String {
    match &sector[1..6] {
        b"CD001" => match sector[0] {
            0 if sector[7..].starts_with(b"EL TORITO SPECIFICATION") => "El Torito boot record",
            0 => "boot record",
            1 => "ISO 9660 primary volume descriptor",
            // Its escape sequences say whether it is Joliet's.
            2 if sector[88..].starts_with(b"%/") => "Joliet volume descriptor",
            2 => "ISO 9660 supplementary volume descriptor",
            3 => "ISO 9660 partition descriptor",
            255 => "end of the ISO 9660 descriptors",
            _ => "unknown ISO 9660 descriptor",
        }
        .into(),
        b"BEA01" | b"BOOT2" | b"NSR02" | b"NSR03" | b"TEA01" => {
            format!("UDF {}", escape(&String::from_utf8_lossy(&sector[1..6])))
        }
        _ if sector.iter().all(|byte| *byte == 0) => "zeros".into(),
        _ => "other".into(),
    }
}

fn records(sector: &[u8; SECTOR_BYTES]) -> Vec<Record> {
    let mut found = Vec::new();
    let mut entries = 1;
    for (number, record) in sector
        .chunks_exact(RECORD_BYTES)
        .enumerate()
        .take(RECORDS_MAX)
    {
        let platform = |byte| match byte {
            0 => "bios".to_owned(),
            0xef => "uefi".to_owned(),
            other => format!("{other:#04x}"),
        };
        found.push(match record[0] {
            1 if number == 0 => Record::Validation {
                platform: platform(record[1]),
            },
            0x90 | 0x91 if entries == 0 => {
                entries = usize::from(le16(record, 2));
                Record::Section {
                    platform: platform(record[1]),
                    entries: le16(record, 2),
                    last: record[0] == 0x91,
                }
            }
            0x44 => Record::Extension,
            bootable @ (0 | 0x88) if entries > 0 => {
                entries -= 1;
                Record::Entry {
                    bootable: bootable == 0x88,
                    media_type: record[1],
                    sector_count: le16(record, 6),
                    sector: le32(record, 8),
                }
            }
            _ => break,
        });
    }
    found
}

fn le16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optical::fixture;
    use proptest::prelude::*;

    fn disc() -> Vec<u8> {
        let wim = fixture::wim_of(&["Windows 11 Pro"]);
        let files: [(&str, &[u8]); 2] = [
            ("sources/install.wim", &wim),
            ("efi/microsoft/boot/efisys.bin", b"waits for a key"),
        ];
        fixture::windows(&files, b"bios image", b"waits for a key")
    }

    #[test]
    fn the_shape_of_a_disc() {
        let mut volume = fixture::volume(disc()).expect("a disc");
        let found = look(&mut volume).expect("is readable");
        let holds = |runs: &[Run]| -> Vec<_> {
            let text = |run: &Run| format!("{}+{} {}", run.sector, run.count, run.holds);
            runs.iter().map(text).collect()
        };
        assert_eq!(
            holds(&found.first_64_kib),
            [
                "0+16 zeros",
                "16+1 ISO 9660 primary volume descriptor",
                "17+1 El Torito boot record",
                "18+1 end of the ISO 9660 descriptors",
                "19+1 UDF BEA01",
                "20+1 UDF NSR02",
                "21+1 UDF TEA01",
                "22+10 zeros",
            ]
        );
        assert_eq!(found.sectors, 2048);
        assert_eq!(found.logical_block_bytes, Some(2048));
        assert!(found.volume_space_sectors.is_some());
    }

    #[test]
    fn the_records_of_a_catalogue() {
        let bytes = fixture::catalogue(&[(0, 8, 500), (0xef, 1, 600)]);
        let sector: [u8; SECTOR_BYTES] = bytes[..SECTOR_BYTES].try_into().expect("a sector");
        let entry = |sector_count, sector| Record::Entry {
            bootable: true,
            media_type: 0,
            sector_count,
            sector,
        };
        let validation = Record::Validation {
            platform: "bios".into(),
        };
        let section = Record::Section {
            platform: "uefi".into(),
            entries: 1,
            last: true,
        };
        let wanted = [validation, entry(8, 500), section, entry(1, 600)];
        assert_eq!(records(&sector), wanted);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), SECTOR_BYTES)) {
            let sector: [u8; SECTOR_BYTES] = bytes.try_into().expect("a sector");
            Structure::default().add(0, &sector);
            prop_assert!(records(&sector).len() <= RECORDS_MAX);
        }
    }
}
