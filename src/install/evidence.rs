//! The logs that a failed install leaves: bounded, and never in the way of the install.

use std::fs::File;
use std::io::{self, Write};

use anyhow::Context as _;
use camino::Utf8Path;

/// What a log file may hold. A guest can write COM1 for hours.
const LOG_BYTES_MAX: u64 = 64 << 20;

/// A log file that stops growing and never fails.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    left: u64,
}

impl Log {
    pub(super) fn create(path: &Utf8Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot make `{path}`"))?;
        Ok(Self {
            file,
            left: LOG_BYTES_MAX,
        })
    }
}

impl Write for Log {
    /// Takes everything, and keeps what there is room for: a full disk stops QEMU with an error
    /// that says more.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        if room > 0 && self.file.write_all(&bytes[..room]).is_ok() {
            self.left -= room as u64;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_takes_everything_and_keeps_its_bound() {
        let folder = tempfile::tempdir().expect("the test may write");
        let path = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .join("log");
        let mut log = Log::create(&path).expect("is writable");
        log.left = 5;
        assert_eq!(log.write(b"abc").expect("never fails"), 3);
        assert_eq!(log.write(b"defg").expect("never fails"), 4);
        assert_eq!(log.write(b"h").expect("never fails"), 1);
        assert_eq!(std::fs::read(path).expect("is there"), b"abcde");
    }
}
