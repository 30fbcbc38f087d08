//! Runs the checks, three at a time: some wait for a deadline most of the time, and a machine that
//! tests has two cores or more. Cargo's come one after another, for they share a target folder,
//! with real ones beside them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow};

use super::context::{Context, Shared};
use super::{Check, Counts, table};
use crate::root;

const AT_ONCE: usize = 3;

/// Runs all of them and prints each result when it is there.
pub(super) fn run(host: &[&Check], real: &[&Check]) -> Result<Counts> {
    let shared = Shared::new()?;
    let total = Mutex::new(Counts::default());
    let queue = Mutex::new(possible(real, &total)?);
    let done = |check: &Check| {
        let counts = one(check, &shared);
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
        scope.spawn(|| {
            host.iter().copied().for_each(done);
            work();
        });
        for _ in 1..AT_ONCE {
            scope.spawn(work);
        }
    });
    Ok(*lock(&total))
}

/// The checks that this machine can do, with the root that they need; the others are skipped.
fn possible<'a>(real: &[&'a Check], total: &Mutex<Counts>) -> Result<VecDeque<&'a Check>> {
    if real.is_empty() {
        return Ok(VecDeque::new());
    }
    if let Err(why) = root::host_can() {
        let why = format!("{why:#}");
        let why = why.lines().next().unwrap_or_default();
        for check in real {
            println!("skipped {:32} {why}", check.name);
            lock(total).skipped += 1;
        }
        return Ok(VecDeque::new());
    }
    root::ensure()?;
    Ok(real.iter().copied().collect())
}

/// One check, which may panic as a test may.
fn one(check: &Check, shared: &Shared) -> Counts {
    let started = Instant::now();
    let context = Context::new(check.name, shared);
    let done = context.and_then(|context| {
        let done = catch_unwind(AssertUnwindSafe(|| (check.run)(&context)));
        done.unwrap_or_else(|panic| Err(anyhow!("panicked: {}", said(&*panic))))
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
