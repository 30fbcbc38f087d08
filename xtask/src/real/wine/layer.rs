//! A layer: its medium in a CD drive of a sealed image.

use std::fs;

use anyhow::{Result, ensure};
use camino::Utf8PathBuf;
use serde_json::{Value, json};

use super::course::{mark, words};
use super::document::{document, step_of};
use super::machine::{Machine, guest};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "wine/layer",
    shows: "a medium in a sealed image begins a layer, which keeps what the base starts with",
    run: layer,
}];

/// Both have a step of this id, with a file of one name.
fn boot() -> Value {
    let script = json!({ "cmd": {
        "script": r"payload\boot\boot.cmd",
        "arguments": [],
        "exitCodes": { "success": [0], "reboot": [] },
    } });
    step_of("boot", "boot", &script)
}

/// The medium, as a folder.
fn medium(context: &Context) -> Result<Utf8PathBuf> {
    let medium = context.folder.join("medium");
    let files = medium.join("lucarne/payload/boot");
    fs::create_dir_all(&files)?;
    fs::write(
        files.join("boot.cmd"),
        "@echo boot of the layer>>C:\\marks\r\n",
    )?;
    let steps = document(&[boot(), mark("layer", "system")]);
    let marker = json!({
        "schema": "lucarne.media/1",
        "purpose": "layer",
        "name": "more",
        "planSha256": "00",
    });
    for (name, text) in [("steps.json", steps), ("lucarne.json", marker)] {
        fs::write(medium.join("lucarne").join(name), text.to_string())?;
    }
    Ok(medium)
}

fn layer(context: &Context) -> Result<Outcome> {
    let machine = Machine::new(context, &document(&[boot(), mark("base", "system")]))?;
    let script = "windows/Lucarne/payload/boot/boot.cmd";
    machine.write(script, "@echo boot of the base>>C:\\marks\r\n")?;
    for _ in 0..2 {
        machine.start(&[guest(&["run"])])?;
    }
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
    let went = machine.start(&[guest(&["run"])])?;
    let all = [
        "hello 3",
        "phase steps",
        "layer 1/1 start",
        "layer 1/1 ok",
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
    ensure!(words(&went) == ["hello 4", "done"], "{}", went.told());
    // The same medium once more is no layer once more.
    machine.insert(Some(&medium))?;
    let went = machine.start(&[guest(&["run"])])?;
    let both = [
        "hello 5",
        "boot 1/2 start",
        "boot 1/2 ok",
        "boot 2/2 start",
        "boot 2/2 ok",
        "applied",
        "ready",
    ];
    ensure!(words(&went) == both, "{}", went.told());
    let marks = String::from_utf8(machine.read("marks")?)?;
    let marks: Vec<&str> = marks.lines().map(str::trim_end).collect();
    let all = ["base", "layer", "boot of the base", "boot of the layer"];
    ensure!(marks == all, "{marks:?}");
    Ok(Outcome::Passed)
}
