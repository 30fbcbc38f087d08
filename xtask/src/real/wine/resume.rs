//! A kill after each event of a build, and what the next start makes of it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::document::{document, program, set, step, step_of};
use super::machine::{Doing, Machine, PROBE, PROGRAM, STATE, guest, run};
use crate::test::{Check, Context, Outcome, Ran};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "wine/resume",
        shows: "a build that is killed after any of its events goes on, and ends as an unhurt one",
        run: resume,
    },
    Check {
        name: "wine/held",
        shows: "a state file that another program holds for a moment is waited for",
        run: held,
    },
];

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
    let machine = Machine::new(context, &document(&steps()))?;
    let mut doings = Vec::new();
    for round in 1..=ROUNDS {
        doings.push(Doing::Shell(format!(
            "cd prefix/drive_c; rm -f marks marks.checked\n\
             rm -f {STATE} windows/Lucarne/guest.log\n\
             [ -e steps.json ] || cp windows/Lucarne/steps.json .\n\
             cp steps.json windows/Lucarne/"
        )));
        doings.push(Doing::KillAfter(vec![PROGRAM, "run"], round));
        doings.push(guest(&["run"]));
        doings.push(Doing::Shell(format!(
            "cd prefix/drive_c; cat {STATE}; cat marks >&2"
        )));
    }
    doings.push(run(&["reg", "query", KEY]));
    let went = machine.start(&doings)?;
    let mut builds = builds(&went.events).into_iter();
    for (round, ran) in (1..).zip(went.ran.chunks_exact(4)) {
        let build = builds
            .next()
            .with_context(|| format!("round {round} said nothing"))?;
        judge(ran, &build).with_context(|| format!("round {round}\n{build:#?}"))?;
    }
    let last = went.ran.last().context("nothing was run")?;
    ensure!(last.stdout.contains("0x9"), "{last:?}");
    Ok(Outcome::Passed)
}

/// The events of each round: its first start is the program's first.
fn builds(events: &[Value]) -> Vec<Vec<&Value>> {
    let mut builds: Vec<Vec<&Value>> = Vec::new();
    for event in events {
        if event["event"] == "hello" && event["boot"] == 1 {
            builds.push(Vec::new());
        }
        if let Some(build) = builds.last_mut() {
            build.push(event);
        }
    }
    builds
}

/// One round: killed, gone on, and the state and the marks that are left.
fn judge(ran: &[Ran], events: &[&Value]) -> Result<()> {
    let [_, killed, on, left] = ran else {
        unreachable!("four belong to a round")
    };
    ensure!(killed.code == 137, "it was not killed: {killed:?}");
    ensure!(on.code == 0, "it did not go on: {on:?}");
    let state: Value = serde_json::from_str(&left.stdout).context("no state")?;
    ensure!(
        state["stage"] == "settle" && state["failed"].is_null(),
        "{state}"
    );
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
    let marks = &left.stderr;
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
        let told = events.iter().any(|event| {
            event["id"] == id && event["status"] == "start" && event["message"] == "attempt 2"
        });
        ensure!(told == again, "`{id}`: attempt 2 is told: {told}");
    }
    let hellos = events.iter().filter(|event| event["event"] == "hello");
    ensure!(state["starts"] == hellos.count(), "{state}");
    let last = events.last().context("it said nothing")?;
    ensure!(last["phase"] == "settle", "{last}");
    Ok(())
}

/// As a virus scanner does, with a file that was just written.
fn held(context: &Context) -> Result<Outcome> {
    let hold = ["hold", r"C:\windows\Lucarne\state.json", "2000"];
    let steps = [
        step("holds", &program(PROBE, &hold)),
        step("next", &program(PROBE, &["exit", "0"])),
    ];
    let machine = Machine::new(context, &document(&[]))?;
    let went = machine.build(&steps, &[run(&["cmd", "/c", "ver"])])?;
    went.all_done(&steps)?;
    Ok(Outcome::Passed)
}
