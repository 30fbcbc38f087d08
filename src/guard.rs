//! Children die with the helper, however the helper dies.
//!
//! `pre_exec` is unsafe, so the helper starts itself as `guard PPID -- CMD…`: that sets the
//! parent-death signal, checks that the parent still lives, and becomes the command. The kernel
//! keeps the signal across `exec`, and sends it when the *thread* that started the child ends:
//! only the main thread starts children, and the only async runtime is a current-thread one.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};
use rustix::thread::gettid;

/// The hidden command's name.
const COMMAND: &str = "guard";

/// Whether this program's `main` asks [`dispatch`] first, so that starting itself as a guard works.
static DISPATCHES: AtomicBool = AtomicBool::new(false);

/// Runs the hidden command if it was asked for. Each binary calls this before anything else; it
/// returns only when the command line is another one.
#[must_use]
pub fn dispatch() -> Option<ExitCode> {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_none_or(|first| first != COMMAND) {
        DISPATCHES.store(true, Ordering::Relaxed);
        return None;
    }
    let error = match become_guarded(args) {
        Ok(never) => match never {},
        Err(error) => error,
    };
    eprintln!("guard: {error:#}");
    Some(ExitCode::from(2))
}

/// Sets the death signal and becomes the command.
fn become_guarded(
    mut args: impl Iterator<Item = OsString>,
) -> anyhow::Result<std::convert::Infallible> {
    let parent: i32 = args
        .next()
        .and_then(|pid| pid.to_str()?.parse().ok())
        .context("the first argument is the parent's process id")?;
    ensure!(
        args.next().is_some_and(|dashes| dashes == "--"),
        "the second argument is `--`"
    );
    let program = args.next().context("no command")?;
    set_parent_process_death_signal(Some(Signal::KILL)).context("no parent-death signal")?;
    // The parent may have died before the line above; then nobody would ever send the signal.
    if getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent) {
        bail!("the parent is gone");
    }
    let error = Command::new(&program).args(args).exec();
    Err(error).with_context(|| format!("cannot start `{}`", program.display()))
}

/// The program and first arguments that start a command guarded.
///
/// A program that never called [`dispatch`], such as a test of the library, has no guard command
/// to start itself with: its children start unguarded and die with their handles only.
///
/// # Errors
/// When another thread than the main one asks: the child would die with that thread.
pub(crate) fn prefix() -> anyhow::Result<Option<[String; 4]>> {
    if !DISPATCHES.load(Ordering::Relaxed) {
        return Ok(None);
    }
    ensure!(
        gettid() == getpid(),
        "only the main thread may start a child, for the child dies with the thread"
    );
    Ok(Some([
        "/proc/self/exe".into(),
        COMMAND.into(),
        getpid().as_raw_nonzero().to_string(),
        "--".into(),
    ]))
}
