//! What goes wrong with layers, without Nix around it: each end has its exit code and its words.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::super::install::secrets;
use super::super::search::Search;
use super::{LIMIT, Subject, below};
use crate::demo;
use crate::parts;
use crate::test::{Context, Outcome, Ran};

pub(super) fn wrong(context: &Context) -> Result<Outcome> {
    let subject = Subject::new(context)?;
    let base = subject.build(context, &below(0))?;
    let layer = subject.build(context, &below(1))?;
    let here = |name: &str| context.folder.join(name);
    fs::write(here("tools.json"), demo::tools("/none").to_string())?;
    failing(context, Utf8Path::new(&base))?;
    bases(context, Utf8Path::new(&base), Utf8Path::new(&layer))?;
    Ok(Outcome::Passed)
}

fn lucarne(context: &Context, words: &[&str]) -> Result<Ran> {
    let program = parts::lucarne()?;
    let mut command = vec![program.as_str()];
    command.extend(words);
    command.extend(["--tools", "tools.json"]);
    context.inside(LIMIT, &command)
}

/// The third step fails: 3, with its words and its exit code, and the two before it recorded.
fn failing(context: &Context, base: &Utf8Path) -> Result<()> {
    // Steps with secrets, of which neither names nor words may tell.
    let mut steps = secrets::steps();
    let named = json!([
        { "id": "first", "directory": { "path": r"C:\A" } },
        { "id": "second", "file": { "path": r"C:\A\b.txt", "text": "b" } },
        { "id": "third", "name": "Install what is not there",
          "cmd": { "text": "echo no such package\r\nexit /b 7\r\n" } },
        { "id": "fourth", "directory": { "path": r"C:\C" } },
    ]);
    steps.extend(named.as_array().into_iter().flatten().cloned());
    let spec = json!({
        "schema": "lucarne.layer/1",
        "name": "failing",
        "install": { "accel": "tcg", "spareSpaceMib": 0 },
        "steps": steps,
    });
    fs::write(context.folder.join("failing.json"), spec.to_string())?;
    let words = [
        "layer",
        "failing.json",
        "--base",
        base.as_str(),
        "--out",
        "failed",
    ];
    let ran = lucarne(context, &words)?;
    ensure!(ran.code == 3, "a failing step ended with {}", ran.code);
    for words in [
        "guest: no such package",
        "step `Install what is not there`: the step failed with exit code 7",
        "hint: ",
    ] {
        ensure!(ran.stderr.contains(words), "it does not say `{words}`");
    }
    ensure!(!context.folder.join("failed").exists(), "there is an image");
    let work = context.folder.join("failed.work");
    let verdict: Value = serde_json::from_str(&fs::read_to_string(work.join("verdict.json"))?)?;
    ensure!(
        verdict["exitCode"] == 3 && verdict["phase"] == "steps",
        "{verdict:#}"
    );
    let ids: Vec<_> = verdict["steps"]
        .as_array()
        .context("steps")?
        .iter()
        .collect();
    let ids: Vec<_> = ids.iter().map(|step| step["id"].as_str()).collect();
    let count = secrets::steps().len();
    ensure!(
        ids.len() == count + 2 && ids[count..] == [Some("first"), Some("second")],
        "the steps done are {ids:?}"
    );
    let search = Search::new(&secrets::of_steps())?;
    search.none_in("the log", ran.stderr.as_bytes())?;
    search.none_below(&work)?;
    // The base's Setup logs are read out of the chain.
    let log = work.join("setup/Windows/Panther/setupact.log");
    ensure!(log.is_file(), "no log was read out of the layer's disk");
    Ok(())
}

/// A chain outside of the store, whose base then goes, comes back changed, or another one.
fn bases(context: &Context, base: &Utf8Path, layer: &Utf8Path) -> Result<()> {
    let here = |name: &str| context.folder.join(name);
    copy(context, base, &here("base"))?;
    copy(context, layer, &here("top"))?;
    let (disk, below) = (here("top/disk.qcow2"), here("base/disk.qcow2"));
    let move_it = [
        "qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b",
    ];
    context.read(
        LIMIT,
        &[&move_it[..], &[below.as_str(), disk.as_str()]].concat(),
    )?;
    // Its own hash is that of the moved one.
    let sum = context.read(LIMIT, &["sha256sum", disk.as_str()])?;
    edit(&here("top/manifest.json"), |manifest| {
        manifest["disk"]["sha256"] = sum.split(' ').next().unwrap_or_default().into();
    })?;
    let flatten = |out: &str| lucarne(context, &["flatten", "top", "--out", out]);
    ensure!(flatten("flat")?.code == 0, "a whole chain is not made flat");

    fs::rename(here("base"), here("elsewhere"))?;
    refused(&flatten("none")?, "which is gone")?;
    let spec = json!({
        "schema": "lucarne.layer/1",
        "name": "more",
        "steps": [{ "directory": { "path": r"C:\D" } }],
        "install": { "accel": "tcg" },
    });
    fs::write(here("more.json"), spec.to_string())?;
    let more = |base: &str| {
        lucarne(
            context,
            &["layer", "more.json", "--base", base, "--out", "none"],
        )
    };
    refused(&more("top")?, "which is gone")?;
    refused(&more("nowhere")?, "there is no image `nowhere`")?;

    fs::rename(here("elsewhere"), here("base"))?;
    let manifest = fs::read(here("base/manifest.json"))?;
    edit(&here("base/manifest.json"), |manifest| {
        manifest["name"] = "other".into();
    })?;
    refused(&more("top")?, "which is another one by now")?;
    edit(&here("base/manifest.json"), |manifest| {
        manifest["schema"] = "lucarne.manifest/0".into();
    })?;
    refused(&more("base")?, "its schema is `lucarne.manifest/0`")?;
    fs::write(here("base/manifest.json"), manifest)?;
    let mut bytes = fs::read(&below)?;
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&below, bytes)?;
    refused(&more("top")?, "is not the file that was sealed")?;
    ensure!(
        !here("none").exists() && !here("none.work").exists(),
        "something was left"
    );
    Ok(())
}

/// Each is the host's failure, before any machine.
fn refused(ran: &Ran, words: &str) -> Result<()> {
    ensure!(ran.code == 2, "it ended with {} instead of 2", ran.code);
    ensure!(ran.stderr.contains(words), "it does not say `{words}`");
    ensure!(ran.stderr.contains("hint: "), "it says no way out");
    ensure!(
        !ran.stderr.contains("phase `firmware`"),
        "a machine was started"
    );
    Ok(())
}

/// Copies an image out of the store, writable.
fn copy(context: &Context, from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    let words = [
        "cp",
        "--recursive",
        "--no-preserve=mode",
        from.as_str(),
        to.as_str(),
    ];
    context.read(LIMIT, &words)?;
    Ok(())
}

fn edit(file: &Utf8PathBuf, change: impl FnOnce(&mut Value)) -> Result<()> {
    let mut json: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    change(&mut json);
    fs::write(file, json.to_string())?;
    Ok(())
}
