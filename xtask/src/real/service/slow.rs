//! A guest that takes longer than systemd would wait: to start, and to stop.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;

use super::machine::{self, Machine};
use crate::test::{Context, Outcome};

/// What systemd waits for a start and for a stop, unless it is asked to wait on. No start of the
/// stand-in is as quick, and no stop is of one that is deaf.
const PATIENCE_SEC: u64 = 2;
/// So long may Windows take to shut down.
const DEADLINE_SEC: u64 = 6;

pub(super) fn slow(context: &Context) -> Result<Outcome> {
    let mut system = machine::host(context)?;
    let target = "[Unit]\nDescription=Windows machines\nDefaultDependencies=no\n";
    system.write("/etc/systemd/system/lucarne.target", target)?;
    let mut mule = Machine::new("mule");
    mule.spec["shutdownTimeoutSec"] = json!(DEADLINE_SEC);
    for setting in ["TimeoutStartSec", "TimeoutStopSec"] {
        mule.settings.insert(setting.into(), json!(PATIENCE_SEC));
    }
    mule.install(context, &system)?;
    system.systemctl(&["enable", &mule.unit()])?;

    // The target is there while the machine has only begun.
    system.systemctl(&["start", "lucarne.target"])?;
    let target = system.show("lucarne.target", "ActiveState")?;
    ensure!(target == "active", "`lucarne.target` is {target}");
    system.until(&mule.unit(), "the machine `mule` starts")?;
    mule.is(&system, &[("ActiveState", "activating")])?;

    // In the middle of a start, a stop is heard at once.
    let began = Instant::now();
    system.systemctl(&["stop", &mule.unit()])?;
    let most = Duration::from_secs(DEADLINE_SEC + 20);
    ensure!(began.elapsed() < most, "a stop took {:?}", began.elapsed());
    mule.is(
        &system,
        &[("ActiveState", "inactive"), ("Result", "success")],
    )?;

    system.until(&mule.unit(), "Stopped ")?;

    // Twice as long as systemd would wait, and it waits.
    let began = Instant::now();
    system.systemctl(&["start", &mule.unit()])?;
    let patience = Duration::from_secs(PATIENCE_SEC);
    ensure!(
        began.elapsed() > patience,
        "it started in {:?}",
        began.elapsed()
    );
    mule.is(
        &system,
        &[("ActiveState", "active"), ("StatusText", "ready")],
    )?;

    let mut console = mule.console(&system)?;
    console.order(&json!({ "ignore": "acpi" }))?;
    console.leave(&json!({ "ignore": "agent" }))?;
    system.systemctl(&["stop", "--no-block", &mule.unit()])?;
    system.until(&mule.unit(), "Windows is asked to shut down")?;
    mule.is(
        &system,
        &[("ActiveState", "deactivating"), ("StatusText", "stopping")],
    )?;
    let why = format!("Windows did not shut down within {DEADLINE_SEC} s");
    system.until(&mule.unit(), &why)?;
    system.until(&mule.unit(), "Stopped ")?;
    mule.is(
        &system,
        &[("ActiveState", "inactive"), ("Result", "success")],
    )?;
    Ok(Outcome::Passed)
}
