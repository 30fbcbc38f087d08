//! A layer: its medium in a CD drive of a sealed image.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::course::words;
use super::document::{document, step_of};
use super::machine::{Machine, guest, run};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "wine/layer",
    shows: "a medium in a sealed image begins a layer, which keeps what the base starts with, and \
                who is logged on by himself",
    run: layer,
}];

/// A script of cmd's, which gets a file as its argument. The plan's own ids are alike in an image
/// and in a layer, so both have steps of the same ones here, with files of the same names.
fn script(id: &str, phase: &str) -> Value {
    let script = json!({ "cmd": {
        "script": format!(r"payload\{id}\{id}.cmd"),
        "arguments": [{ "prefix": "", "payload": format!(r"payload\{id}\said.txt") }],
        "exitCodes": { "success": [0], "reboot": [] },
    } });
    step_of(id, phase, &script)
}

fn steps() -> Value {
    document(&[script("boot", "boot"), script("build", "system")])
}

/// Their files, below a folder `lucarne`.
fn files(whose: &str) -> Vec<(String, String)> {
    let files = ["boot", "build"].into_iter().flat_map(|id| {
        let beside = "@type \"%~1\">>C:\\marks\r\n@type \"%~dp0beside.txt\">>C:\\marks\r\n";
        [
            (format!("{id}.cmd"), beside.to_owned()),
            ("said.txt".to_owned(), format!("{id} of {whose}\r\n")),
            (
                "beside.txt".to_owned(),
                format!("beside {id} of {whose}\r\n"),
            ),
        ]
        .map(|(name, text)| (format!("payload/{id}/{name}"), text))
    });
    files.collect()
}

/// The medium, as a folder.
fn medium(context: &Context) -> Result<Utf8PathBuf> {
    let medium = context.folder.join("medium");
    let marker = json!({
        "schema": "lucarne.media/1",
        "purpose": "layer",
        "name": "more",
        "planSha256": "00",
    });
    let mut all = files("the layer");
    all.push(("steps.json".to_owned(), steps().to_string()));
    all.push(("lucarne.json".to_owned(), marker.to_string()));
    for (name, text) in all {
        let file = medium.join("lucarne").join(name);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, text)?;
    }
    Ok(medium)
}

/// A layer's start with its medium in the drive, and the last one without it.
fn build(machine: &Machine, medium: &Utf8Path, starts: u32) -> Result<()> {
    machine.insert(Some(medium))?;
    let went = machine.start(&[guest(&["run"])])?;
    let hello = format!("hello {starts}");
    let all = [
        hello.as_str(),
        "phase steps",
        "build 1/1 start",
        "build 1/1 ok",
        "phase scrub",
        "phase settle",
    ];
    ensure!(words(&went) == all, "{}", went.told());
    let kept = went
        .events
        .iter()
        .filter_map(|event| event["text"].as_str());
    let told = kept.filter(|text| text.contains("automatic logon")).count();
    ensure!(told == 0, "what the base says of logons is taken out");
    machine.insert(None)?;
    let went = machine.start(&[guest(&["run"])])?;
    let hello = format!("hello {}", starts + 1);
    ensure!(words(&went) == [hello.as_str(), "done"], "{}", went.told());
    Ok(())
}

const WINLOGON: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
/// What a base with `autoLogon` has there.
const LOGON: [(&str, &str); 2] = [("AutoAdminLogon", "1"), ("DefaultUserName", "ada")];

fn logs_on(machine: &Machine) -> Result<()> {
    let adds = LOGON.map(|(name, data)| {
        run(&[
            "reg", "add", WINLOGON, "/v", name, "/t", "REG_SZ", "/d", data, "/f",
        ])
    });
    let went = machine.start(&adds)?;
    ensure!(went.ran.iter().all(|ran| ran.code == 0), "{:?}", went.ran);
    Ok(())
}

/// A layer has no build account, so no logon is its to end.
fn still_logs_on(machine: &Machine) -> Result<()> {
    let asks = LOGON.map(|(name, _)| run(&["reg", "query", WINLOGON, "/v", name]));
    let went = machine.start(&asks)?;
    for ((name, data), ran) in LOGON.iter().zip(&went.ran) {
        let kept = ran.stdout.split_whitespace().next_back() == Some(data);
        ensure!(ran.code == 0 && kept, "`{name}` is {:?}", ran.stdout);
    }
    Ok(())
}

fn layer(context: &Context) -> Result<Outcome> {
    let machine = Machine::new(context, &steps())?;
    for (name, text) in files("the base") {
        machine.write(&format!("windows/Lucarne/{name}"), text)?;
    }
    for _ in 0..2 {
        machine.start(&[guest(&["run"])])?;
    }
    logs_on(&machine)?;
    let medium = medium(context)?;
    // Another program than the image's: what stands behind its end changes nothing of it.
    let mut program = machine.read("windows/Lucarne/lucarne-guest.exe")?;
    program.push(0);
    fs::write(medium.join("lucarne/lucarne-guest.exe"), &program)?;
    machine.insert(Some(&medium))?;
    let went = machine.start(&[guest(&["run"])])?;
    let restarts = went.events.is_empty() && went.ran[0].stdout.trim() == "restart";
    ensure!(restarts, "{:?}\n{}", went.ran[0], went.told());
    let now = machine.read("windows/Lucarne/lucarne-guest.exe")?;
    ensure!(
        now == program,
        "the medium's program did not take the place of the image's"
    );
    build(&machine, &medium, 3)?;
    // The same layer on top of itself is a layer once more.
    build(&machine, &medium, 5)?;
    still_logs_on(&machine)?;
    let went = machine.start(&[guest(&["run"])])?;
    let mut all = vec!["hello 7".to_owned()];
    for n in 1..=3 {
        all.extend(["start", "ok"].map(|status| format!("boot {n}/3 {status}")));
    }
    all.extend(["applied", "ready"].map(str::to_owned));
    ensure!(words(&went) == all, "{}", went.told());
    let marks = String::from_utf8(machine.read("marks")?)?;
    let marks: Vec<&str> = marks.lines().map(str::trim_end).collect();
    let mut all = Vec::new();
    for id in ["build", "boot"] {
        for whose in ["the base", "the layer", "the layer"] {
            all.extend([
                format!("{id} of {whose}"),
                format!("beside {id} of {whose}"),
            ]);
        }
    }
    ensure!(marks == all, "{marks:?}");
    unreadable(&machine, &medium)
}

/// A marker that is there and cannot be read ends the start: it may be a layer's.
fn unreadable(machine: &Machine, medium: &Utf8Path) -> Result<Outcome> {
    let marker = medium.join("lucarne/lucarne.json");
    fs::remove_file(&marker)?;
    fs::create_dir(&marker)?;
    machine.insert(Some(medium))?;
    let went = machine.start(&[guest(&["run"])])?;
    let told = went.told();
    ensure!(
        told.contains(r"cannot read `E:\\lucarne\\lucarne.json`"),
        "{told}"
    );
    let last = went.events.last().context("no event")?;
    ensure!(last["event"] == "failed", "{told}");
    Ok(Outcome::Passed)
}
