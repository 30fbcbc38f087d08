//! COM1 as the guest program sees it: a pseudo-terminal, whose other end a check reads.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, ioctl_tiocexcl, ioctl_tiocnxcl, tcgetattr, tcsetattr};
use serde_json::Value;

/// What marks an event: the protocol's own word for it.
const PREFIX: &str = "@lucarne ";

/// A pseudo-terminal.
pub(super) struct Port {
    /// Its place, where Wine opens it.
    pub(super) name: String,
    ours: OwnedFd,
    /// Held open: without a writer a read would fail rather than wait.
    theirs: OwnedFd,
}

impl Port {
    pub(super) fn new() -> Result<Self> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).context("cannot open a pty")?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?;
        let name = name.into_string().context("a pty's name is not UTF-8")?;
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let theirs = rustix::fs::open(name.as_str(), flags, Mode::empty())?;
        // A serial line hands on every byte as it is.
        let mut settings = tcgetattr(&theirs)?;
        settings.make_raw();
        tcsetattr(&theirs, OptionalActions::Now, &settings)?;
        Ok(Self { name, ours, theirs })
    }

    /// Keeps others from opening it until something has come true; they find it busy.
    pub(super) fn busy_until(&self, free: impl Fn() -> bool + Send + 'static) -> Result<()> {
        let theirs = self.theirs.try_clone()?;
        ioctl_tiocexcl(&theirs)?;
        std::thread::spawn(move || {
            while !free() {
                std::thread::park_timeout(Duration::from_millis(20));
            }
            // The check hears nothing where this fails.
            let _ = ioctl_tiocnxcl(&theirs);
        });
        Ok(())
    }

    /// Reads it from now on, and tells each event's line when it comes.
    pub(super) fn listen(self, each: impl FnMut(&str) + Send + 'static) -> Ear {
        let mut ours = File::from(self.ours);
        let thread = std::thread::spawn(move || read(&mut ours, each));
        Ear {
            theirs: self.theirs,
            thread,
        }
    }
}

fn read(port: &mut File, mut each: impl FnMut(&str)) -> Vec<u8> {
    let (mut all, mut seen) = (Vec::new(), 0);
    let mut bytes = vec![0; 16 << 10];
    // It fails when nobody has the other end any more.
    while let Ok(count @ 1..) = port.read(&mut bytes) {
        all.extend_from_slice(&bytes[..count]);
        while let Some(end) = all[seen..].iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&all[seen..seen + end]).into_owned();
            seen += end + 1;
            if line.contains(PREFIX) {
                each(line.trim());
            }
        }
    }
    all
}

/// A port that is read.
pub(super) struct Ear {
    theirs: OwnedFd,
    thread: JoinHandle<Vec<u8>>,
}

impl Ear {
    /// All that came, once nobody else has the port any more.
    pub(super) fn close(self) -> Result<Vec<u8>> {
        drop(self.theirs);
        self.thread
            .join()
            .map_err(|_| anyhow!("the port's reader panicked"))
    }
}

/// The events in what came. Of a program that was killed the last one may be half a line, which
/// the helper's reader passes over too.
pub(super) fn events(bytes: &[u8], killed: bool) -> Result<Vec<Value>> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().filter_map(|line| line.split_once(PREFIX));
    let mut events = Vec::new();
    for (_, json) in lines {
        match serde_json::from_str(json) {
            Ok(event) => events.push(event),
            Err(_) if killed => {}
            Err(error) => return Err(error).with_context(|| format!("no event: {json}")),
        }
    }
    Ok(events)
}
