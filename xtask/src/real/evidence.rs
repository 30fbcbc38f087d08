//! What an install that fails in the sandbox leaves: the end of its log, and `image.debug`.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::nix_build::{Subject, remove};
use crate::demo::{self, Inputs};
use crate::parts::{self, Order};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "image/evidence",
        shows: "a failed build's last 20 lines say what, where, what to do; `debug` gives the rest",
        run: evidence,
    },
    Check {
        name: "install/nothing-left",
        shows: "an install that fails before there is a machine leaves nothing, and what was there",
        run: nothing_left,
    },
];

const LIMIT: Duration = Duration::from_secs(600);

/// No firmware starts a CD in ten times a second, or else no Setup writes to the disk in it: 3
/// instead of 4.
fn hurried(spec: &mut Value) {
    spec["name"] = "check-evidence".into();
    spec["install"]["deadlines"] = json!({ "firmwareSec": 1, "windowsPESec": 1 });
}

fn evidence(context: &Context) -> Result<Outcome> {
    let subject = Subject::with(context, hurried)?;
    let file = subject.file.as_str();
    let build = ["nix", "build", "--no-link", "--file", file];
    let ran = context.inside(LIMIT, &build)?;
    ensure!(ran.code != 0, "an install without time succeeded");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let last = lines[lines.len().saturating_sub(20)..].join("\n");
    for text in [
        "error: in phase `",
        "hint: ",
        "note: the screen: ",
        "on COM1",
        "`nix build --keep-failed`",
        "`debug`",
    ] {
        ensure!(last.contains(text), "the last 20 lines do not say `{text}`");
    }

    let output = subject.output(context, "debug.outPath")?;
    remove(context, &output)?;
    context.read(LIMIT, &[&build[..], &["debug"]].concat())?;
    let names = context.read(LIMIT, &["ls", &output])?;
    for name in [
        "console.log",
        "events.jsonl",
        "qmp.jsonl",
        "report.txt",
        "screen.png",
        "serial.log",
        "verdict.json",
    ] {
        let found = names.split_whitespace().any(|found| found == name);
        ensure!(found, "the output of `debug` has no `{name}`: {names:?}");
    }
    let read = |name: &str| context.read(LIMIT, &["cat", &format!("{output}/{name}")]);
    let verdict: Value = serde_json::from_str(&read("verdict.json")?).context("no JSON")?;
    ensure!(
        verdict["exitCode"] == 4 || verdict["exitCode"] == 3,
        "the verdict is {verdict:#}"
    );
    ensure!(
        read("report.txt")?.contains("error: in phase `"),
        "the report does not tell the failure"
    );
    for line in read("qmp.jsonl")?.lines() {
        let line: Value = serde_json::from_str(line).context("a line of `qmp.jsonl`")?;
        ensure!(line["ms"].is_u64(), "a line of `qmp.jsonl` has no time");
    }
    Ok(Outcome::Passed)
}

/// With a QEMU that is not there: once in a folder that is made, once in one of the user's.
fn nothing_left(context: &Context) -> Result<Outcome> {
    let inputs = Inputs::standin(&Order::default(), demo::EDITION)?;
    let mut spec = demo::spec(&inputs);
    spec["schema"] = json!("lucarne.spec/1");
    let mut tools = demo::tools(inputs.vars.as_str());
    tools["qemu"] = json!("/nowhere/qemu");
    let here = |name: &str| context.folder.join(name);
    fs::write(here("spec.json"), spec.to_string())?;
    fs::write(here("tools.json"), tools.to_string())?;
    fs::create_dir_all(here("all/theirs"))?;
    let lucarne = parts::lucarne()?;
    let virtio_win = inputs.drivers()?;
    let install = [
        lucarne.as_str(),
        "install",
        "spec.json",
        "--tools",
        "tools.json",
        "--iso",
        inputs.iso.as_str(),
        "--virtio-win",
        virtio_win.as_str(),
        "--out",
        "all/new/folders/out",
    ];
    for work in [&[][..], &["--work", "all/theirs"], &["--work", "all/a/b"]] {
        let ran = context.inside(LIMIT, &[&install[..], work].concat())?;
        ensure!(ran.code == 2, "it ended with {} instead of 2", ran.code);
        ensure!(
            ran.stderr.contains("`/nowhere/qemu`"),
            "it failed otherwise"
        );
        let left = context.read(LIMIT, &["find", "all"])?;
        ensure!(left == "all\nall/theirs\n", "there is {left:?}");
    }
    Ok(Outcome::Passed)
}
