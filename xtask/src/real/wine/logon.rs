//! Steps of a session, over a restart of Windows and beside a service that waits for its turn.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::course::{mark, until_stage, words};
use super::document::{document, program, step_of};
use super::machine::{Machine, PROBE, guest, run};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "wine/session",
    shows: "steps of a session go on at the logon after a restart, before those of the service",
    run: session,
}];

const TASK: &str = "windows/system32/tasks/Lucarne session";

fn session(context: &Context) -> Result<Outcome> {
    let steps = document(&[
        step_of("first", "session", &program(PROBE, &["exit", "3010"])),
        mark("second", "session"),
        mark("third", "system"),
    ]);
    let machine = Machine::new(context, &steps)?;
    let went = machine.start(&[guest(&["register"]), run(&["sc", "query", "lucarne"])])?;
    ensure!(went.ran[0].stdout.trim() == "restart", "{:?}", went.ran[0]);
    ensure!(went.ran[1].stdout.contains("STOPPED"), "{:?}", went.ran[1]);
    let first = ["hello 1", "phase steps", "first 1/3 start", "first 1/3 ok"];
    ensure!(words(&went) == first, "{}", went.told());
    // What Wine's scheduler keeps of a task has no trigger: that it is there is what can be seen.
    machine.read(TASK)?;
    goes_on(&machine)
}

/// Windows starts the service, which looks whose turn it is; then the task's program comes.
fn goes_on(machine: &Machine) -> Result<Outcome> {
    let went = machine.start(&[
        run(&["cmd", "/c", "ver"]),
        run(&["sc", "query", "lucarne"]),
        guest(&["session"]),
        until_stage("settle"),
    ])?;
    ensure!(went.ran[1].stdout.contains("RUNNING"), "{:?}", went.ran[1]);
    ensure!(went.ran[2].code == 0, "{:?}", went.ran[2]);
    ensure!(
        went.ran[3].code == 0,
        "the service did not go on\n{}",
        went.told()
    );
    let rest = [
        "hello 2",
        "phase steps",
        "second 2/3 start",
        "second 2/3 ok",
        "hello 3",
        "phase steps",
        "third 3/3 start",
        "third 3/3 ok",
        "phase scrub",
    ];
    // The state is written first: what is said behind it may come too late for this look.
    let told = words(&went);
    ensure!(
        told.starts_with(&rest.map(str::to_owned)),
        "{}",
        went.told()
    );
    ensure!(!machine.file(TASK)?.exists(), "the task is still there");
    let state = machine.state()?;
    let results = state["results"].as_array().context("no results")?;
    let starts = results.iter().map(|it| &it["start"]);
    let starts: Vec<u64> = starts.filter_map(Value::as_u64).collect();
    ensure!(starts == [1, 2, 3], "{state}");
    Ok(Outcome::Passed)
}
