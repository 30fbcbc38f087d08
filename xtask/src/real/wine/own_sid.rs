//! A SID of its own for an instance, with a sysprep of our own in Windows' place.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::course::{mark, words};
use super::generalize::{HOW, sysprep};
use super::machine::{Machine, PROBE, STATE, Went, guest, run};
use super::start::{FILE, sealed, settings};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "wine/own-sid",
    shows: "an instance's own SID is sysprep's work, done once; the next start waits for Windows' \
            Setup, and a SID that is the image's still ends it",
    run: own_sid,
}];

fn own_sid(context: &Context) -> Result<Outcome> {
    let machine = sealed(context)?;
    sysprep(&machine)?;
    machine.write(HOW, "well")?;
    let text = settings(&json!({
        "purpose": "identity",
        "ownSid": true,
        "steps": [mark("late", "boot")],
    }));
    machine.write("machine.json", text.to_string())?;
    let begun = machine.read(STATE)?;
    let arguments = generalises(&machine)?;
    // A program that was killed behind it does not do it twice.
    machine.write(STATE, begun)?;
    ensure!(
        generalises(&machine)? == arguments,
        "sysprep has run once more"
    );
    let went = start(&machine, Some("5000"))?;
    let late = ["hello 6", "late 1/1 start", "late 1/1 ok"];
    ensure!(words(&went) == late, "{}", went.told());
    let marks = String::from_utf8(machine.read("marks")?)?;
    let marks: Vec<&str> = marks.lines().map(str::trim_end).collect();
    ensure!(marks == ["setup", "late"], "{marks:?}");
    // Wine has one SID, whatever a sysprep says.
    let went = start(&machine, None)?;
    let last = went.events.last().cloned().unwrap_or(Value::Null);
    let message = last["message"].as_str().unwrap_or_default();
    ensure!(last["event"] == "failed", "{}", went.told());
    ensure!(message == "the machine has its image's SID still", "{last}");
    Ok(Outcome::Passed)
}

/// One start, with Setup at work for so many milliseconds before it.
fn start(machine: &Machine, setup_ms: Option<&str>) -> Result<Went> {
    let mut doings = Vec::new();
    if let Some(ms) = setup_ms {
        doings.push(run(&[PROBE, "setup", ms]));
    }
    doings.push(guest(&["run", "--settings", FILE]));
    let went = machine.start(&doings)?;
    let ran = went.ran.last().context("nothing ran")?;
    ensure!(ran.code == 0, "{ran:?}");
    Ok(went)
}

/// The start that has sysprep do it; gives what sysprep was told, each time that it ran.
fn generalises(machine: &Machine) -> Result<String> {
    let went = start(machine, None)?;
    let done = ["hello 5", "start.own-sid 1/1 start", "start.own-sid 1/1 ok"];
    ensure!(words(&went) == done, "{}", went.told());
    ensure!(went.ran[0].stdout.trim() == "restart", "{:?}", went.ran);
    let left = machine.file("windows/Lucarne/sysprep.xml")?;
    ensure!(!left.exists(), "`{left}` is left");
    let told = String::from_utf8(machine.read("sysprep.arguments")?)?;
    let file = r"/unattend:C:\Windows\Lucarne\sysprep.xml";
    let words = format!("/generalize /oobe /quit /quiet /mode:vm {file}");
    ensure!(told.trim_end() == words, "{told}");
    Ok(told)
}
