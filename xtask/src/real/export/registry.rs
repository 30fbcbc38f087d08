//! A containerDisk on its way to a registry, by the command that the page shows.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::Utf8Path;
use serde_json::Value;

use super::sealed::LIMIT;
use super::skopeo;
use crate::test::Context;

/// Takes one push, and tells what arrived.
const REGISTRY: &str = include_str!("registry.py");
const PAGE: &str = "docs/export.md";
/// What the page has in the place of a reader's registry.
const NAMED: &str = "registry.example";

/// What arrives is the archive's own, byte by byte: skopeo compresses layers unless it is told not
/// to, and each node would undo that.
pub(super) fn pushed(context: &Context, made: &Utf8Path) -> Result<()> {
    let page = fs::read_to_string(context.repository.join(PAGE))
        .with_context(|| format!("cannot read `{PAGE}`"))?;
    let shown = page.lines().find_map(|line| line.strip_prefix("$ skopeo "));
    let shown = shown.with_context(|| format!("`{PAGE}` shows no push"))?;
    let archive = format!("{made}/containerdisk.tar");
    let words = shown.replace("containerdisk.tar", &archive);
    let words = words.replace(NAMED, "REGISTRY");
    let temporary = context.folder.join("pushed");
    fs::create_dir(&temporary)?;
    let skopeo = skopeo(&temporary);
    let mut push = vec!["python3", "-c", REGISTRY];
    push.extend(skopeo);
    push.extend(words.split(' '));
    push.push("--dest-tls-verify=false");
    let arrived: Value = serde_json::from_str(&context.read(LIMIT, &push)?)?;

    let from = format!("oci-archive:{archive}");
    let own = context.read(LIMIT, &[&skopeo[..], &["inspect", "--raw", &from]].concat())?;
    let manifests = arrived["manifests"].as_object().context("no manifests")?;
    let manifests: Vec<_> = manifests.values().filter_map(Value::as_str).collect();
    ensure!(
        manifests == [own.trim()],
        "a registry is given {manifests:?}, and the archive has {own}"
    );
    let own: Value = serde_json::from_str(&own).context("a manifest")?;
    let layers = own["layers"].as_array().context("no layers")?;
    let wanted = layers.iter().chain([&own["config"]]);
    let wanted: BTreeSet<_> = wanted.filter_map(|one| one["digest"].as_str()).collect();
    let blobs = arrived["blobs"].as_object().context("no blobs")?;
    let blobs: BTreeSet<_> = blobs.keys().map(String::as_str).collect();
    ensure!(
        blobs == wanted,
        "a registry is given {blobs:?}, not {wanted:?}"
    );
    Ok(())
}
