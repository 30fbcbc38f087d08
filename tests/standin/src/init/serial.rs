//! COM1 and COM2, written without ever waiting for a reader for long.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::OFlags,
    termios::{self, OptionalActions},
};

/// A guest never waits longer for a host that does not read.
const PATIENCE: Duration = Duration::from_secs(20);

/// Writes on COM1, where events go.
pub(super) fn send(bytes: &[u8]) -> Result<()> {
    write("/dev/ttyS0", bytes)
}

/// Writes on COM2, the person's console; it does not matter whether anybody is there.
pub(super) fn say_on_com2(text: &str) {
    drop(write("/dev/ttyS1", text.as_bytes()));
}

/// Opens, writes, waits until it is out, closes: the port is never held.
fn write(device: &str, bytes: &[u8]) -> Result<()> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).context("flags of open")?;
    let mut port = OpenOptions::new()
        .write(true)
        .custom_flags(flags)
        .open(device);
    let port = port
        .as_mut()
        .map_err(|error| anyhow::anyhow!("no `{device}`: {error}"))?;
    let mut settings = termios::tcgetattr(&*port).context("no serial port")?;
    settings.make_raw();
    settings
        .set_speed(115_200)
        .context("a serial port's speed")?;
    termios::tcsetattr(&*port, OptionalActions::Now, &settings).context("a serial port")?;
    let end = Instant::now() + PATIENCE;
    let mut rest = bytes;
    while !rest.is_empty() {
        wait(port, end)?;
        match port.write(rest) {
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error).with_context(|| format!("cannot write `{device}`")),
        }
    }
    termios::tcdrain(&*port).with_context(|| format!("cannot write `{device}`"))
}

fn wait(port: &File, end: Instant) -> Result<()> {
    let left = end.saturating_duration_since(Instant::now());
    ensure!(!left.is_zero(), "nobody reads the serial port");
    let left = Timespec::try_from(left).context("a time to wait")?;
    let mut list = [PollFd::new(port, PollFlags::OUT)];
    poll(&mut list, Some(&left)).context("cannot wait for a serial port")?;
    Ok(())
}
