//! The console on COM2 and the guest agent's port, as they are read and written.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
};

use anyhow::{Context as _, Result};
use rustix::{
    fs::OFlags,
    termios::{self, ControlModes, OptionalActions},
};

use crate::init::platform::{fact, names};

/// The name that QEMU gives the agent's port.
const AGENT: &str = "org.qemu.guest_agent.0";

/// Opens COM2 for reading; without a modem's lines, for a socket has none.
pub(super) fn console() -> Result<File> {
    let port = open("/dev/ttyS1", false)?;
    let mut settings = termios::tcgetattr(&port).context("no serial port")?;
    settings.make_raw();
    settings.control_modes |= ControlModes::CLOCAL | ControlModes::CREAD;
    termios::tcsetattr(&port, OptionalActions::Now, &settings).context("a serial port")?;
    Ok(port)
}

/// Opens the agent's port, where the machine has one.
pub(super) fn agent() -> Result<Option<File>> {
    let folder = "/sys/class/virtio-ports";
    let found = names(folder)
        .into_iter()
        .find(|name| fact(format!("{folder}/{name}/name")) == AGENT);
    found
        .map(|name| open(&format!("/dev/{name}"), true))
        .transpose()
}

fn open(path: &str, writes: bool) -> Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).context("flags of open")?;
    let mut options = OpenOptions::new();
    options.read(true).write(writes).custom_flags(flags);
    let file = options.open(path);
    file.with_context(|| format!("cannot open `{path}`"))
}

/// What is there to be read, without waiting.
pub(super) fn read(mut port: &File) -> Result<Vec<u8>> {
    let mut buffer = vec![0; 16 << 10];
    match port.read(&mut buffer) {
        Ok(count) => buffer.truncate(count),
        Err(error) if error.kind() == ErrorKind::WouldBlock => buffer.clear(),
        Err(error) => return Err(error).context("cannot read a port"),
    }
    Ok(buffer)
}

/// Writes an answer. A host that does not take it has gone, and misses nothing.
pub(super) fn write(mut port: &File, bytes: &[u8]) {
    drop(port.write_all(bytes));
}
