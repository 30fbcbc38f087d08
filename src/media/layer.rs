//! The answer ISO of a layer: steps, and what goes with them. There is no answer file on it, for no
//! Setup runs.

use std::fs;

use anyhow::Context as _;
use camino::Utf8Path;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Tree, read_guest, write};
use crate::failure::Failure;
use crate::output::Output;
use crate::plan::LayerPlan;
use crate::signals::Signals;

/// Makes the output folder: `answer.iso`, and `plan.json` for people.
pub fn build(
    plan: &LayerPlan,
    guest: Option<&Utf8Path>,
    out: &Utf8Path,
    signals: &Signals,
) -> Result<(), Failure> {
    let tree = tree(plan, guest.map(read_guest).transpose()?)?;
    let output = signals.make(|| Output::beside(out), Output::traces)?;
    let written = fill(output.folder(), &tree, plan);
    signals.settle();
    written?;
    Ok(output.commit()?)
}

fn fill(folder: &Utf8Path, tree: &Tree, plan: &LayerPlan) -> anyhow::Result<()> {
    write(tree, &folder.join("answer.iso"))?;
    let file = folder.join("plan.json");
    fs::write(&file, plan.to_json()).with_context(|| format!("cannot write `{file}`"))
}

/// The files. Equal inputs give equal bytes.
fn tree(plan: &LayerPlan, guest: Option<Vec<u8>>) -> anyhow::Result<Tree> {
    let steps = serde_json::to_string_pretty(&plan.steps).context("cannot write the steps")?;
    let mut tree = Tree::from([
        ("lucarne/lucarne.json".into(), marker(plan).into_bytes()),
        ("lucarne/steps.json".into(), (steps + "\n").into_bytes()),
    ]);
    // The base has one; a newer one takes its place, so that a layer's steps are understood.
    tree.extend(guest.map(|guest| ("lucarne/lucarne-guest.exe".into(), guest)));
    Ok(tree)
}

/// What tells this medium from an install's: the guest program, which every start of Windows
/// starts, looks for it.
fn marker(plan: &LayerPlan) -> String {
    let marker = json!({
        "schema": "lucarne.media/1",
        "purpose": "layer",
        "name": plan.name,
        "planSha256": format!("{:x}", Sha256::digest(plan.to_json())),
    });
    format!("{marker:#}\n")
}
