//! Takes Setup's own logs off the disk of a machine that has ended.

use std::fs;

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;
use serde::Serialize;

use crate::disk::ntfs::Ntfs;
use crate::disk::setup_logs::{self, ERRORS, last_lines};
use crate::disk::table;
use crate::disk::volume::{Volume, identify};
use crate::disk::{Source, Window};
use crate::guest::escape;

/// What is kept of each log. There are 39 at most.
const LOG_BYTES_MAX: u64 = 1 << 20;
/// How many of Setup's errors a person is shown.
const ERRORS_SHOWN: usize = 5;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupLogs {
    /// The last errors, escaped, and the log that they stand in.
    pub errors: Option<(String, Vec<String>)>,
    pub logs: Vec<SetupLog>,
    /// What could not be read, and why.
    pub unread: Vec<String>,
}

/// A log that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetupLog {
    /// Its path in the guest.
    pub path: String,
    /// How long it is there; its end is what was kept.
    pub bytes: u64,
}

/// Copies the ends of the logs to a folder, as UTF-8. What cannot be read is told, and no error:
/// the disk is that of a guest that was killed.
pub(in crate::install) fn take(disk: anyhow::Result<Box<dyn Source>>, to: &Utf8Path) -> SetupLogs {
    let mut found = SetupLogs::default();
    let opened = disk.context("cannot read the disk");
    match opened.and_then(|disk| volumes(&*disk, to, &mut found)) {
        Ok(()) if found.logs.is_empty() && found.unread.is_empty() => {
            found
                .unread
                .push("Setup has written none to the disk".into());
        }
        Ok(()) => {}
        Err(error) => found.unread.push(escape(&format!("{error:#}"))),
    }
    found
}

/// Looks at every partition: how far Setup got with them is not known.
fn volumes(disk: &dyn Source, to: &Utf8Path, found: &mut SetupLogs) -> anyhow::Result<()> {
    let mut start = [0; 512];
    disk.read_at(0, &mut start)?;
    if start == [0; 512] {
        return Err(anyhow!("the disk is blank"));
    }
    let table = table::read(disk).context("the partition table")?;
    for partition in &table.partitions {
        let name = || format!("partition {}", partition.number);
        let read = Window::new(disk, partition.offset, partition.size)
            .map_err(anyhow::Error::from)
            .and_then(|window| volume(window, to, found));
        if let Err(error) = read.with_context(name) {
            found.unread.push(escape(&format!("{error:#}")));
        }
    }
    Ok(())
}

fn volume(window: Window<'_>, to: &Utf8Path, found: &mut SetupLogs) -> anyhow::Result<()> {
    match identify(&window)? {
        Volume::Encrypted => return Err(anyhow!("the volume is encrypted")),
        Volume::Ntfs => {}
        Volume::Fat32 | Volume::Blank | Volume::Unknown => return Ok(()),
    }
    let ntfs = Ntfs::salvage(window)?;
    for path in setup_logs::paths(&ntfs) {
        match setup_logs::read(&ntfs, &path, LOG_BYTES_MAX) {
            // Setup makes `setuperr.log` at once, and it is best to stay empty.
            Ok(log) if log.bytes == 0 => {}
            Ok(log) => {
                keep(to, &path, &log.text)?;
                found.logs.push(SetupLog {
                    path,
                    bytes: log.bytes,
                });
            }
            Err(error) => found.unread.push(escape(&format!("`{path}`: {error}"))),
        }
    }
    if found.errors.is_none() {
        found.errors = errors(&ntfs);
    }
    Ok(())
}

/// The last errors of the first of Setup's logs of errors that has any.
fn errors(ntfs: &Ntfs<'_>) -> Option<(String, Vec<String>)> {
    ERRORS.iter().find_map(|path| {
        ntfs.find(path)?;
        let log = setup_logs::read(ntfs, path, LOG_BYTES_MAX).ok()?;
        let lines: Vec<_> = last_lines(&log.text, ERRORS_SHOWN)
            .into_iter()
            .map(escape)
            .collect();
        (!lines.is_empty()).then(|| ((*path).to_owned(), lines))
    })
}

/// Writes a log below the folder, by its path in the guest, whose parts are plain names.
fn keep(to: &Utf8Path, path: &str, text: &str) -> anyhow::Result<()> {
    let file = to.join(path.replace('\\', "/"));
    let folder = file.parent().unwrap_or(to);
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{folder}`"))?;
    fs::write(&file, text).with_context(|| format!("cannot write `{file}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::ntfs::fixture;
    use crate::disk::table::tests::gpt_disk;

    /// Where the third partition of the disk begins.
    fn start(disk: &[u8]) -> usize {
        let table = table::read(&disk.to_vec()).expect("a table");
        usize::try_from(table.partitions[2].offset).expect("small")
    }

    fn disk() -> Vec<u8> {
        let mut disk = gpt_disk();
        let (at, volume) = (start(&disk), fixture::volume());
        disk[at..][..volume.len()].copy_from_slice(&volume);
        disk
    }

    /// What is taken off a disk, and the log of what Setup did.
    fn taken(disk: &[u8]) -> (SetupLogs, Option<String>) {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let found = take(Ok(Box::new(disk.to_vec())), &folder.join("setup"));
        let log = fs::read_to_string(folder.join("setup/Windows/Panther/setupact.log"));
        (found, log.ok())
    }

    #[test]
    fn the_logs_are_kept_and_the_errors_shown_harmlessly() {
        let (found, log) = taken(&disk());
        assert_eq!(log.as_deref(), Some("Error: no disk\r\n"));
        let (path, lines) = found.errors.expect("there are errors");
        assert_eq!(path, r"Windows\Panther\setuperr.log");
        assert_eq!(lines, ["Error: no image", r"\u{1b}]0;x\u{7}", "@nix {}"]);
        let paths: Vec<_> = found.logs.iter().map(|log| &*log.path).collect();
        let act = r"Windows\Panther\setupact.log";
        assert_eq!(paths, [&path, act]);
        assert_eq!(found.unread, [""; 0]);
    }

    #[test]
    fn a_dirty_and_torn_volume_gives_what_it_has() {
        let mut disk = disk();
        let at = start(&disk);
        for torn in [3, 25, 27] {
            disk[at + (4 + torn) * fixture::CLUSTER + 510] ^= 0xff;
        }
        let (found, log) = taken(&disk);
        assert_eq!((found.logs.len(), found.unread.len()), (2, 0));
        assert!(log.is_some());
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let unread = |disk: &[u8]| {
            let (found, log) = taken(disk);
            assert_eq!((found.errors, log), (None, None));
            found.unread
        };
        assert_eq!(unread(&[0; 4096]), ["the disk is blank"]);
        assert_eq!(unread(&gpt_disk()), ["Setup has written none to the disk"]);
        let mut table = gpt_disk();
        table[512 + 40] ^= 1;
        assert_eq!(
            unread(&table),
            ["the partition table: the first GPT header's checksum is wrong"]
        );
        let mut encrypted = disk();
        let at = start(&encrypted);
        encrypted[at + 3..at + 11].copy_from_slice(b"-FVE-FS-");
        assert_eq!(unread(&encrypted), ["partition 3: the volume is encrypted"]);
        let mut broken = disk();
        broken[at + 4 * fixture::CLUSTER..][..4].copy_from_slice(b"BAAD");
        assert_eq!(unread(&broken), ["partition 3: the volume has no MFT"]);
    }
}
