//! Host keys of an image whose own step starts the SSH server.

use anyhow::{Result, ensure};
use serde_json::json;

use super::course::words;
use super::document::{document, step_of};
use super::machine::{Machine, run};
use super::start::{HOST_KEY, begin, how_ssh_starts, is_disabled, seal, settings, ssh};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "wine/host-keys",
    shows: "host keys are there before a step of the image's starts sshd, whatever a machine says",
    run: host_keys,
}];

fn host_keys(context: &Context) -> Result<Outcome> {
    let service = json!({ "service": { "name": "sshd", "state": "running" } });
    let steps = [step_of("server", "boot", &service)];
    let machine = seal(Machine::new(context, &document(&steps))?)?;
    ssh(&machine)?;
    let text = settings(&json!({})).to_string();
    let look = [run(&["sc", "query", "sshd"]), how_ssh_starts()];
    let went = begin(&machine, &text, &look)?;
    let done = [
        "hello 5",
        "start.host-keys 1/2 start",
        "start.host-keys 1/2 ok",
        "server 2/2 start",
        "server 2/2 ok",
        "applied",
        "ready",
    ];
    ensure!(words(&went) == done, "{}", went.told());
    ensure!(went.ran[1].stdout.contains("RUNNING"), "{:?}", went.ran[1]);
    // By hand, as the image has it, Windows might start it before the next start's keys are there.
    is_disabled(&went.ran[2])?;
    ensure!(!machine.read(HOST_KEY)?.is_empty(), "no host key is made");
    Ok(Outcome::Passed)
}
