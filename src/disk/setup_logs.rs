//! Setup's own logs, read out of a disk: why an install failed, in Setup's words.
//!
//! Sources: Microsoft's "Windows Setup log files and event logs" names the folders, "Deployment
//! troubleshooting and log files" those of DISM, CBS and domain joins.

use super::Result;
use super::ntfs::Ntfs;

/// Setup's errors, the most telling first. Those of the first phase are copied to
/// `Windows\Panther` when it is done, so of a failure in Windows PE they may be in `$WINDOWS.~BT`
/// alone; what Setup writes before there is a disk is in Windows PE's memory and goes with it.
pub const ERRORS: [&str; 3] = [
    r"Windows\Panther\UnattendGC\setuperr.log",
    r"Windows\Panther\setuperr.log",
    r"$WINDOWS.~BT\Sources\Panther\setuperr.log",
];
/// What is worth a look besides.
const FILES: [&str; 7] = [
    r"Windows\Panther\setuperr.log",
    r"Windows\Panther\setupact.log",
    r"Windows\debug\NetSetup.LOG",
    r"Windows\INF\setupapi.dev.log",
    r"Windows\INF\setupapi.offline.log",
    r"Windows\Logs\DISM\dism.log",
    r"Windows\Logs\CBS\CBS.log",
];
/// Folders whose every log counts.
const FOLDERS: [&str; 2] = [
    r"Windows\Panther\UnattendGC",
    r"$WINDOWS.~BT\Sources\Panther",
];
/// More than Setup writes to any of them.
const FOLDER_FILES_MAX: usize = 16;
const NAME_BYTES_MAX: usize = 64;

/// The end of one of Setup's logs. It is a guest's text: escape it before it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub text: String,
    /// How long the log is.
    pub bytes: u64,
}

/// The paths of the logs that a volume has. Their names are plain: letters, digits, `._-`.
#[must_use]
pub fn paths(volume: &Ntfs<'_>) -> Vec<String> {
    let mut paths: Vec<String> = FILES.map(str::to_owned).into();
    for folder in FOLDERS {
        let entries = volume.list(folder).unwrap_or_default().into_iter();
        let logs = entries.filter(|entry| !entry.is_directory && is_log(&entry.name));
        paths.extend(
            logs.take(FOLDER_FILES_MAX)
                .map(|entry| format!(r"{folder}\{}", entry.name)),
        );
    }
    paths.retain(|path| {
        let record = volume.find(path);
        record.is_some_and(|record| !volume.is_directory(record))
    });
    paths
}

/// Whether a file of Setup's is a log, by its name. The answer files beside them are none.
fn is_log(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let lower = name.to_ascii_lowercase();
    let (start, ending) = lower.rsplit_once('.').unwrap_or_default();
    name.len() <= NAME_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(plain)
        && (ending == "log" || ending == "xml" && start.starts_with("diag"))
}

/// The end of a log, at most `max` bytes of it.
pub fn read(volume: &Ntfs<'_>, path: &str, max: u64) -> Result<Log> {
    let record = volume.find(path);
    let record = record.ok_or_else(|| super::damaged(format!("there is no `{path}`")))?;
    // UTF-16 must not be cut in a character.
    let bytes = volume.tail(record, max & !1)?;
    let size = volume.size(record)?;
    let odd = usize::from(size > bytes.len() as u64 && size % 2 == 1);
    Ok(Log {
        text: decode(&bytes, odd),
        bytes: size,
    })
}

/// Setup writes UTF-8 or, marked by its first bytes or known by its zeros, UTF-16, whose
/// characters begin at an odd byte in the end of a file of an odd length.
fn decode(bytes: &[u8], odd: usize) -> String {
    let zeros = |from: usize| {
        let bytes = bytes.iter().skip(from).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    let wide = |from: usize| {
        let units = bytes[from.min(bytes.len())..].chunks_exact(2);
        let units: Vec<u16> = units
            .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
            .collect();
        let text = String::from_utf16_lossy(&units);
        text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
    };
    if bytes.starts_with(&[0xff, 0xfe]) {
        wide(0)
    } else if zeros(odd + 1) * 4 > bytes.len() {
        wide(odd)
    } else {
        let text = String::from_utf8_lossy(bytes);
        text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
    }
}

/// The last lines of a log that are not empty, oldest first.
#[must_use]
pub fn last_lines(text: &str, count: usize) -> Vec<&str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut last: Vec<&str> = lines.rev().take(count).collect();
    last.reverse();
    last
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
        let path = r"Windows\Panther\setupact.log";
        let errors = r"Windows\Panther\setuperr.log";
        assert_eq!(paths(&ntfs), [errors, path]);
        let log = super::read(&ntfs, errors, 1000).expect("read");
        assert!(log.text.starts_with("Error: no image\r\n"), "{}", log.text);
        let read = |max| read(&ntfs, path, max).expect("read");
        assert_eq!(read(100).text, "Error: no disk\r\n");
        assert_eq!((read(6).text.as_str(), read(6).bytes), ("disk\r\n", 16));
        assert_eq!(read(7).text, "disk\r\n");
    }

    #[test]
    fn utf_16_is_known_with_and_without_its_mark() {
        let bytes: Vec<u8> = "fehlt: ü"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decode(&bytes, 0), "fehlt: ü");
        assert_eq!(decode("fehlt: ü".as_bytes(), 0), "fehlt: ü");
        assert_eq!(decode(&[&[0xff, 0xfe], &bytes[..]].concat(), 0), "fehlt: ü");
        // The end of a file of an odd length, cut at an even number of bytes.
        assert_eq!(decode(&[&[0], &bytes[..]].concat(), 1), "fehlt: ü");
        assert_eq!(decode(&[0xef, 0xbb, 0xbf, b'a'], 0), "a");
    }

    #[test]
    fn a_guest_names_no_place_of_the_hosts() {
        for name in [
            "setupact.log",
            "diagerr.xml",
            "setup.etl.001.log",
            "A-b_1.LOG",
        ] {
            assert!(is_log(name), "{name}");
        }
        for name in [
            "..",
            ".log",
            "../x.log",
            "unattend.xml",
            "a b.log",
            "ü.log",
            "x.log\0",
            "diag",
            "autounattend.xml",
            &"x".repeat(80),
        ] {
            assert!(!is_log(name), "{name}");
        }
    }

    #[test]
    fn the_last_lines_are_those_that_say_something() {
        assert_eq!(last_lines("a\r\n\r\nb\n  \nc\n", 2), ["b", "c"]);
        assert_eq!(last_lines("", 2), [""; 0]);
    }
}
