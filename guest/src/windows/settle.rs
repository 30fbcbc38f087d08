//! Has Windows do what it puts off, waits until it is idle, and hands unused clusters back to the
//! host.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use lucarne_protocol::step::TRIM_SEC;
use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Ioctl::IOCTL_DISK_PERFORMANCE;
use windows_sys::Win32::System::Threading::GetSystemTimes;

use super::device::{Device, For};
use super::process::Run;
use super::{scm, variables};
use crate::boot::raw;
use crate::quiet::{Judge, Sample};
use crate::{args, quote};

/// How often it looks.
const LOOK: Duration = Duration::from_secs(5);
/// What Windows puts off, and would begin anew at each start of a disk that is thrown away. Not
/// each Windows has each of them.
const PUT_OFF: [(&str, &str, fn() -> Vec<String>); 3] = [
    (
        "the queue of .NET",
        r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\ngen.exe",
        args::compile_queue,
    ),
    (
        "the queue of .NET for 32 bits",
        r"C:\Windows\Microsoft.NET\Framework\v4.0.30319\ngen.exe",
        args::compile_queue,
    ),
    (
        "idle tasks",
        r"C:\Windows\System32\rundll32.exe",
        args::idle_tasks,
    ),
];
/// Each of them has such a part of the time; what is left is for waiting.
const PUT_OFF_PART: u32 = 4;
const TRIM: Duration = Duration::from_secs(TRIM_SEC);

/// Waits, trims, and says how it was.
pub(super) fn settle(limit: Duration) -> String {
    let begin = Instant::now();
    let mut told = put_off(limit / PUT_OFF_PART);
    let idle = wait(begin + limit);
    let sec = begin.elapsed().as_secs();
    told.push(if idle {
        format!("idle after {sec} s")
    } else {
        format!("still at work after {sec} s")
    });
    // The image is a little larger without it, and as good.
    if let Err(error) = trim() {
        told.push(format!("C: is not trimmed: {error}"));
    }
    told.join("; ")
}

/// Does what Windows puts off. Where that fails the image is as good: its starts have more to do.
fn put_off(limit: Duration) -> Vec<String> {
    let mut told = Vec::new();
    for (what, program, arguments) in PUT_OFF {
        if !Path::new(program).exists() {
            continue;
        }
        let begin = Instant::now();
        let ended = run(program, &arguments(), limit);
        let sec = begin.elapsed().as_secs();
        told.push(match ended {
            Ok(0) => format!("{what} done in {sec} s"),
            Ok(code) => format!("{what} ended with {code:#x}"),
            Err(error) => format!("{what} not done: {error}"),
        });
    }
    told
}

/// Runs one of Windows' own programs, whose words nobody needs.
pub(super) fn run(program: &str, arguments: &[String], limit: Duration) -> Result<u32, String> {
    let run = Run {
        program,
        line: quote::line(program, arguments),
        variables: &variables::fresh()?,
        folder: r"C:\Windows\System32",
        limit,
    };
    run.run(&mut |_| {})
}

fn wait(end: Instant) -> bool {
    let mut judge = Judge::default();
    let mut before = Counters::now();
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        let look = LOOK.min(left);
        let begin = Instant::now();
        thread::park_timeout(look);
        let took = begin.elapsed();
        let after = Counters::now();
        if judge.hear(after.since(&before, took), took.as_secs().max(1)) {
            return true;
        }
        before = after;
    }
}

/// What Windows counts from its start on.
#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    idle: u64,
    all: u64,
    disk: u64,
}

impl Counters {
    fn now() -> Self {
        let (mut idle, mut kernel, mut user) = Default::default();
        // SAFETY: each takes a time.
        let got = unsafe { GetSystemTimes(&raw mut idle, &raw mut kernel, &raw mut user) };
        let number =
            |time: FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
        let mut now = Self {
            disk: disk_bytes().unwrap_or_default(),
            ..Self::default()
        };
        if got != 0 {
            now.idle = number(idle);
            // The kernel's time has the idle one in it.
            now.all = number(kernel) + number(user);
        }
        now
    }

    fn since(&self, before: &Self, took: Duration) -> Sample {
        let all = self.all.saturating_sub(before.all).max(1);
        let idle = self.idle.saturating_sub(before.idle).min(all);
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        Sample {
            busy_percent: u32::try_from((all - idle) * 100 / all).unwrap_or(100),
            disk_bytes: self.disk.saturating_sub(before.disk) * 1_000 / ms,
            servicing: ["TrustedInstaller", "msiserver"]
                .iter()
                .any(|name| scm::runs(name)),
        }
    }
}

/// What the first disk has read and written.
fn disk_bytes() -> Option<u64> {
    let disk = Device::open(r"\\.\PhysicalDrive0", For::Questions)?;
    let counted = disk.ask(IOCTL_DISK_PERFORMANCE, "count the bytes").ok()?;
    raw::moved(&counted)
}

fn trim() -> Result<(), String> {
    let program = r"C:\Windows\System32\defrag.exe";
    if !Path::new(program).exists() {
        return Err("this Windows has no `defrag`".to_owned());
    }
    match run(program, &args::trim(), TRIM)? {
        0 => Ok(()),
        code => Err(format!("`defrag` ended with {code:#x}")),
    }
}
