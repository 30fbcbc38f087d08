//! Signals to the helper, at moments that nobody chose.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, kill_process};

use super::{Fault, processes};

/// How long children may outlive a helper that was killed.
const GONE: Duration = Duration::from_secs(2);
const ROUNDS: u32 = 10;
/// An install of the double runs within this, so some moments come before its start.
const LATEST_MS: u64 = 1500;

#[test]
fn a_signal_at_any_moment_leaves_nothing() {
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("a clock");
    let seed = u64::from(now.subsec_nanos()) + now.as_secs();
    println!("seed {seed}");
    let mut random = seed;
    for round in 0..ROUNDS {
        // A step of xorshift.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let after = Duration::from_millis(random % LATEST_MS);
        let which = format!("seed {seed}, round {round}, {after:?}");
        std::thread::scope(|scope| {
            for signal in [
                Signal::TERM,
                Signal::INT,
                Signal::HUP,
                Signal::QUIT,
                Signal::KILL,
            ] {
                let which = format!("{which}, {signal:?}");
                scope.spawn(move || stopped(signal, after, &which));
            }
        });
    }
}

/// `lucarne media` writes for a while too, when what it writes is large.
#[test]
fn a_signal_to_the_writing_of_media_leaves_nothing() {
    let fault = Fault::new("");
    let guest = fs::File::create(fault.path("guest.exe")).expect("is made");
    guest.set_len(60 << 20).expect("is writable");
    let mut stopped = 0;
    for round in 1..=ROUNDS {
        let mut child = fault.media(&fault.path("guest.exe"), &fault.path("new/media"));
        wait(Duration::from_millis(u64::from(round) * 60));
        kill_process(Pid::from_child(&child), Signal::TERM).expect("is not waited for");
        let status = child.wait().expect("ends");
        // One that was quicker is whole; one that did not listen yet has made nothing.
        if status.success() {
            fs::remove_dir_all(fault.path("new")).expect("is whole");
            continue;
        }
        stopped += 1;
        let left = fs::symlink_metadata(fault.path("new")).is_ok();
        assert!(!left, "round {round}: {status}");
    }
    assert!(stopped > 0, "no signal came in time");
}

fn stopped(signal: Signal, after: Duration, which: &str) {
    let fault = Fault::new("serial Booting from DVD/CD...\nwritten 50000000\n");
    let mut child = fault.start();
    wait(after);
    kill_process(Pid::from_child(&child), signal).expect("it runs");
    let status = child.wait().expect("ends");
    // The kernel ends the children, if nobody else does.
    let end = Instant::now() + GONE;
    while !processes(fault.folder.path()).is_empty() {
        assert!(Instant::now() < end, "processes are left: {which}");
        wait(Duration::from_millis(10));
    }
    assert!(!fault.out.exists(), "half an output is left: {which}");
    if signal == Signal::KILL {
        // Nobody could remove what it was making.
        assert_eq!(status.signal(), Some(9), "{which}");
        return;
    }
    // Before it listens, a signal ends it by itself.
    let number = signal.as_raw();
    let code = status.code().or(status.signal().map(|number| 128 + number));
    assert_eq!(code, Some(128 + number), "{which}");
    fault.left_nothing();
    let left = fs::symlink_metadata(&fault.work).is_ok();
    assert!(!left, "the work folder is left: {which}");
}

fn wait(time: Duration) {
    let (_sender, nothing) = mpsc::channel::<()>();
    _ = nothing.recv_timeout(time);
}
