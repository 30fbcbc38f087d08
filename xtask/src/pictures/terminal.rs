//! A terminal that nobody sits at: what its screen shows while a command runs.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::fd::OwnedFd;
use std::process::Command;

use anyhow::{Context as _, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use vt100::{Parser, Screen};

use crate::enter;

/// How large it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) rows: u16,
    pub(crate) columns: u16,
}

/// How a command ended, and what the screen shows then.
pub(crate) struct Ended {
    pub(crate) code: u8,
    pub(crate) screen: Screen,
}

/// Runs a command in a terminal of its own. Each time when nothing more comes for now, `each` gets
/// the screen.
pub(crate) fn run(
    mut command: Command,
    size: Size,
    mut each: impl FnMut(&Screen),
) -> Result<Ended> {
    let (ours, theirs) = pair(size).context("cannot open a terminal")?;
    command.env("TERM", "xterm-256color");
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.stdin(theirs.try_clone()?);
    command.stdout(theirs.try_clone()?).stderr(theirs);
    let mut child = command.spawn().context("cannot start the command")?;
    // It holds their end: as long as it is there, reading has no end.
    drop(command);
    let mut ours = File::from(ours);
    let mut parser = Parser::new(size.rows, size.columns, 0);
    let mut bytes = vec![0; 16 << 10];
    loop {
        match ours.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => parser.process(&bytes[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // So Linux says that nobody has the other end any more.
            Err(error) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => break,
            Err(error) => return Err(error).context("cannot read the terminal"),
        }
        if is_quiet(&ours)? {
            each(parser.screen());
        }
    }
    let status = child.wait().context("cannot wait for the command")?;
    Ok(Ended {
        code: enter::code(status),
        screen: parser.screen().clone(),
    })
}

/// Both ends of a new terminal.
fn pair(size: Size) -> Result<(OwnedFd, OwnedFd)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let theirs = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
    let window = Winsize {
        ws_row: size.rows,
        ws_col: size.columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&theirs, window)?;
    Ok((ours, theirs))
}

/// A redraw comes in pieces: half of one is nothing that a person sees.
fn is_quiet(terminal: &File) -> Result<bool> {
    let mut fds = [PollFd::new(terminal, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).context("cannot look at a terminal")?;
    // That its other end was closed is nothing to read.
    Ok(!fds[0].revents().contains(PollFlags::IN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_a_terminal_of_the_size_that_is_asked_for() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "test -t 1 && stty size; printf '\\033[31mred'; exit 3",
        ]);
        let size = Size {
            rows: 7,
            columns: 31,
        };
        let mut last = String::new();
        let ended = run(command, size, |screen| last = screen.contents()).expect("runs");
        assert_eq!(ended.code, 3);
        assert_eq!(ended.screen.contents(), "7 31\nred");
        assert_eq!(last, "7 31\nred");
        let cell = ended.screen.cell(1, 0).expect("there");
        assert_eq!(cell.fgcolor(), vt100::Color::Idx(1));
    }
}
