//! The answer ISO of a layer: steps, and what goes with them. There is no answer file on it, for no
//! Setup runs.

use std::fs;

use anyhow::Context as _;
use camino::Utf8Path;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::tree::{hex, of_steps, steps};
use super::{MODE, Tree, read_guest, write};
use crate::failure::Failure;
use crate::output::Output;
use crate::payload::Source;
use crate::plan::LayerPlan;
use crate::signals::Signals;

/// Makes the output folder: `answer.iso`, and `plan.json` for people.
pub fn build(
    plan: &LayerPlan,
    guest: Option<&Utf8Path>,
    out: &Utf8Path,
    signals: &Signals,
) -> Result<(), Failure> {
    let mut tree = tree(plan, guest.map(read_guest).transpose()?)?;
    let iso = plan.virtio_win_iso.as_deref().map(Utf8Path::new);
    let found = super::of_steps(&plan.payloads, iso)?;
    of_steps(&plan.payloads, found, &mut tree);
    let output = signals.make(|| Output::beside(out), Output::traces)?;
    let written = fill(output.folder(), &tree, plan);
    signals.settle();
    written?;
    Ok(signals.commit(output)?)
}

fn fill(folder: &Utf8Path, tree: &Tree, plan: &LayerPlan) -> anyhow::Result<()> {
    write(tree, &folder.join("answer.iso"), MODE)?;
    let file = folder.join("plan.json");
    fs::write(&file, plan.to_json()).with_context(|| format!("cannot write `{file}`"))
}

/// The files, but for those of the host's. Equal inputs give equal bytes.
fn tree(plan: &LayerPlan, guest: Option<Vec<u8>>) -> anyhow::Result<Tree> {
    let files = [
        ("lucarne.json", Some(marker(plan)?.into_bytes())),
        ("steps.json", Some(steps(&plan.steps)?.into_bytes())),
        // The base has one; a newer one takes its place, so that a layer's steps are understood.
        ("lucarne-guest.exe", guest),
    ];
    let files = files.into_iter().filter_map(|(name, bytes)| {
        let source = Source::Bytes(bytes?);
        Some((format!("lucarne/{name}"), source))
    });
    Ok(files.collect())
}

/// What tells this medium from an install's: the guest program, which every start of Windows
/// starts, looks for it.
fn marker(plan: &LayerPlan) -> anyhow::Result<String> {
    let marker = json!({
        "schema": "lucarne.media/1",
        "purpose": "layer",
        "name": plan.name,
        "planSha256": hex(&Sha256::digest(plan.to_json())),
        "stepsSha256": hex(&Sha256::digest(steps(&plan.steps)?)),
    });
    Ok(format!("{marker:#}\n"))
}
