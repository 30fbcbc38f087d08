//! What stays, and what is thrown away: at each start, at each restart of Windows, or never.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::instance::{Console, Instance};
use crate::test::{Context, Outcome};

const NOTE_C: &str = r"C:\Users\note.txt";
const NOTE_D: &str = r"D:\Files\note.txt";

pub(super) fn on_start(context: &Context) -> Result<Outcome> {
    let mut office = Instance::new(context, "office")?;
    office.machine["dataDisk"] = json!({ "sizeGib": 1, "label": "Files" });
    let mut first = office.start()?;
    first.ready()?;
    let mut console = first.console()?;
    let found = console.show()?;
    data_disk(&found, "blank", false)?;
    console.write(NOTE_C, "gone")?;
    console.write(NOTE_D, "kept")?;
    // Then it must be the agent that is heard.
    console.leave(&json!({ "ignore": "acpi" }))?;
    first.stop()?;

    // The data disk has grown, and two months have passed.
    office.machine["dataDisk"]["sizeGib"] = json!(2);
    office.machine["machine"]["clock"] = json!(later(context)?);
    let mut second = office.start()?;
    second.ready()?;
    let mut console = second.console()?;
    let found = console.show()?;
    data_disk(&found, "ours", true)?;
    ensure!(found["passwordsExpired"] == false, "passwords expire");
    let clock = found["clock"].as_str().unwrap_or_default();
    let wanted = office.machine["machine"]["clock"].as_str();
    let wanted = wanted.unwrap_or_default();
    ensure!(clock[..10] == wanted[..10], "the clock says {clock}");
    nothing_of_c(&mut console)?;
    let kept = console.read(NOTE_D)?;
    ensure!(kept == "kept", "D: holds {kept}");
    full(&mut console)?;
    // Then it must be the power button.
    console.leave(&json!({ "ignore": "agentMute" }))?;
    second.stop()?;
    Ok(Outcome::Passed)
}

/// The day in two months, as the spec has it.
fn later(context: &Context) -> Result<String> {
    let limit = std::time::Duration::from_secs(60);
    let date = ["date", "--utc", "--date=60 days", "+%Y-%m-%dT%H:%M:%SZ"];
    Ok(context.read(limit, &date)?.trim().to_owned())
}

fn data_disk(found: &Value, was: &str, grew: bool) -> Result<()> {
    let disk = &found["dataDisk"];
    ensure!(disk["was"] == was && disk["grew"] == grew, "{disk}");
    let letters = &found["letters"];
    ensure!(letters["D"] == "the data disk", "{letters}");
    ensure!(found["failures"] == json!([]), "{}", found["failures"]);
    Ok(())
}

fn nothing_of_c(console: &mut Console) -> Result<()> {
    let thrown = console.read(NOTE_C)?;
    ensure!(thrown == Value::Null, "C: still holds {thrown}");
    Ok(())
}

/// A full D: is an error of what writes there, and of nothing else.
fn full(console: &mut Console) -> Result<()> {
    let filled = console.order(&json!({ "fill": { "drive": "D" } }))?;
    ensure!(filled["filled"].as_u64() > Some(1 << 30), "{filled}");
    let text = "x".repeat(60_000);
    let error = console.write(r"D:\more.txt", &text);
    ensure!(error.is_err(), "a full disk took a file");
    console.write(r"C:\more.txt", &text)
}

pub(super) fn never(context: &Context) -> Result<Outcome> {
    let mut lab = Instance::new(context, "lab")?;
    lab.machine["reset"] = json!("never");
    let mut first = lab.start()?;
    first.ready()?;
    first.console()?.write(NOTE_C, "kept")?;
    first.stop()?;

    // The same image, made again: what is kept does not fit it.
    let rebuilt = super::image::copy(&lab.image, &lab.folder.join("rebuilt"), |manifest| {
        manifest["sealedAt"] = json!("2031-01-01T00:00:00Z");
    })?;
    let old = lab.machine["image"].take();
    lab.machine["image"] = json!(rebuilt.as_str());
    let end = lab.ended()?;
    ensure!(end.code == 1, "it ended with {}", end.code);
    for words in ["lucarne ctl lab reset", "hint: "] {
        ensure!(end.stderr.contains(words), "it does not say `{words}`");
    }

    lab.machine["image"] = old;
    let mut again = lab.start()?;
    again.ready()?;
    let kept = again.console()?.read(NOTE_C)?;
    ensure!(kept == "kept", "C: holds {kept}");
    again.stop()?;
    Ok(Outcome::Passed)
}

pub(super) fn on_reboot(context: &Context) -> Result<Outcome> {
    let mut desk = Instance::new(context, "desk")?;
    desk.machine["reset"] = json!("onReboot");
    desk.machine["identity"] = json!({ "computerName": "DESK-7" });
    let mut first = desk.start()?;
    first.ready()?;
    let layer = desk.place("state", "identity.qcow2");
    let made = || -> Result<_> {
        let about = fs::metadata(&layer).with_context(|| format!("no `{layer}`"))?;
        Ok(about.modified()?)
    };
    let before = made()?;
    let mut console = first.console()?;
    named(&mut console)?;
    console.write(NOTE_C, "gone")?;
    console.leave(&json!("restart"))?;
    first.until("STATUS=booting")?;
    first.until("STATUS=ready")?;
    let mut console = first.console()?;
    named(&mut console)?;
    nothing_of_c(&mut console)?;
    ensure!(made()? == before, "the identity was made again");
    first.stop()?;
    Ok(Outcome::Passed)
}

fn named(console: &mut Console) -> Result<()> {
    let found = console.show()?;
    let name = &found["computerName"];
    ensure!(name == "DESK-7", "the computer's name is {name}");
    Ok(())
}
