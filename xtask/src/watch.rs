//! Watches an install or a machine from the outside: what `/proc` says of the helper while its
//! machine runs.

use std::fs;
use std::os::fd::OwnedFd;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// How often the helper is looked at while nothing ends.
const INTERVAL: Duration = Duration::from_millis(200);
/// What `/proc` counts CPU time in: `USER_HZ`, 100 on every Linux of x86.
const TICKS_PER_SECOND: f64 = 100.0;
/// A word of the arguments that only the install machine has: QEMU is also asked without one.
const MACHINE: &str = "file.filename=disk.raw";

/// What was seen of an install.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) status: ExitStatus,
    /// The most memory that the helper itself had at any time, its children's left out.
    pub(crate) peak_kib: u64,
    /// QEMU's command line and folder.
    pub(crate) qemu: Vec<String>,
    pub(crate) folder: String,
    /// How long QEMU ran.
    pub(crate) seconds: f64,
    /// What the helper did in this time.
    pub(crate) cpu_seconds: f64,
}

/// One process at one time.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    /// Since the host's start.
    seconds: f64,
    cpu_seconds: f64,
    peak_kib: u64,
}

/// A process that is watched.
struct Process {
    pid: Pid,
    /// Readable when it has ended.
    ended: OwnedFd,
}

/// QEMU, and the helper as it was when QEMU was first and last seen.
struct Machine {
    process: Process,
    line: Vec<String>,
    folder: String,
    started: f64,
    first: Sample,
    last: Option<Sample>,
}

/// Runs a command that starts `lucarne` with an install, itself or by others. Calls with the
/// machine's folder when there is one.
pub(crate) fn install(
    command: &mut Command,
    started: impl FnOnce(&str) -> Result<()>,
) -> Result<Watched> {
    let mut child = command.spawn().context("cannot start the install")?;
    let top = pid(child.id()).context("a process without an id")?;
    let all = Process::open(top)?;
    let (mut helper, mut machine) = (None, None);
    let mut started = Some(started);
    let mut peak_kib = 0;
    let mut runs = true;
    while runs {
        let qemu = machine.as_ref().filter(|machine: &&Machine| machine.runs());
        runs = !any_ended(&all, qemu.map(|machine| &machine.process), INTERVAL)?;
        if helper.is_none() {
            helper = descendants(top)
                .into_iter()
                .find(|pid| name(*pid) == "lucarne")
                .and_then(|pid| Process::open(pid).ok());
        }
        let Some(sample) = helper
            .as_ref()
            .and_then(|process| Sample::take(process.pid))
        else {
            continue;
        };
        peak_kib = sample.peak_kib.max(peak_kib);
        match &mut machine {
            None => machine = Machine::find(top, sample),
            Some(machine) if machine.runs() && machine.process.has_ended()? => {
                machine.last = Some(sample);
            }
            Some(machine) => {
                if let Some(started) = started.take() {
                    started(&machine.folder)?;
                }
            }
        }
    }
    let status = child.wait().context("cannot wait for the install")?;
    let machine = machine.context("no machine was seen")?;
    let (first, last) = (machine.first, machine.last.context("QEMU outlived it")?);
    Ok(Watched {
        status,
        peak_kib,
        qemu: machine.line,
        folder: machine.folder,
        seconds: last.seconds - machine.started,
        cpu_seconds: last.cpu_seconds - first.cpu_seconds,
    })
}

/// What a process did in a while.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub(crate) cpu_seconds: f64,
    /// The most memory that it had at any time until then.
    pub(crate) peak_kib: u64,
}

/// Runs a command that starts a machine, for a while from the time on when QEMU has its disk: what
/// the helper did then, and what QEMU did.
pub(crate) fn machine(command: &mut Command, disk: &str, span: Duration) -> Result<[Share; 2]> {
    let mut child = command.spawn().context("cannot start the machine")?;
    let shares = pid(child.id())
        .context("a process without an id")
        .and_then(|top| shares(top, disk, span));
    // What it started ends with it.
    child.kill().context("cannot end the machine")?;
    child.wait().context("cannot wait for the machine")?;
    shares
}

fn shares(top: Pid, disk: &str, span: Duration) -> Result<[Share; 2]> {
    let all = Process::open(top)?;
    let (helper, qemu) = loop {
        let below = descendants(top);
        let helper = below.iter().find(|pid| name(**pid) == "lucarne");
        let qemu = below.iter().find(|pid| runs_with(**pid, disk));
        if let Some((helper, qemu)) = helper.zip(qemu) {
            break (*helper, *qemu);
        }
        ensure!(
            !any_ended(&all, None, INTERVAL)?,
            "it ended before QEMU began"
        );
    };
    let take = |pid| Sample::take(pid).context("a process is gone");
    let before = [take(helper)?, take(qemu)?];
    ensure!(!any_ended(&all, None, span)?, "it ended by itself");
    let after = [take(helper)?, take(qemu)?];
    Ok([0, 1].map(|at| Share {
        cpu_seconds: after[at].cpu_seconds - before[at].cpu_seconds,
        peak_kib: after[at].peak_kib,
    }))
}

/// Whether a process is a QEMU with this disk.
fn runs_with(pid: Pid, disk: &str) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    name(pid).starts_with("qemu-system") && String::from_utf8_lossy(&line).contains(disk)
}

/// Waits until one of two ends, or for a time; whether it was the first one.
fn any_ended(all: &Process, qemu: Option<&Process>, most: Duration) -> Result<bool> {
    let mut fds = vec![PollFd::new(&all.ended, PollFlags::IN)];
    fds.extend(qemu.map(|process| PollFd::new(&process.ended, PollFlags::IN)));
    let most = Timespec::try_from(most).context("a short time")?;
    poll(&mut fds, Some(&most)).context("cannot wait")?;
    Ok(!fds[0].revents().is_empty())
}

impl Process {
    fn open(pid: Pid) -> Result<Self> {
        let ended = pidfd_open(pid, PidfdFlags::empty()).context("cannot watch a process")?;
        Ok(Self { pid, ended })
    }

    fn has_ended(&self) -> Result<bool> {
        let mut fds = [PollFd::new(&self.ended, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())).context("cannot look at a process")?;
        Ok(!fds[0].revents().is_empty())
    }
}

impl Machine {
    fn runs(&self) -> bool {
        self.last.is_none()
    }

    /// Finds QEMU with the install machine below a process.
    fn find(top: Pid, helper: Sample) -> Option<Self> {
        let (pid, line) = descendants(top).into_iter().find_map(|pid| {
            let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let words = String::from_utf8(bytes).ok()?;
            let line: Vec<String> = words.split_terminator('\0').map(Into::into).collect();
            // The helper passes by under its own name before it becomes QEMU.
            let is_qemu = name(pid).starts_with("qemu-system");
            (is_qemu && words.contains(MACHINE)).then_some((pid, line))
        })?;
        let folder = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
        let started = stat(pid)?.get(19)?.parse::<f64>().ok()? / TICKS_PER_SECOND;
        Some(Self {
            process: Process::open(pid).ok()?,
            line,
            folder: folder.to_str()?.to_owned(),
            started,
            first: helper,
            last: None,
        })
    }
}

impl Sample {
    /// `None`: it is gone.
    fn take(pid: Pid) -> Option<Self> {
        let stat = stat(pid)?;
        let ticks = |at: usize| stat.get(at)?.parse::<f64>().ok();
        let uptime = fs::read_to_string("/proc/uptime").ok()?;
        Some(Self {
            seconds: uptime.split(' ').next()?.parse().ok()?,
            cpu_seconds: (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND,
            // A process that has ended has no memory any more.
            peak_kib: peak_kib(pid).unwrap_or_default(),
        })
    }
}

/// The most memory that a process had at any time.
pub(crate) fn peak_kib(pid: Pid) -> Option<u64> {
    memory_kib(pid, "VmHWM:")
}

/// The memory that is a process's own, the pages of its program left out.
pub(crate) fn own_kib(pid: Pid) -> Option<u64> {
    memory_kib(pid, "RssAnon:")
}

fn memory_kib(pid: Pid, key: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The fields of `/proc/PID/stat` from the third on: the second may hold anything.
fn stat(pid: Pid) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split_whitespace().map(Into::into).collect())
}

pub(crate) fn name(pid: Pid) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

pub(crate) fn pid(raw: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(raw).ok()?)
}

/// The processes below one and itself, parents before their children.
pub(crate) fn descendants(top: Pid) -> Vec<Pid> {
    let mut found = vec![top];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        at += 1;
        let tasks = fs::read_dir(format!("/proc/{parent}/task"));
        for task in tasks.into_iter().flatten().flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            let ids = children.split_whitespace().filter_map(|id| id.parse().ok());
            found.extend(ids.filter_map(pid));
        }
    }
    found
}
