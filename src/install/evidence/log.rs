//! A log file that takes everything, keeps its two ends, and never fails.
//!
//! A guest can write COM1 for hours. The start of a log tells how the run began and the end why it
//! ended, so what is over the bounds is left out of the middle: the end is written in a circle
//! behind the start, and put in order when the log is closed. A helper that is killed leaves it
//! as it is.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt as _;

use anyhow::Context as _;
use camino::Utf8Path;

/// What is kept of a log's start, and of its end.
const PART_BYTES: u64 = 8 << 20;

/// What a log is made of, and so where it may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// As a guest wrote it.
    Bytes,
    /// Lines of JSON, each written at once.
    Lines,
}

/// A log file of a bounded size.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    unit: Unit,
    part: u64,
    /// What the start holds.
    start: u64,
    /// What came after the start was full; the circle holds the last of it.
    rest: u64,
    full: bool,
    /// It could not be written: what is there stays, and nothing is added.
    broken: bool,
}

impl Log {
    pub(crate) fn create(path: &Utf8Path, unit: Unit) -> anyhow::Result<Self> {
        Self::create_with(path, unit, PART_BYTES)
    }

    fn create_with(path: &Utf8Path, unit: Unit, part: u64) -> anyhow::Result<Self> {
        // Read too, when the circle is put in order.
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .with_context(|| format!("cannot make `{path}`"))?;
        Ok(Self {
            file,
            unit,
            part,
            start: 0,
            rest: 0,
            full: false,
            broken: false,
        })
    }

    /// Takes everything: a full disk stops QEMU with an error that says more.
    pub(crate) fn keep(&mut self, bytes: &[u8]) {
        self.broken = self.broken || self.put(bytes).is_err();
    }

    fn put(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if !self.full {
            let room = usize::try_from(self.part - self.start).unwrap_or(usize::MAX);
            let fits = match self.unit {
                Unit::Bytes => room.min(bytes.len()),
                Unit::Lines if bytes.len() <= room => bytes.len(),
                Unit::Lines => 0,
            };
            self.file.write_all_at(&bytes[..fits], self.start)?;
            self.start += fits as u64;
            self.full = fits < bytes.len();
            bytes = &bytes[fits..];
        }
        while !bytes.is_empty() {
            let at = self.rest % self.part;
            let room = usize::try_from(self.part - at).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.file.write_all_at(now, self.start + at)?;
            self.rest += now.len() as u64;
            bytes = later;
        }
        Ok(())
    }

    /// Puts the end in order, and says where something was left out.
    fn close(&mut self) -> io::Result<()> {
        if self.rest <= self.part {
            return Ok(());
        }
        let mut end = vec![0; usize::try_from(self.part).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut end, self.start)?;
        end.rotate_left(usize::try_from(self.rest % self.part).map_err(io::Error::other)?);
        let mut from = 0;
        if self.unit == Unit::Lines {
            let first = memchr::memchr(b'\n', &end);
            from = first.map_or(end.len(), |first| first + 1);
        }
        let out = self.rest - self.part + from as u64;
        let mark = match self.unit {
            Unit::Bytes => format!("\r\n[lucarne: {out} bytes are left out here]\r\n"),
            Unit::Lines => format!("{{\"leftOutBytes\":{out}}}\n"),
        };
        let mut text = mark.into_bytes();
        text.extend_from_slice(&end[from..]);
        self.file.write_all_at(&text, self.start)?;
        self.file.set_len(self.start + text.len() as u64)
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.keep(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if !self.broken {
            // The same reason as above.
            _ = self.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is in the file of a log that these pieces were written to.
    fn kept(unit: Unit, part: u64, pieces: &[&str]) -> String {
        let folder = tempfile::tempdir().expect("the test may write");
        let path = folder.path().join("log");
        let path = Utf8Path::from_path(&path).expect("UTF-8");
        let mut log = Log::create_with(path, unit, part).expect("is writable");
        for piece in pieces {
            assert_eq!(log.write(piece.as_bytes()).expect("never"), piece.len());
        }
        drop(log);
        std::fs::read_to_string(path).expect("is there")
    }

    #[test]
    fn what_has_room_is_whole() {
        assert_eq!(kept(Unit::Bytes, 4, &["ab", "cdef", "gh"]), "abcdefgh");
        assert_eq!(kept(Unit::Lines, 4, &["a\n", "bcd\n"]), "a\nbcd\n");
    }

    #[test]
    fn both_ends_are_kept_and_the_gap_is_told() {
        let mark = |bytes| format!("\r\n[lucarne: {bytes} bytes are left out here]\r\n");
        assert_eq!(
            kept(Unit::Bytes, 4, &["abc", "defg", "h", "ij"]),
            format!("abcd{}ghij", mark(2))
        );
        assert_eq!(
            kept(Unit::Bytes, 4, &["abcdefghijklmnopqrstuvwxyz"]),
            format!("abcd{}wxyz", mark(18))
        );
        assert_eq!(
            kept(
                Unit::Lines,
                8,
                &["{1}\n", "{22}\n", "{3}\n", "{4}\n", "{5}\n"]
            ),
            "{1}\n{\"leftOutBytes\":13}\n{5}\n"
        );
    }

    proptest::proptest! {
        #[test]
        fn the_ends_are_those_of_what_was_written(
            pieces in proptest::collection::vec("[a-z]{0,30}", 0..20),
            part in 1u64..40,
        ) {
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            let all = pieces.concat();
            let kept = kept(Unit::Bytes, part, &pieces);
            let part = usize::try_from(part).expect("small");
            if all.len() <= 2 * part {
                proptest::prop_assert_eq!(kept, all);
            } else {
                proptest::prop_assert!(kept.starts_with(&all[..part]));
                proptest::prop_assert!(kept.ends_with(&all[all.len() - part..]));
                let told = format!(" {} bytes", all.len() - 2 * part);
                proptest::prop_assert!(kept.contains(&told));
            }
        }
    }
}
