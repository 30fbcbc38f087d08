//! Runs the checks: cargo's one after another, for they share a target folder, then the real ones
//! three at a time: some wait for a deadline most of the time, and a machine that tests has two
//! cores or more.

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
    let mut counts = Counts::default();
    for check in host {
        counts.add(one(check, &shared));
    }
    if real.is_empty() {
        return Ok(counts);
    }
    if let Err(why) = root::host_can() {
        let why = format!("{why:#}");
        let why = why.lines().next().unwrap_or_default();
        for check in real {
            println!("skipped {:32} {why}", check.name);
            counts.skipped += 1;
        }
        return Ok(counts);
    }
    root::ensure()?;

    let queue = Mutex::new(real.iter().collect::<VecDeque<_>>());
    // A function of its own, so that the lock is not held while the check runs.
    let next = || lock(&queue).pop_front();
    let total = Mutex::new(counts);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(check) = next() {
                    let counts = one(check, &shared);
                    lock(&total).add(counts);
                }
            });
        }
    });
    Ok(*lock(&total))
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
