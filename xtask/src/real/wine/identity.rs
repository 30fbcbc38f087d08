//! The making of an identity, in starts of its own.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::course::words;
use super::document::{set, step_of};
use super::machine::{Machine, STATE};
use super::start::{begin, sealed, settings};
use crate::test::{Context, Outcome};

pub(super) fn identity(context: &Context) -> Result<Outcome> {
    let machine = sealed(context)?;
    let value = set(
        "machine",
        r"Software\Example",
        "Identity",
        &json!({ "string": "made" }),
    );
    let text = settings(&json!({
        "purpose": "identity",
        "steps": [step_of("value", "boot", &value)],
    }))
    .to_string();
    let went = begin(&machine, &text, &[])?;
    let begun = ["hello 5", "value 1/1 start", "value 1/1 ok"];
    ensure!(words(&went) == begun, "{}", went.told());
    ensure!(went.ran[0].stdout.trim() == "restart", "{:?}", went.ran[0]);
    let went = begin(&machine, &text, &[])?;
    let ended = [
        "hello 6",
        "start.identity 1/1 start",
        "start.identity 1/1 ok",
        "done",
    ];
    ensure!(words(&went) == ended, "{}", went.told());
    ensure!(
        went.ran[0].stdout.trim() == "power off",
        "{:?}",
        went.ran[0]
    );
    // A start on top of it is one like others, and restarts nothing.
    let went = begin(&machine, &settings(&json!({})).to_string(), &[])?;
    let ready = [
        "hello 7",
        "image 1/1 start",
        "image 1/1 ok",
        "applied",
        "ready",
    ];
    ensure!(words(&went) == ready, "{}", went.told());
    ensure!(went.ran[0].stdout.trim().is_empty(), "{:?}", went.ran[0]);
    wrong_name(&machine)
}

/// A name that does not come into force is told, and after some starts nothing is tried again.
fn wrong_name(machine: &Machine) -> Result<Outcome> {
    let text = settings(&json!({
        "purpose": "identity",
        "computerName": "NOBODYS-NAME",
    }))
    .to_string();
    let state = json!({
        "schema": "lucarne.state/1", "starts": 1, "stage": "sealed", "results": [],
        "identity": { "starts": 1, "stage": "applied" },
    });
    machine.write(STATE, state.to_string())?;
    let went = begin(machine, &text, &[])?;
    let told = words(&went);
    ensure!(told[told.len() - 1] == "failed", "{}", went.told());
    let end = went.end_of("start.identity")?;
    let message = end["message"].as_str().unwrap_or_default();
    ensure!(message.starts_with("the computer is called `"), "{end}");
    let mut last = Value::Null;
    for _ in 0..8 {
        let went = begin(machine, &text, &[])?;
        ensure!(
            went.ran[0].stdout.trim() == "power off",
            "{:?}",
            went.ran[0]
        );
        last = went.events.last().context("no event")?.clone();
    }
    let message = last["message"].as_str().unwrap_or_default();
    ensure!(message.ends_with("times in vain"), "{last}");
    Ok(Outcome::Passed)
}
