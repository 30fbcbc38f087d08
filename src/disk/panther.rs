//! Setup's own logs, read out of a disk: why an install failed, in Setup's words.

use super::Result;
use super::ntfs::Ntfs;

/// Where Setup writes them, the most telling first. The first phase's are copied over when it is
/// done, so of a failure in Windows PE they may be in `$WINDOWS.~BT` alone.
const LOGS: [&str; 5] = [
    r"Windows\Panther\setuperr.log",
    r"Windows\Panther\UnattendGC\setuperr.log",
    r"$WINDOWS.~BT\Sources\Panther\setuperr.log",
    r"Windows\Panther\setupact.log",
    r"$WINDOWS.~BT\Sources\Panther\setupact.log",
];

/// The end of one of Setup's logs. It is a guest's text: escape it before it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub path: &'static str,
    pub text: String,
}

/// The ends of Setup's logs, at most `max` bytes of each; an empty one is left out.
pub fn logs(volume: &Ntfs<'_>, max: u64) -> Result<Vec<Log>> {
    let mut logs = Vec::new();
    for path in LOGS {
        let Some(record) = volume.find(path) else {
            continue;
        };
        let bytes = volume.tail(record, max)?;
        if !bytes.is_empty() {
            logs.push(Log {
                path,
                text: decode(&bytes),
            });
        }
    }
    Ok(logs)
}

/// Setup writes UTF-8 or, marked by its first bytes or known by its zeros, UTF-16.
fn decode(bytes: &[u8]) -> String {
    let zeros = bytes
        .iter()
        .skip(1)
        .step_by(2)
        .filter(|byte| **byte == 0)
        .count();
    if bytes.starts_with(&[0xff, 0xfe]) || zeros * 4 > bytes.len() {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
            .collect();
        String::from_utf16_lossy(&units)
    } else {
        String::from_utf8_lossy(bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{Source as _, Window};

    #[test]
    fn what_is_there_is_read() {
        let disk = crate::disk::ntfs::fixture::volume();
        let window = Window::new(&disk, 0, disk.size()).expect("all of it");
        let ntfs = Ntfs::open(window).expect("a volume");
        let log = |text: &str| Log {
            path: r"Windows\Panther\setupact.log",
            text: text.into(),
        };
        assert_eq!(logs(&ntfs, 100).expect("read"), [log("Error: no disk\r\n")]);
        assert_eq!(logs(&ntfs, 6).expect("read"), [log("disk\r\n")]);
    }

    #[test]
    fn utf_16_is_known_with_and_without_its_mark() {
        let bytes: Vec<u8> = "fehlt: ü"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decode(&bytes), "fehlt: ü");
        assert_eq!(decode("fehlt: ü".as_bytes()), "fehlt: ü");
        assert!(decode(&[&[0xff, 0xfe], &bytes[..]].concat()).ends_with("fehlt: ü"));
    }
}
