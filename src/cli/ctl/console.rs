//! `ctl NAME console`: the terminal becomes the guest's serial console, COM2.
//!
//! What is typed goes to the guest as it is, Ctrl-C included, until the escape key. What the guest
//! writes goes to the terminal as it is, too: that is what a console is for, and why this one is
//! never opened but by a person.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::fd::AsFd as _;

use anyhow::{Context as _, anyhow, ensure};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::mpsc;

use super::ask;
use crate::failure::Failure;
use crate::instance::control::Request;
use crate::instance::found::Found;
use crate::machine::files;
use crate::nix_log::say;
use crate::qemu::connect;
use crate::signals::Signals;

/// What Windows' own consoles draw (`ms-tso`'s VT-UTF8 is of this size).
const COLUMNS: u16 = 80;
const ROWS: u16 = 24;
const READ_BYTES: usize = 4096;
/// Keys that wait for a guest that does not read.
const CHUNKS_MAX: usize = 64;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The key that ends it together with Ctrl: a letter, or one of `[ \ ] ^ _`
    #[arg(long, value_name = "KEY", default_value = "]", value_parser = control)]
    escape: u8,
}

/// The code of a key that is pressed with Ctrl.
fn control(key: &str) -> Result<u8, String> {
    match key.to_ascii_uppercase().as_bytes() {
        [key @ b'A'..=b'_'] => Ok(key & 0x1f),
        _ => Err("a letter, or one of `[ \\ ] ^ _`".to_owned()),
    }
}

impl Args {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        // Before the terminal is touched: who may not, or finds nobody, is told in plain lines.
        let status = ask(found, &Request::Status {})?;
        if status["consoleTaken"] == true {
            let name = &found.name;
            return Err(anyhow!("somebody is at the console of `{name}`").into());
        }
        let signals = Signals::listen()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .context("no runtime")?;
        let key = char::from(self.escape | 0x40);
        runtime.block_on(async {
            let stream = connect(&found.folders.runtime, files::COM2).await?;
            say(&format!(
                "connected to `{}`: Ctrl-{key} ends it",
                found.name
            ));
            small_terminal();
            let raw = Raw::new()?;
            let mut supervised = signals.supervise();
            let ended = tokio::select! {
                ended = talk(stream, self.escape) => ended,
                signal = supervised.heard() => return Err(Failure::Signal(signal)),
            };
            drop(raw);
            // The cursor is wherever the guest has left it.
            say("");
            Ok(ended?)
        })
    }
}

/// A console has no size of its own to tell the guest.
fn small_terminal() {
    let Ok(size) = tcgetwinsize(io::stdout()) else {
        return;
    };
    let (columns, rows) = (size.ws_col, size.ws_row);
    if (1..COLUMNS).contains(&columns) || (1..ROWS).contains(&rows) {
        say(&format!(
            "warning: this terminal has {columns} columns and {rows} lines; the guest draws \
             {COLUMNS} and {ROWS}"
        ));
    }
}

/// Until the escape key, the end of the input, or the machine's.
async fn talk(mut stream: UnixStream, escape: u8) -> anyhow::Result<()> {
    let mut typed = typed();
    let (mut from, mut to) = stream.split();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        tokio::select! {
            read = from.read(&mut buffer) => {
                let n = read.context("cannot read the console")?;
                ensure!(n > 0, "the machine has ended, or has another at its console");
                let mut stdout = io::stdout().lock();
                let shown = stdout.write_all(&buffer[..n]).and_then(|()| stdout.flush());
                shown.context("cannot write to stdout")?;
            }
            chunk = typed.recv() => {
                let Some(chunk) = chunk else { return Ok(()) };
                let end = chunk.iter().position(|byte| *byte == escape);
                let typed = &chunk[..end.unwrap_or(chunk.len())];
                to.write_all(typed).await.context("cannot write to the console")?;
                if end.is_some() {
                    return Ok(());
                }
            }
        }
    }
}

/// What comes on stdin, whatever that is. A terminal can be waited for and a file cannot, so a
/// thread reads, which ends with the process.
fn typed() -> mpsc::Receiver<Vec<u8>> {
    let (sender, typed) = mpsc::channel(CHUNKS_MAX);
    std::thread::spawn(move || {
        let mut buffer = vec![0; READ_BYTES];
        while let Ok(n @ 1..) = io::stdin().lock().read(&mut buffer) {
            if sender.blocking_send(buffer[..n].to_vec()).is_err() {
                return;
            }
        }
    });
    typed
}

/// A terminal that hands over every key. Dropping it makes it what it was.
struct Raw(Option<Termios>);

impl Raw {
    fn new() -> anyhow::Result<Self> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Ok(Self(None));
        }
        let before = tcgetattr(stdin.as_fd()).context("cannot see the terminal's settings")?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(stdin.as_fd(), OptionalActions::Now, &raw)
            .context("cannot change the terminal's settings")?;
        Ok(Self(Some(before)))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // A terminal that is gone needs no settings.
            _ = tcsetattr(io::stdin().as_fd(), OptionalActions::Now, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::control;

    #[test]
    fn the_escape_key_is_one_that_ctrl_changes() {
        assert_eq!(control("]"), Ok(0x1d));
        assert_eq!(control("a"), Ok(1));
        for bad in ["", "ab", "1", "ä", "~"] {
            assert!(control(bad).is_err(), "{bad}");
        }
    }
}
