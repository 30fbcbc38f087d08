//! The end of a build that sysprep has the last word in, with a sysprep of our own in its place.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::course::{mark, words};
use super::document::document;
use super::machine::{Machine, PROBE, STATE, Went, guest, run};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "wine/generalize",
    shows: "sysprep comes last, counts as done by the registry alone, is ended in time, and its \
                logs say why it failed; the next start waits for Windows' Setup",
    run: generalize,
}];

const ANSWERS: &str = "windows/Lucarne/generalize.xml";

/// What says how the program in sysprep's place ends.
pub(super) const HOW: &str = "sysprep.how";

/// Puts a program into sysprep's place, and its answer file where it is told that it is.
pub(super) fn stand_in(machine: &Machine<'_>) -> Result<()> {
    machine.write(ANSWERS, "<unattend/>")?;
    sysprep(machine)
}

/// Puts a program into sysprep's place.
pub(super) fn sysprep(machine: &Machine<'_>) -> Result<()> {
    let program = machine.read("probe.exe")?;
    machine.write("windows/system32/Sysprep/sysprep.exe", program)
}

fn generalize(context: &Context) -> Result<Outcome> {
    let mut steps = document(&[mark("boot", "boot")]);
    steps["finish"]["generalizeSec"] = json!(5);
    let machine = Machine::new(context, &steps)?;
    stand_in(&machine)?;
    let went = machine.start(&[guest(&["run"])])?;
    ensure!(
        words(&went) == ["hello 1", "phase steps", "phase scrub", "phase settle"],
        "{}",
        went.told()
    );
    // Each way to end begins with the start that settles.
    let settles = machine.read(STATE)?;
    for (how, says) in [
        ("untrue", "sysprep ended with 0x0 after"),
        ("never", "sysprep: it did not end within 5 s, and was ended"),
        ("badly", "a Store app is there for one account alone"),
    ] {
        machine.write(STATE, &settles)?;
        machine.write(HOW, how)?;
        let went = machine.start(&[guest(&["run"])])?;
        fails(&went, says).with_context(|| how.to_owned())?;
        let has_log = |name: &str| went.events.iter().any(|event| event["name"] == name);
        let told = ["sysprep-setuperr.log", "sysprep-setupact.log"].map(has_log);
        ensure!(told == [how == "badly"; 2], "{how}: {}", went.told());
        let state = machine.state()?;
        ensure!(state["stage"] == "settle", "{how} is sealed: {state}");
    }
    machine.write(STATE, &settles)?;
    machine.write(HOW, "well")?;
    let went = machine.start(&[guest(&["run"])])?;
    ensure!(words(&went) == ["hello 2", "done"], "{}", went.told());
    ensure!(went.ran[0].stdout.trim() == "power off", "{:?}", went.ran);
    let text = said(&went).context("nothing is said of it")?;
    ensure!(text.starts_with("sysprep generalised Windows in"), "{text}");
    let arguments = String::from_utf8(machine.read("sysprep.arguments")?)?;
    let all: Vec<&str> = arguments.lines().map(str::trim_end).collect();
    let file = r"/unattend:C:\Windows\Lucarne\generalize.xml";
    let each = format!("/generalize /oobe /quit /quiet /mode:vm {file}");
    ensure!(all == [each.as_str(); 4], "{all:?}");
    // A program that was killed behind it does not do it twice.
    machine.write(STATE, &settles)?;
    let went = machine.start(&[guest(&["run"])])?;
    ensure!(words(&went) == ["hello 2", "done"], "{}", went.told());
    let again = String::from_utf8(machine.read("sysprep.arguments")?)?;
    ensure!(again == arguments, "{again}");
    first_start(&machine)
}

/// What is said of it in the manifest.
fn said(went: &Went) -> Option<&str> {
    let mut events = went.events.iter();
    let said = events.find(|event| event["step"] == "generalize")?;
    said["text"].as_str()
}

fn fails(went: &Went, says: &str) -> Result<()> {
    let last = went.events.last().cloned().unwrap_or(Value::Null);
    let message = last["message"].as_str().unwrap_or_default();
    ensure!(
        last["event"] == "failed"
            && message.starts_with("cannot generalise Windows: ")
            && message.contains(says),
        "{}",
        went.told()
    );
    ensure!(
        went.ran[0].stdout.trim() == "power off" && said(went).is_none(),
        "{}",
        went.told()
    );
    Ok(())
}

/// Setup is at work for some seconds, and ends before anything of ours is done.
fn first_start(machine: &Machine) -> Result<Outcome> {
    machine.read(ANSWERS).context("it is needed until then")?;
    let went = machine.start(&[run(&[PROBE, "setup", "5000"]), guest(&["run"])])?;
    let ready = [
        "hello 3",
        "boot 1/1 start",
        "boot 1/1 ok",
        "applied",
        "ready",
    ];
    ensure!(words(&went) == ready, "{}", went.told());
    let marks = String::from_utf8(machine.read("marks")?)?;
    let marks: Vec<&str> = marks.lines().map(str::trim_end).collect();
    ensure!(marks == ["setup", "boot"], "{marks:?}");
    ensure!(machine.read(ANSWERS).is_err(), "Setup's answers are left");
    Ok(Outcome::Passed)
}
