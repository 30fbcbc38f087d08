//! What the helper itself costs while a machine installs: next to nothing.

use std::fs::{self, File};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::run::{LIMIT, Setup, command};
use crate::parts::Order;
use crate::test::{Check, Context, Outcome};
use crate::watch;

pub(in crate::real) const CHECKS: &[Check] = &[Check {
    name: "install/quiet",
    shows: "boot images of the `_EX` generation install; the helper sleeps meanwhile, in 32 MiB",
    run: quiet,
}];

const PEAK_KIB_MAX: u64 = 32 << 10;
/// Of the time that the machine runs. This is an unoptimised build.
const CPU_SHARE_MAX: f64 = 0.02;
/// A look at the disk's counters every two seconds, and what firmware and guest say. Waits are
/// counted, for a traced process switches at every call.
const WAITS_PER_SECOND_MAX: f64 = 20.0;
/// From the first byte of the plan to the seal: what wakes it, and what reads and writes.
const CALLS_MAX: u32 = 30_000;

fn quiet(context: &Context) -> Result<Outcome> {
    let order = Order {
        variant: Some("ex".into()),
        ..Order::default()
    };
    let install = command(context, &Setup::light(order, Value::Null))?;
    // Of the helper alone: what it starts is not traced.
    let trace = r#""$@" & strace --summary-only --output=calls --attach=$! ; wait $!"#;
    let mut words = vec!["sh", "-c", trace, "sh"];
    words.extend(install.iter().map(String::as_str));
    let mut outer = context.outer(LIMIT, &words)?;
    let said = File::create(context.folder.join("said"))?;
    outer.stdin(Stdio::null()).stdout(said.try_clone()?);
    outer.stderr(said);
    let watched = watch::install(&mut outer, |_| Ok(()))?;
    let table = fs::read_to_string(context.folder.join("calls")).unwrap_or_default();
    let said = fs::read_to_string(context.folder.join("said"))?;
    context.log(&format!("{said}{table}"))?;
    ensure!(watched.status.success(), "the install failed");

    let calls = counted(&table, "total").context("strace counted nothing")?;
    let waits = counted(&table, "epoll_wait").context("it never waits")?;
    let share = watched.cpu_seconds / watched.seconds;
    let waits_per_second = f64::from(waits) / watched.seconds;
    let figures = format!(
        "in {:.1} s of the machine {:.2} s of CPU time, {waits_per_second:.1} waits a second; \
         {calls} system calls and {} KiB in all",
        watched.seconds, watched.cpu_seconds, watched.peak_kib
    );
    context.log(&figures)?;
    ensure!(share <= CPU_SHARE_MAX, "it works: {figures}");
    ensure!(
        waits_per_second <= WAITS_PER_SECOND_MAX,
        "it wakes: {figures}"
    );
    ensure!(calls <= CALLS_MAX, "it calls: {figures}");
    ensure!(watched.peak_kib > 0, "its memory was not seen");
    ensure!(watched.peak_kib <= PEAK_KIB_MAX, "it is large: {figures}");
    Ok(Outcome::Passed)
}

/// The calls in a line of strace's table, in which there may be errors too:
/// `100.00    0.123456          12      9876       123 total`.
fn counted(table: &str, name: &str) -> Option<u32> {
    let line = table
        .lines()
        .find(|line| line.split_whitespace().next_back() == Some(name))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read() {
        let table = "% time     seconds  usecs/call     calls    errors syscall\n\
                       0.37    0.007736           2      2844           pread64\n\
                     100.00    0.001234          12      9876       123 total\n";
        assert_eq!(counted(table, "total"), Some(9876));
        assert_eq!(counted(table, "pread64"), Some(2844));
        assert_eq!(counted(table, "read"), None);
    }
}
