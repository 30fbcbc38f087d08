//! What the first sectors of a disk or of a partition are the begin of.

use std::fmt;

/// What bytes hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Zeros.
    Nothing,
    Ntfs {
        /// As the file system says it.
        sectors: u64,
        sector_bytes: u16,
    },
    /// Encrypted: what is inside cannot be told.
    BitLocker,
    Refs,
    Fat,
    /// A partition table that Windows does not read as one.
    Gpt,
    /// Something.
    Other,
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "it begins with zeros",
            Self::Ntfs { .. } => "it holds NTFS",
            Self::BitLocker => "it is encrypted by BitLocker",
            Self::Refs => "it holds ReFS",
            Self::Fat => "it holds FAT",
            Self::Gpt => "it holds a damaged partition table (GPT)",
            Self::Other => "it holds data of an unknown kind",
        })
    }
}

/// Whether Windows' error, as it lists a volume, says that there is no whole file system. Any other
/// may come of a disk that is busy, locked or breaking, and that holds what somebody wants.
#[must_use]
pub fn is_not_whole(code: i32) -> bool {
    const UNRECOGNIZED_VOLUME: i32 = 1005;
    const DISK_CORRUPT: i32 = 1393;
    const FILE_CORRUPT: i32 = 1392;
    [UNRECOGNIZED_VOLUME, DISK_CORRUPT, FILE_CORRUPT].contains(&code)
}

/// Whether all bytes are zero.
#[must_use]
pub fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// What the begin of a disk or a partition says of it.
#[must_use]
pub fn holds(head: &[u8]) -> Holds {
    let at = |place: usize, text: &[u8]| head.get(place..).is_some_and(|it| it.starts_with(text));
    if at(3, b"-FVE-FS-") || at(3, b"MSWIN4.1-FVE") {
        Holds::BitLocker
    } else if at(3, b"NTFS    ") {
        ntfs(head)
    } else if at(3, b"ReFS\0") {
        Holds::Refs
    } else if at(3, b"EXFAT   ") || at(54, b"FAT1") || at(82, b"FAT32   ") {
        Holds::Fat
    } else if at(512, b"EFI PART") || at(4096, b"EFI PART") {
        Holds::Gpt
    } else if is_zero(head) {
        Holds::Nothing
    } else {
        Holds::Other
    }
}

/// The size that NTFS says, in its first sector: bytes of a sector at 11, sectors at 40.
fn ntfs(head: &[u8]) -> Holds {
    let bytes = head.get(11..13).and_then(|it| <[u8; 2]>::try_from(it).ok());
    let sectors = head.get(40..48).and_then(|it| <[u8; 8]>::try_from(it).ok());
    match (
        bytes.map(u16::from_le_bytes),
        sectors.map(u64::from_le_bytes),
    ) {
        (Some(sector_bytes @ (512 | 1024 | 2048 | 4096)), Some(sectors)) => Holds::Ntfs {
            sectors,
            sector_bytes,
        },
        _ => Holds::Other,
    }
}
