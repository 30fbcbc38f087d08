//! The ends of the logs that a failed install leaves.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use camino::{Utf8Path, Utf8PathBuf};

use super::document::Log;
use super::scrub::Scrub;
use crate::guest::escape;

/// What is read of the end of each, and how much is shown.
const BYTES: u64 = 32 << 10;
const LINES: usize = 40;
/// How many logs there may be.
const LOGS_MAX: usize = 16;
/// `setup/Windows/Panther/UnattendGC/setupact.log` has five parts.
const DEPTH_MAX: usize = 8;

/// Every file `*.log` in a folder and below it.
pub(super) fn ends(folder: &Utf8Path, scrub: &Scrub) -> Vec<Log> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    for _ in 0..DEPTH_MAX {
        found.extend(open.iter().flat_map(|folder| files(folder)));
        open = open.iter().flat_map(|folder| folders(folder)).collect();
    }
    found.sort();
    found.truncate(LOGS_MAX);
    found
        .iter()
        .filter_map(|path| {
            let name = path.strip_prefix(folder).ok()?;
            let lines = end(path, scrub)?;
            Some(Log {
                name: name.to_string(),
                lines,
            })
        })
        .collect()
}

fn entries(folder: &Utf8Path, wanted: fn(std::fs::FileType) -> bool) -> Vec<Utf8PathBuf> {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let wanted = entries.filter(|entry| entry.file_type().is_ok_and(wanted));
    wanted.map(camino::Utf8DirEntry::into_path).collect()
}

fn folders(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    entries(folder, |kind| kind.is_dir())
}

fn files(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut files = entries(folder, |kind| kind.is_file());
    files.retain(|path| path.extension() == Some("log"));
    files
}

/// Its last lines; `None` where it can't be read.
fn end(path: &Utf8Path, scrub: &Scrub) -> Option<Vec<String>> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))
        .ok()?;
    let mut bytes = Vec::new();
    file.take(BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<String> = text
        .lines()
        .map(|line| escape(&scrub.text(line)))
        .filter(|line| !line.is_empty())
        .collect();
    Some(lines[lines.len().saturating_sub(LINES)..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_taken_and_harmless() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        std::fs::create_dir_all(folder.join("setup/Windows")).expect("is writable");
        let long = "a line\r\n".repeat(5000) + "the last\r\n";
        std::fs::write(folder.join("setup/Windows/setupact.log"), long).expect("is writable");
        let noise = "\u{1b}[2Jin /etc/x\n\n";
        std::fs::write(folder.join("serial.log"), noise).expect("is writable");
        std::fs::write(folder.join("events.jsonl"), "{}").expect("is writable");
        let logs = ends(folder, &Scrub::default());
        let names: Vec<_> = logs.iter().map(|log| log.name.as_str()).collect();
        assert_eq!(names, ["serial.log", "setup/Windows/setupact.log"]);
        assert_eq!(logs[0].lines, ["in [path]"]);
        assert_eq!(logs[1].lines.len(), LINES);
        assert_eq!(logs[1].lines.last().map(String::as_str), Some("the last"));
    }
}
