//! The start of a qcow2 file, which says where its bytes are (`docs/interop/qcow2.txt` of QEMU).

use std::io::{self, ErrorKind, Read as _};

use camino::Utf8Path;

use crate::regular;

/// How one begins.
const MAGIC: &[u8; 4] = b"QFI\xfb";
/// Up to the features of version 3 that whoever opens it must know.
const BYTES: usize = 80;
/// Version 2 has no features, and something else at their place.
const WITH_FEATURES: u8 = 3;
/// Those that QEMU knows: an unclean end, damage, a file for the data, another compression, and
/// parts of clusters.
const KNOWN: u64 = 0b1_1111;
const DATA_FILE: u64 = 0b100;

/// What it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Whether it names a file that it lies on.
    pub(crate) lies_on_another: bool,
    pub(crate) virtual_bytes: u64,
    /// Why no disk of ours is like that.
    pub(crate) foreign: Option<Foreign>,
}

/// What no disk of ours has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// Whoever wrote the header chose the file, which QEMU would open with this user's rights.
    DataFile,
    Encrypted,
    Features,
}

impl Foreign {
    /// What a message says of the disk.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::DataFile => "has its data in another file",
            Self::Encrypted => "is encrypted",
            Self::Features => "has features that no QEMU here knows",
        }
    }
}

impl Header {
    /// Reads a file's. `None`: it is no qcow2.
    pub(crate) fn read(path: &Utf8Path) -> io::Result<Option<Self>> {
        let mut bytes = [0; BYTES];
        match regular::open(path)?.read_exact(&mut bytes) {
            // What is shorter has no header.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            read => read.map(|()| Self::parse(&bytes)),
        }
    }

    /// Magic, version, the place of a backing file's name, the virtual size, the kind of
    /// encryption, and the incompatible features, in big endian.
    fn parse(header: &[u8; BYTES]) -> Option<Self> {
        if !header.starts_with(MAGIC) || !matches!(header[4..8], [0, 0, 0, 2 | 3]) {
            return None;
        }
        let number = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&header[at..at + 8]);
            u64::from_be_bytes(bytes)
        };
        let features = if header[7] < WITH_FEATURES {
            0
        } else {
            number(72)
        };
        let foreign = if features & DATA_FILE != 0 {
            Some(Foreign::DataFile)
        } else if header[32..36] != [0; 4] {
            Some(Foreign::Encrypted)
        } else {
            (features & !KNOWN != 0).then_some(Foreign::Features)
        };
        Some(Self {
            lies_on_another: number(8) != 0,
            virtual_bytes: number(24),
            foreign,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The start of a disk of a size, which stands alone.
    pub(in crate::layer) fn start(virtual_bytes: u64) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(b"QFI\xfb\0\0\0\x03");
        bytes[24..32].copy_from_slice(&virtual_bytes.to_be_bytes());
        bytes
    }

    fn header(change: impl Fn(&mut [u8; BYTES])) -> Option<Header> {
        let mut bytes = start(20 << 30);
        change(&mut bytes);
        Header::parse(&bytes)
    }

    #[test]
    fn a_header_says_where_the_bytes_are() {
        let plain = Header {
            lies_on_another: false,
            virtual_bytes: 20 << 30,
            foreign: None,
        };
        assert_eq!(header(|_| {}), Some(plain));
        assert_eq!(header(|bytes| bytes[0] = b'q'), None);
        assert_eq!(header(|bytes| bytes[7] = 9), None);
        let above = header(|bytes| bytes[15] = 64).expect("is one");
        assert!(above.lies_on_another);
        let foreign = |change: fn(&mut [u8; BYTES])| header(change).and_then(|one| one.foreign);
        assert_eq!(foreign(|bytes| bytes[35] = 2), Some(Foreign::Encrypted));
        let outside = foreign(|bytes| (bytes[35], bytes[79]) = (2, 0b100));
        assert_eq!(outside, Some(Foreign::DataFile));
        assert_eq!(header(|bytes| bytes[79] = 0b1_1011), Some(plain));
        let unknown = Some(Foreign::Features);
        assert_eq!(foreign(|bytes| bytes[79] = 0b10_0000), unknown);
        assert_eq!(foreign(|bytes| bytes[72] = 1), unknown);
        // In version 2 an extension stands there.
        assert_eq!(header(|bytes| (bytes[7], bytes[79]) = (2, 4)), Some(plain));
    }
}
