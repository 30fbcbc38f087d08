//! A kill after each event of a build, and what the next start makes of it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::document::{document, program, set, step, step_of};
use super::machine::{Doing, Machine, PROBE, PROGRAM, Went, guest, run};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "wine/resume",
    shows: "a build that is killed after any of its events goes on, and ends as an unhurt one",
    run: resume,
}];

/// Kills at the begin, at each step's, and while things are taken out.
const ROUNDS: usize = 20;

const KEY: &str = r"HKLM\Software\Lucarne Resume";

fn steps() -> Vec<Value> {
    let mut checked = step(
        "checked",
        &program(PROBE, &["mark", r"C:\marks", "checked"]),
    );
    checked["check"] = json!({ "path": r"C:\marks.checked" });
    // It makes its condition true as its last doing.
    checked["action"] = program(
        "cmd.exe",
        &[
            "/c",
            r"C:\probe.exe mark C:\marks checked&& echo x>C:\marks.checked",
        ],
    );
    vec![
        step_of(
            "session",
            "session",
            &program(PROBE, &["mark", r"C:\marks", "session"]),
        ),
        step("one", &program(PROBE, &["mark", r"C:\marks", "one"])),
        checked,
        step(
            "registry",
            &set(
                "machine",
                r"Software\Lucarne Resume",
                "X",
                &json!({ "dword": 9 }),
            ),
        ),
        step("two", &program(PROBE, &["mark", r"C:\marks", "two"])),
    ]
}

fn resume(context: &Context) -> Result<Outcome> {
    let machine = Machine::new(context, &document(&[]))?;
    let steps = document(&steps());
    for round in 1..=ROUNDS {
        machine.give(&steps)?;
        for mark in ["marks", "marks.checked"] {
            let file = machine.file(mark)?;
            if file.exists() {
                std::fs::remove_file(file)?;
            }
        }
        let hurt = machine.start(&[
            run(&["reg", "delete", KEY, "/f"]),
            Doing::KillAfter(vec![PROGRAM, "run"], round),
        ])?;
        ensure!(
            hurt.ran[1].code == 137,
            "round {round}: it was not killed: {:?}",
            hurt.ran[1]
        );
        let then = machine.start(&[guest(&["run"]), run(&["reg", "query", KEY])])?;
        judge(&machine, &hurt, &then)
            .with_context(|| format!("round {round}\n{}\n--\n{}", hurt.told(), then.told()))?;
    }
    Ok(Outcome::Passed)
}

fn judge(machine: &Machine, hurt: &Went, then: &Went) -> Result<()> {
    let state = machine.state()?;
    // A kill behind the decision to restart: this start was that restart.
    let ended = state["stage"] == "settle" || state["stage"] == "sealed";
    ensure!(ended && state["failed"].is_null(), "{state}");
    let results = state["results"].as_array().context("no results")?;
    let ids: Vec<&str> = results.iter().filter_map(|it| it["id"].as_str()).collect();
    ensure!(
        ids == ["session", "one", "checked", "registry", "two"],
        "{ids:?}"
    );
    let ended = results
        .iter()
        .all(|it| it["status"] == "ok" || it["status"] == "skipped");
    ensure!(ended, "{state}");
    let marks = String::from_utf8(machine.read("marks")?)?;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut order = Vec::new();
    for mark in marks.lines() {
        if order.last() != Some(&mark) {
            order.push(mark);
        }
        *counts.entry(mark).or_default() += 1;
    }
    ensure!(order == ["session", "one", "checked", "two"], "{marks}");
    // Only what was under way is done again, and is said to be.
    for (id, count) in counts {
        let again = results
            .iter()
            .any(|it| it["id"] == id && it["attempt"] == 2);
        ensure!(
            count == 1 || (count == 2 && again),
            "`{id}` was done {count} times"
        );
        let told = then.events.iter().any(|event| {
            event["id"] == id && event["status"] == "start" && event["message"] == "attempt 2"
        });
        ensure!(told == again, "`{id}`: attempt 2 is told: {told}");
    }
    ensure!(then.ran[1].stdout.contains("0x9"), "{:?}", then.ran[1]);
    let starts = [hurt, then].map(|went| {
        let hello = went.events.iter().filter(|event| event["event"] == "hello");
        hello.count()
    });
    ensure!(state["starts"] == starts[0] + starts[1], "{state}");
    Ok(())
}
