//! Runs the checks, four at a time: some wait for a deadline most of the time, and a machine that
//! tests has two cores or more. Cargo's come one after another, for they share a target folder,
//! with two real ones beside them as soon as their tool root is there: a compiler never waits.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Error, Result, anyhow};

use super::context::{Context, Shared};
use super::{Check, Counts, Outcome, table};
use crate::root;

const AT_ONCE: usize = 4;
const BESIDE_CARGO: usize = 2;

/// Runs all of them and prints each result when it is there.
pub(super) fn run(host: &[&Check], real: &[&Check], keep: bool) -> Result<Counts> {
    Ok(run_in(&Shared::new(keep)?, host, real, ready))
}

/// The same, where `ready` makes what the real ones need: each of them is skipped or has failed
/// if it does. Cargo's need nothing of it, and wait for nothing.
fn run_in(
    shared: &Shared,
    host: &[&Check],
    real: &[&Check],
    ready: impl FnOnce() -> Result<Outcome>,
) -> Counts {
    let total = Mutex::new(Counts::default());
    let queue = Mutex::new(VecDeque::new());
    let done = |check: &Check| {
        let counts = one(check, shared);
        lock(&total).add(counts);
    };
    // A function of its own, so that the lock is not held while the check runs.
    let next = || lock(&queue).pop_front();
    let work = || {
        while let Some(check) = next() {
            done(check);
        }
    };
    thread::scope(|scope| {
        let cargos = scope.spawn(|| host.iter().copied().for_each(done));
        if real.is_empty() {
            return;
        }
        match ready() {
            Ok(Outcome::Passed) => lock(&queue).extend(real.iter().copied()),
            not => lock(&total).add(untried(real, &not)),
        }
        for _ in 0..BESIDE_CARGO {
            scope.spawn(work);
        }
        // A check's panic is a result of its own; this one is ours.
        cargos.join().unwrap_or_else(|panic| resume_unwind(panic));
        for _ in BESIDE_CARGO..AT_ONCE {
            scope.spawn(work);
        }
    });
    *lock(&total)
}

/// Makes the root that the real checks need, unless this machine can't have one.
fn ready() -> Result<Outcome> {
    if let Err(why) = root::host_can() {
        return Ok(Outcome::Skipped(first_line(&why)));
    }
    root::ensure().map(|_| Outcome::Passed).map_err(|why| {
        eprintln!("{why:#}");
        anyhow!("no tool root: {}", first_line(&why))
    })
}

fn first_line(error: &Error) -> String {
    let text = format!("{error:#}");
    text.lines().next().unwrap_or_default().to_owned()
}

/// Tells of checks that all ended so, because none could start.
fn untried(checks: &[&Check], done: &Result<Outcome>) -> Counts {
    let mut total = Counts::default();
    for check in checks {
        let (text, counts) = table::result(check, done, Duration::ZERO, "");
        println!("{text}");
        total.add(counts);
    }
    total
}

/// One check, which may panic as a test may.
fn one(check: &Check, shared: &Shared) -> Counts {
    let started = Instant::now();
    let context = Context::new(check.name, shared);
    let done = context.and_then(|context| {
        let done = catch_unwind(AssertUnwindSafe(|| (check.run)(&context)));
        let done = done.unwrap_or_else(|panic| Err(anyhow!("panicked: {}", said(&*panic))))?;
        if done.is_well() && !shared.keep {
            context.clear()?;
        }
        Ok(done)
    });
    let log = shared.log(check.name);
    let (text, counts) = table::result(check, &done, started.elapsed(), &log);
    println!("{text}");
    counts
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use anyhow::bail;
    use camino::Utf8Path;

    use super::*;

    const CARGOS: Check = Check {
        name: "cargo/one",
        shows: "it runs without a tool root",
        run: |_| Ok(Outcome::Passed),
    };
    const REAL: Check = Check {
        name: "real/one",
        shows: "it needs a tool root",
        run: |_| panic!("as a test may"),
    };

    fn shared(folder: &tempfile::TempDir, keep: bool) -> Shared {
        let work = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let work = work.to_owned();
        Shared { work, keep }
    }

    /// How one of cargo's and two real ones end.
    fn counts(ready: fn() -> Result<Outcome>) -> [u32; 3] {
        let folder = tempfile::tempdir().expect("the test may write");
        let shared = shared(&folder, false);
        let counts = run_in(&shared, &[&CARGOS], &[&REAL, &REAL], ready);
        [counts.passed, counts.failed, counts.skipped]
    }

    /// Whether the log and a disk of a check are there when it has ended.
    fn left(keep: bool, run: fn(&Context) -> Result<Outcome>) -> [bool; 2] {
        let folder = tempfile::tempdir().expect("the test may write");
        let check = Check { run, ..CARGOS };
        one(&check, &shared(&folder, keep));
        ["log", "disk"].map(|name| folder.path().join("cargo-one").join(name).exists())
    }

    fn make_disk(context: &Context) -> Result<Outcome> {
        context.log("made")?;
        std::fs::write(context.folder.join("disk"), "")?;
        Ok(Outcome::Passed)
    }

    #[test]
    fn cargos_checks_run_whatever_the_real_ones_lack() {
        assert_eq!(counts(|| bail!("no archive")), [1, 2, 0]);
        assert_eq!(counts(|| Ok(Outcome::Skipped("why".into()))), [1, 0, 2]);
    }

    #[test]
    fn what_a_check_made_stays_when_it_failed() {
        assert_eq!(left(false, make_disk), [true, false]);
        assert_eq!(left(true, make_disk), [true, true]);
        let failed = |context: &Context| make_disk(context).and_then(|_| bail!("why"));
        assert_eq!(left(false, failed), [true, true]);
        let counted = |context: &Context| {
            let one = Counts {
                failed: 1,
                ..Counts::default()
            };
            make_disk(context).map(|_| Outcome::Counted(one))
        };
        assert_eq!(left(false, counted), [true, true]);
    }

    /// What is thrown, and throws again when nobody wants it: no check's panic any more.
    struct Twice;

    impl Drop for Twice {
        fn drop(&mut self) {
            panic!("again");
        }
    }

    #[test]
    fn a_panic_beside_the_checks_ends_all() {
        let folder = tempfile::tempdir().expect("the test may write");
        let shared = shared(&folder, false);
        let throws = Check {
            run: |_| std::panic::panic_any(Twice),
            ..CARGOS
        };
        let run = || run_in(&shared, &[&throws], &[&REAL], || Ok(Outcome::Passed));
        let ended = catch_unwind(AssertUnwindSafe(run)).expect_err("nothing is counted");
        assert_eq!(said(&*ended), "again");
    }

    #[test]
    fn a_check_that_panics_has_failed() {
        assert_eq!(counts(|| Ok(Outcome::Passed)), [1, 2, 0]);
    }
}
