//! How a machine ends that does not do as it is told.

use std::fs;

use anyhow::{Result, ensure};
use serde_json::json;

use super::instance::Instance;
use crate::test::{Context, Outcome};

/// So long may Windows take.
const DEADLINE_SEC: u32 = 7;

pub(super) fn stop(context: &Context) -> Result<Outcome> {
    let mut mule = Instance::new(context, "mule")?;
    mule.machine["shutdownTimeoutSec"] = json!(DEADLINE_SEC);
    let record = mule.place("state", "power-cuts.jsonl");

    let mut deaf = mule.start()?;
    deaf.ready()?;
    let mut console = deaf.console()?;
    console.order(&json!({ "ignore": "acpi" }))?;
    console.leave(&json!({ "ignore": "agent" }))?;
    let end = deaf.stop()?;
    let why = format!("Windows did not shut down within {DEADLINE_SEC} s");
    ensure!(end.stderr.contains(&why), "it does not say `{why}`");
    let cuts = fs::read_to_string(&record)?;
    ensure!(
        cuts.lines().count() == 1 && cuts.contains(&why),
        "the record is {cuts}"
    );

    // Off by itself, with nobody to ask it.
    let mut free = mule.start()?;
    free.ready()?;
    free.console()?.leave(&json!("powerOff"))?;
    let end = free.wait()?;
    ensure!(end.code == 0, "it ended with {}", end.code);
    ensure!(end.stderr.contains("powered itself off"), "{}", end.stderr);
    let after = fs::read_to_string(&record)?;
    ensure!(after == cuts, "a power cut is recorded: {after}");
    Ok(Outcome::Passed)
}
