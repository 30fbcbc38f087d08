//! The protocol on a pseudo-terminal: into the helper's own reader, past other writers, and
//! before a host that does not read.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use camino::Utf8PathBuf;
use serde_json::{Value, json};

use super::document::{document, program, step};
use super::machine::{Machine, PROBE, guest, run};
use super::port::Port;
use crate::parts;
use crate::test::{Check, Context, Outcome, Ran};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "wine/host-is-deaf",
        shows: "a host that does not read costs the program a bounded time, and nothing else",
        run: deaf,
    },
    Check {
        name: "wine/heard",
        shows: "the helper's own reader hears a build to its end, and a failure with its words",
        run: heard,
    },
    Check {
        name: "wine/port",
        shows: "a busy port, a port of another number and a missing one stop nothing",
        run: port,
    },
];

const LIMIT: Duration = Duration::from_secs(60);

fn says(id: &str) -> Value {
    // "Grüße 🪟 @nix {}" and an end of line, in UTF-8.
    let bytes = "4772c3bcc39f6520f09faa9f20406e6978207b7d0d0a";
    step(id, &program(PROBE, &["bytes", bytes]))
}

/// Plays a number of starts, each into a file of its own.
fn play(context: &Context, machine: &Machine, starts: usize) -> Result<Vec<Utf8PathBuf>> {
    let mut files = Vec::new();
    for number in 0..starts {
        let went = machine.start(&[guest(&["run"])])?;
        let file = context.folder.join(format!("start-{number}"));
        fs::write(&file, &went.bytes)?;
        files.push(file);
    }
    Ok(files)
}

fn hear(context: &Context, files: &[Utf8PathBuf]) -> Result<Ran> {
    let heard = parts::example("heard")?;
    let mut words = vec![heard.as_str()];
    words.extend(files.iter().map(|file| file.as_str()));
    context.inside(LIMIT, &words)
}

fn heard(context: &Context) -> Result<Outcome> {
    let steps = [says("one"), step("restart", &json!("reboot")), says("two")];
    let machine = Machine::new(context, &document(&steps))?;
    let ran = hear(context, &play(context, &machine, 3)?)?;
    ensure!(ran.code == 0, "{}", ran.stdout);
    for said in [
        "Enter(Steps)",
        "Note(\"step 1 of 3: Step one\")",
        "Grüße 🪟 @nix {}",
        "Note(\"the machine restarts\")",
        "Enter(Settle)",
        "EmptyCds",
        "Enter(Shutdown)",
        "End(Done)",
    ] {
        ensure!(
            ran.stdout.contains(said),
            "`{said}` is not in\n{}",
            ran.stdout
        );
    }
    for not in ["events were lost", "Warn("] {
        ensure!(!ran.stdout.contains(not), "`{not}` is in\n{}", ran.stdout);
    }
    let fails = step("fails", &program(PROBE, &["exit", "1603"]));
    machine.give(&document(&[says("one"), fails]))?;
    let ran = hear(context, &play(context, &machine, 1)?)?;
    ensure!(ran.code == 1, "{}", ran.stdout);
    for said in [
        "the step failed with exit code 1603",
        "Step fails",
        "this goes to stderr",
    ] {
        ensure!(
            ran.stdout.contains(said),
            "`{said}` is not in\n{}",
            ran.stdout
        );
    }
    Ok(Outcome::Passed)
}

fn deaf(context: &Context) -> Result<Outcome> {
    // More than a pseudo-terminal takes before it makes its writer wait.
    let flood = step("flood", &program(PROBE, &["flood", "64"]));
    let machine = Machine::new(context, &document(&[flood, says("two")]))?;
    let port = Port::new()?;
    // Its own limit is a bound on all of the program's waiting.
    let ran = machine.start_on(&port.name, &[guest(&["run"])])?;
    ensure!(ran[0].code == 0, "{:?}", ran[0]);
    let state = machine.state()?;
    ensure!(state["stage"] == "settle", "{state}");
    // A host that listens again hears the next start whole.
    let went = machine.start(&[guest(&["run"])])?;
    let first = went.events.first().map(|event| event["event"].clone());
    ensure!(first == Some(json!("hello")), "{}", went.told());
    ensure!(
        went.events.iter().any(|event| event["event"] == "done"),
        "{}",
        went.told()
    );
    Ok(Outcome::Passed)
}

fn port(context: &Context) -> Result<Outcome> {
    let machine = Machine::new(context, &document(&[]))?;
    let steps = [
        step("free", &program(PROBE, &["mark", r"C:\free", "x"])),
        says("two"),
    ];
    machine.give(&document(&steps))?;
    // Another program has the port until the first step is done.
    let busy = Port::new()?;
    let free = machine.file("free")?;
    busy.busy_until(move || free.exists())?;
    let went = machine.start_heard(busy, &[guest(&["run"])])?;
    ensure!(went.ran[0].code == 0, "{:?}", went.ran[0]);
    let said = |word: &str| went.events.iter().any(|event| event["event"] == word);
    ensure!(!said("hello"), "the port was not busy\n{}", went.told());
    ensure!(went.end_of("two")?["status"] == "ok", "{}", went.told());
    // Numbers tell what was lost.
    ensure!(went.events[0]["seq"].as_u64() > Some(1), "{}", went.told());
    machine.give(&document(&steps))?;
    let went = machine.start(&[guest(&["run", "--port", "12"])])?;
    ensure!(
        went.events.first().is_some_and(|it| it["event"] == "hello"),
        "{}",
        went.told()
    );
    machine.give(&document(&steps))?;
    let went = machine.start(&[guest(&["run", "--port", "99"]), run(&["cmd", "/c", "ver"])])?;
    ensure!(
        went.ran[0].code == 0 && went.events.is_empty(),
        "{:?}",
        went.ran[0]
    );
    ensure!(
        machine.state()?["stage"] == "settle",
        "{}",
        machine.state()?
    );
    Ok(Outcome::Passed)
}
