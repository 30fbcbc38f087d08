//! Takes a folder out of the disk of a machine that has ended: what a command in Windows made.
//!
//! Names and bytes are a guest's. No name leads out of the folder, and depth, count and size are
//! bounded.

use std::fs::{self, File};
use std::io::Write as _;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use crate::disk::ntfs::{Ntfs, Oddity};
use crate::disk::{self, Source, Window};
use crate::failure::{Failure, Story};
use crate::guest::escape;
use crate::manifest::Manifest;
use crate::seal::{Layout, inspect};

/// A build's output, not a backup.
const DEPTH_MAX: usize = 32;
const ENTRIES_MAX: usize = 100_000;
const BYTES_MAX: u64 = 64 << 30;
/// Linux' own limit.
const NAME_BYTES_MAX: usize = 255;

/// A walk under way.
struct Take<'a> {
    volume: &'a Ntfs<'a>,
    entries: usize,
    bytes: u64,
}

/// Copies what a folder of C: holds into one of the host's, which is there.
pub(super) fn take(
    disk: &dyn Source,
    image: &Manifest,
    folder: &str,
    to: &Utf8Path,
) -> Result<(), Failure> {
    let inspection = inspect(disk, &Layout::of_image(image))?;
    let windows = inspection
        .partitions
        .iter()
        .find(|partition| partition.number == image.disk.windows_partition)
        .context("the disk has no Windows")?;
    let window = Window::new(disk, windows.offset_bytes, windows.size_bytes);
    let volume = window.and_then(Ntfs::open).map_err(of_guest)?;
    let mut take = Take {
        volume: &volume,
        entries: 0,
        bytes: 0,
    };
    // A volume knows no letters.
    take.folder(folder.strip_prefix(r"C:\").unwrap_or(folder), to, 0)
}

impl Take<'_> {
    fn folder(&mut self, path: &str, to: &Utf8Path, depth: usize) -> Result<(), Failure> {
        if depth > DEPTH_MAX {
            return Err(refuse(&format!("`{}` is too deep", escape(path))));
        }
        let entries = self.volume.list(path);
        let entries = entries.ok_or_else(|| refuse(&format!("there is no `{}`", escape(path))))?;
        self.plain(path)?;
        for entry in entries {
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                return Err(refuse(&format!("more than {ENTRIES_MAX} files were left")));
            }
            if !is_plain(&entry.name) {
                let name = escape(&entry.name);
                return Err(refuse(&format!(
                    "the host has no file of the name `{name}`"
                )));
            }
            let (from, place) = (format!(r"{path}\{}", entry.name), to.join(&entry.name));
            if entry.is_directory {
                fs::create_dir(&place).with_context(|| format!("cannot make `{place}`"))?;
                self.folder(&from, &place, depth + 1)?;
            } else {
                self.file(&from, &place)?;
            }
        }
        Ok(())
    }

    /// The record of a file or a folder that is nothing else besides: a link would come out as an
    /// empty one, and a second stream not at all.
    fn plain(&self, path: &str) -> Result<u32, Failure> {
        let shown = escape(path);
        let record = self.volume.find(path);
        let record = record.ok_or_else(|| refuse(&format!("there is no `{shown}`")))?;
        let what = match self.volume.oddity(record).map_err(of_guest)? {
            None => return Ok(record),
            Some(Oddity::ReparsePoint) => "is a link, or another kind of reparse point",
            Some(Oddity::Stream) => "has a second stream, which no file of the host's has",
        };
        Err(refuse(&format!("`{shown}` {what}")))
    }

    fn file(&mut self, from: &str, to: &Utf8PathBuf) -> Result<(), Failure> {
        let record = self.plain(from)?;
        self.bytes = self
            .bytes
            .saturating_add(self.volume.size(record).map_err(of_guest)?);
        if self.bytes > BYTES_MAX {
            return Err(refuse("more than 64 GiB were left"));
        }
        let cannot = || format!("cannot write `{to}`");
        let mut file = File::create_new(to).with_context(cannot)?;
        let mut written = Ok(());
        self.volume
            .copy(record, |bytes| {
                written = file.write_all(bytes);
                written.is_ok()
            })
            .map_err(of_guest)?;
        Ok(written.with_context(cannot)?)
    }
}

/// Whether the host can have a file of a guest's name, in the folder that it is put into.
fn is_plain(name: &str) -> bool {
    let bad = |c: char| c == '/' || c.is_control() || c == char::REPLACEMENT_CHARACTER;
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && ![".", ".."].contains(&name)
        && !name.contains(bad)
}

fn of_guest(error: disk::Error) -> Failure {
    match error {
        disk::Error::Io(error) => Failure::Host(error.into()),
        disk::Error::Damaged(why) => refuse(&why),
    }
}

fn refuse(cause: &str) -> Failure {
    Failure::Guest(Story {
        phase: "take".into(),
        step: None,
        cause: format!("what the command left cannot be taken: {cause}"),
        hint: "leave plain files in plain folders, few enough for a build's output".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_comes_with_what_is_in_it() {
        let disk = crate::disk::ntfs::fixture::volume();
        let window = Window::new(&disk, 0, disk.size()).expect("all of it");
        let volume = Ntfs::open(window).expect("a volume");
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let taken = |path: &str| {
            let mut take = Take {
                volume: &volume,
                entries: 0,
                bytes: 0,
            };
            take.folder(path, folder, 0)
        };
        taken("Windows").expect("is there");
        let text = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
        assert_eq!(text("Panther/setupact.log"), "Error: no disk\r\n");
        assert_eq!(text("System32/config/SYSTEM"), "regf");
        let said = taken("Junction").expect_err("leads elsewhere").to_string();
        assert!(said.contains("`Junction` is a link"), "{said}");
        let mut take = Take {
            volume: &volume,
            entries: 0,
            bytes: 0,
        };
        let said = take.file("streams.txt", &folder.join("streams.txt"));
        let said = said.expect_err("is two").to_string();
        assert!(said.contains("has a second stream"), "{said}");
        assert!(!folder.join("streams.txt").exists(), "nothing is left");
        let said = taken("Nothing").expect_err("is not there").to_string();
        assert!(said.contains("there is no `Nothing`"), "{said}");
        let said = taken("Windows").expect_err("was taken before").to_string();
        assert!(said.contains("File exists"), "{said}");
    }

    #[test]
    fn no_name_leads_anywhere() {
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "/",
            "a\0b",
            "a\nb",
            "\u{fffd}",
            &"x".repeat(256),
        ] {
            assert!(!is_plain(name), "{name:?}");
        }
        for name in ["a.txt", "...", "ü", "a b", &"x".repeat(255)] {
            assert!(is_plain(name), "{name:?}");
        }
    }
}
