//! `ctl NAME logs`: what the guest said, from the files in the machine's state folder.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use anyhow::{Context as _, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use clap::ValueEnum;

use super::show::status;
use crate::cli::print;
use crate::failure::Failure;
use crate::guest::escape_line;
use crate::install::evidence::{EVENTS_LOG, QMP_LOG, SERIAL_LOG};
use crate::instance::found::Found;
use crate::regular;
use crate::watch::Watch;

const READ_BYTES: usize = 64 << 10;
/// A line that is longer is shown in pieces.
const LINE_BYTES_MAX: usize = 4096;

/// Shows what the guest said at this or the last start
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which log
    #[arg(value_enum, default_value_t = Which::Serial)]
    which: Which,
    /// Go on with what is said from now on, over restarts, until interrupted
    #[arg(long, short)]
    follow: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    /// COM1: the firmware and the guest program
    Serial,
    /// The guest program's events, a JSON object a line
    Events,
    /// QEMU's monitor, a JSON object a line
    Qmp,
}

impl Args {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        let folder = &folder(found);
        let name = match self.which {
            Which::Serial => SERIAL_LOG,
            Which::Events => EVENTS_LOG,
            Which::Qmp => QMP_LOG,
        };
        // Before the first look, so that nothing is missed.
        let watch = self.follow.then(|| Watch::of_written(folder)).transpose()?;
        let mut shown = Shown::new(self.which == Which::Serial);
        let path = folder.join(name);
        let is_there = shown.catch_up(&path)?;
        let Some(watch) = watch else {
            if !is_there {
                let hint = "it is written while the machine runs";
                let name = &found.name;
                return Err(anyhow!("`{name}` has no `{path}` yet\n\nhint: {hint}").into());
            }
            return shown.end();
        };
        loop {
            watch.wait(None)?;
            shown.catch_up(&path)?;
        }
    }
}

/// Where the logs are. Who may not see whose the folders are asks the machine; one that tells
/// nothing has them where it was found.
fn folder(found: &Found) -> Utf8PathBuf {
    let folders = &found.folders;
    let told = (!folders.are_taken_together())
        .then(|| status(found).ok()?.state)
        .flatten();
    told.map_or_else(|| folders.state.clone(), Into::into)
}

/// A log, as far as it was shown.
struct Shown {
    /// Whether it is a guest's bytes, which a terminal would act on.
    escapes: bool,
    /// How far it was read.
    at: u64,
    /// What was read and is no whole line yet.
    rest: Vec<u8>,
}

impl Shown {
    fn new(escapes: bool) -> Self {
        Self {
            escapes,
            at: 0,
            rest: Vec::new(),
        }
    }

    /// Shows what came since; whether there is a log at all.
    fn catch_up(&mut self, path: &Utf8Path) -> Result<bool, Failure> {
        let cannot = || format!("cannot read `{path}`");
        let mut file = match regular::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other.with_context(cannot)?,
        };
        if file.metadata().with_context(cannot)?.len() < self.at {
            // The machine started again, with an empty log.
            (self.at, self.rest) = (0, Vec::new());
        }
        file.seek(SeekFrom::Start(self.at)).with_context(cannot)?;
        self.show(&mut file).map(|()| true)
    }

    fn show(&mut self, file: &mut File) -> Result<(), Failure> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let n = file.read(&mut buffer).context("cannot read the log")?;
            if n == 0 {
                return Ok(());
            }
            self.at += n as u64;
            self.rest.extend_from_slice(&buffer[..n]);
            let text = self.lines();
            print(&text)?;
        }
    }

    /// The whole lines of what was read.
    fn lines(&mut self) -> String {
        let mut text = String::new();
        while let Some(end) = self.line_end() {
            let line: Vec<u8> = self.rest.drain(..end).collect();
            text.push_str(&self.line(&line));
        }
        text
    }

    fn line_end(&self) -> Option<usize> {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let end = end.map(|at| at + 1);
        let long = self.rest.len() > LINE_BYTES_MAX && self.escapes;
        end.or(long.then_some(LINE_BYTES_MAX))
    }

    fn line(&self, line: &[u8]) -> String {
        let line = String::from_utf8_lossy(line);
        if !self.escapes {
            return line.into_owned();
        }
        let line = line.trim_end_matches(['\r', '\n']);
        escape_line(line) + "\n"
    }

    /// The last line may have no end.
    fn end(&mut self) -> Result<(), Failure> {
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() {
            return Ok(());
        }
        print(&self.line(&rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(escapes: bool, bytes: &[u8]) -> (String, Vec<u8>) {
        let mut shown = Shown::new(escapes);
        shown.rest.extend_from_slice(bytes);
        (shown.lines(), shown.rest)
    }

    #[test]
    fn a_guests_lines_are_harmless_and_whole() {
        let (text, rest) = shown(true, b"\x1b[2JBdsDxe: a\x07\r\n  b\xff\r\nhalf");
        assert_eq!(text, "BdsDxe: a\\u{7}\n  b\u{fffd}\n");
        assert_eq!(rest, b"half");
        let (text, rest) = shown(true, &vec![b'x'; LINE_BYTES_MAX + 1]);
        assert_eq!((text.len(), rest.len()), (LINE_BYTES_MAX + 1, 1));
    }

    #[test]
    fn json_stays_as_it_is() {
        let (text, rest) = shown(false, b"{\"a\":1}\n{\"b");
        assert_eq!(
            (text.as_str(), rest.as_slice()),
            ("{\"a\":1}\n", &b"{\"b"[..])
        );
    }

    #[test]
    fn a_log_that_began_anew_is_shown_from_its_start() {
        let folder = tempfile::tempdir().expect("the test may write");
        let path = Utf8Path::from_path(folder.path()).expect("UTF-8").join("a");
        let mut shown = Shown::new(false);
        assert!(!shown.catch_up(&path).expect("no error"));
        std::fs::write(&path, "{}\n{}\n").expect("is writable");
        assert!(shown.catch_up(&path).expect("is there"));
        assert_eq!(shown.at, 6);
        std::fs::write(&path, "{}\n").expect("is writable");
        shown.catch_up(&path).expect("is there");
        assert_eq!(shown.at, 3);
    }
}
