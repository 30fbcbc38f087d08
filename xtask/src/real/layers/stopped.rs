//! A layer that is stopped while it is sealed.

use std::fs;

use anyhow::{Result, ensure};
use serde_json::json;

use super::super::install::host::at_phase;
use super::super::install::run::watched;
use super::Subject;
use crate::demo;
use crate::parts;
use crate::test::{Context, Outcome};

pub(super) fn stopped(context: &Context) -> Result<Outcome> {
    let base = Subject::without_layers(context)?.build(context, "image")?;
    let spec = json!({
        "schema": "lucarne.layer/1",
        "name": "stopped",
        "install": { "accel": "tcg", "spareSpaceMib": 0 },
        "steps": [{ "directory": { "path": r"C:\Stopped" } }],
    });
    fs::write(context.folder.join("stopped.json"), spec.to_string())?;
    fs::write(
        context.folder.join("tools.json"),
        demo::tools("/none").to_string(),
    )?;
    let lucarne = parts::lucarne()?;
    #[rustfmt::skip]
    let words = [
        lucarne.as_str(), "layer", "stopped.json", "--base", &base, "--out", "made",
        "--tools", "tools.json",
    ];
    let around = at_phase("seal", "kill -TERM $pid");
    let end = watched(context, &words.map(str::to_owned), Some(&around))?;
    ensure!(end.code == 143, "it ended with {} instead of 143", end.code);
    // What is worked on is beside the image, under names that begin as its own does.
    for entry in context.folder.read_dir_utf8()? {
        let entry = entry?;
        let name = entry.file_name();
        ensure!(!name.starts_with("made"), "it left `{name}`");
    }
    Ok(Outcome::Passed)
}
