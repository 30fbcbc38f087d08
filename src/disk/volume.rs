//! What the first sector of a partition says that it holds.

use std::fmt;

use super::{Result, Source};

/// What a partition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volume {
    Ntfs,
    Fat32,
    /// `BitLocker`, whatever lies below it.
    Encrypted,
    /// Zeros only.
    Blank,
    Unknown,
}

/// `BitLocker`'s own GUID in the boot sector of a volume that looks like FAT32 (`BitLocker` To Go),
/// 4967d63b-2e29-4ad8-8399-f6a339e3d001 ("`BitLocker` Drive Encryption format", libbde).
const TO_GO: [u8; 16] = [
    0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01,
];

/// Looks at a partition's boot sector.
pub fn identify(partition: &dyn Source) -> Result<Volume> {
    let mut sector = [0; 512];
    partition.read_at(0, &mut sector)?;
    Ok(
        if &sector[3..11] == b"-FVE-FS-" || sector[424..440] == TO_GO {
            Volume::Encrypted
        } else if sector == [0; 512] {
            Volume::Blank
        } else if sector[510..] != [0x55, 0xaa] {
            Volume::Unknown
        } else if &sector[3..11] == b"NTFS    " {
            Volume::Ntfs
        } else if &sector[82..90] == b"FAT32   " {
            Volume::Fat32
        } else {
            Volume::Unknown
        },
    )
}

impl Volume {
    /// The manifest's word for a file system; nothing where there is none.
    #[must_use]
    pub fn file_system(self) -> Option<&'static str> {
        match self {
            Self::Ntfs => Some("ntfs"),
            Self::Fat32 => Some("fat32"),
            Self::Encrypted | Self::Blank | Self::Unknown => None,
        }
    }
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ntfs => "NTFS",
            Self::Fat32 => "FAT32",
            Self::Encrypted => "an encrypted volume",
            Self::Blank => "nothing",
            Self::Unknown => "no file system that is known",
        })
    }
}
