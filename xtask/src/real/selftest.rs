//! `lucarne selftest` with the stand-in: its report is as its schema says, and tells strangers
//! nothing that they need not know.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::schema;
use crate::demo::{self, Inputs};
use crate::parts::{self, Order};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "selftest/standin",
    shows: "an install, the sealed image's start and its shutdown, in a report without secrets",
    run: standin,
}];

/// No selftest of the stand-in takes longer, even when others run beside it.
const LIMIT: Duration = Duration::from_secs(900);

/// Private, each of it: none may be in the report.
const USER: &str = "Josephine";
const PASSWORD: &str = "correct-horse-7";
const COMPUTER: &str = "ATTIC-42";

fn standin(context: &Context) -> Result<Outcome> {
    let order = Order {
        release: Some("win10-22h2".into()),
        ..Order::default()
    };
    let inputs = Inputs::standin(&order, demo::EDITION)?;
    let virtio_win = inputs.drivers()?;
    // Without TPM and Secure Boot a start takes half the time.
    let spec = json!({
        "schema": "lucarne.spec/1",
        "name": "selftest",
        "computerName": COMPUTER,
        "users": { USER: { "password": PASSWORD } },
        "firmware": { "secureBoot": false },
        "tpm": false,
        "machine": { "cores": 2, "memoryMib": 2048 },
        "install": { "accel": inputs.accel },
    });
    let file = |name: &str, value: &Value| -> Result<String> {
        let path = context.folder.join(name);
        fs::write(&path, format!("{value:#}\n"))
            .with_context(|| format!("cannot write `{path}`"))?;
        Ok(path.into_string())
    };
    let mut tools = demo::tools(inputs.vars.as_str());
    // No selftest begins without it, though the stand-in plays it.
    tools["guest"] = Value::from(parts::guest()?.program.as_str());
    let (spec, tools) = (file("spec.json", &spec)?, file("tools.json", &tools)?);
    let lucarne = parts::lucarne()?;
    let out = context.folder.join("out");
    let ran = context.inside(
        LIMIT,
        &[
            lucarne.as_str(),
            "selftest",
            "--edition",
            "Windows 10 Pro",
            "--spec",
            &spec,
            "--tools",
            &tools,
            "--iso",
            inputs.iso.as_str(),
            "--virtio-win",
            virtio_win.as_str(),
            "--out",
            out.as_str(),
        ],
    )?;
    ensure!(ran.code == 0, "the selftest ended with {}", ran.code);
    ensure!(ran.stdout.is_empty(), "it wrote to stdout");
    for left in ["out.work", "out.work.image", "out.work.boot"] {
        ensure!(!context.folder.join(left).exists(), "`{left}` is left");
    }
    let json = fs::read_to_string(out.join("report.json")).context("no report")?;
    let report: Value = serde_json::from_str(&json).context("the report is not JSON")?;
    let asked = [lucarne.as_str(), "schema", "selftest"];
    schema::check(&context.read(LIMIT, &asked)?, [&report])?;
    tells(&report)?;
    let page = fs::read_to_string(out.join("report.html")).context("no page")?;
    ensure!(page.contains("Windows 10 Pro"), "the page names no edition");
    for (name, text) in [("report.json", &json), ("report.html", &page)] {
        is_public(context, text).with_context(|| name.to_owned())?;
    }
    Ok(Outcome::Passed)
}

/// What the stand-in's run must have shown.
fn tells(report: &Value) -> Result<()> {
    ensure!(report["verdict"]["exitCode"] == 0, "{}", report["verdict"]);
    ensure!(report["machine"]["accel"] == "tcg", "{}", report["machine"]);
    for time in [
        "diskStartedMs",
        "helloMs",
        "readyMs",
        "askedMs",
        "poweredOffMs",
    ] {
        let told = &report["boot"][time];
        ensure!(told.is_u64(), "the sealed image's `{time}` is {told}");
    }
    let known = |id: &str| {
        let answers = report["answers"].as_array();
        let mut answers = answers.into_iter().flatten();
        answers
            .find(|answer| answer["id"] == id)
            .map_or(Value::Null, |answer| answer["known"].clone())
    };
    for (id, wanted) in [
        ("uefiEntryWaitsForAKey", "yes"),
        ("uefiSectorCountIsUnder2", "yes"),
        ("iso9660VolumeIsAStub", "yes"),
        // Like a real one's in this: nobody has seen a line of it yet.
        ("windowsPeNamesCom1", "no"),
        ("guestProgramStarts", "yes"),
        ("errorHandlerRuns", "unknown"),
    ] {
        let answer = known(id);
        ensure!(answer == wanted, "the answer to `{id}` is {answer}");
    }
    let phases = report["phases"].as_array().context("no phases")?;
    let names: Vec<_> = phases.iter().map(|phase| &phase["name"]).collect();
    ensure!(names.len() == 9, "the phases are {names:?}");
    let works = report["drivers"][0]["works"].as_str();
    ensure!(works == Some("yes"), "the disk's driver works: {works:?}");
    Ok(())
}

/// Nothing private is in a text.
fn is_public(context: &Context, text: &str) -> Result<()> {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let folder = context.folder.parent().map_or("", |path| path.as_str());
    let private = [
        USER,
        PASSWORD,
        COMPUTER,
        folder,
        "/usr/",
        "/nix/store",
        "52:54:00",
        "lucarne-system",
        "password\":",
    ];
    let lower = text.to_lowercase();
    for word in private.into_iter().filter(|word| !word.is_empty()) {
        ensure!(!lower.contains(&word.to_lowercase()), "it holds `{word}`");
    }
    // A host may be called by what is part of other words.
    let host = host.trim().to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '.');
    ensure!(!words.any(|word| word == host), "it holds the host's name");
    Ok(())
}
