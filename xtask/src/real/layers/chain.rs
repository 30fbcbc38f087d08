//! Five layers, built and looked at.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::Utf8Path;
use serde_json::Value;

use super::super::chain;
use super::super::nix_build::{references, remove};
use super::super::raw::{Part, raw_of};
use super::{LIMIT, NAMES, Subject, below};
use crate::test::{Context, Outcome};

/// Another layer in the place of the last one.
const CHANGED: &str = r#"image.overrideLayer { steps = [ { directory.path = "C:\\Changed"; } ]; }"#;

pub(super) fn five(context: &Context) -> Result<Outcome> {
    let subject = Subject::new(context)?;
    let paths = paths(context, &subject)?;
    let built = subject.build(context, "image")?;
    ensure!(built == paths[NAMES.len()], "another path was built");
    for (level, path) in paths.iter().enumerate() {
        let wanted = level.checked_sub(1).map(|below| paths[below].clone());
        let found = references(context, path)?;
        ensure!(
            found == Vec::from_iter(wanted),
            "level {level} refers to {found:?}"
        );
    }
    sizes(context, &paths)?;
    manifests(context, &paths)?;
    files(context, &paths)?;
    changed(context, &subject)?;
    flat(context, &subject, &paths)?;
    Ok(Outcome::Passed)
}

/// The paths of the base and the layers.
fn paths(context: &Context, subject: &Subject) -> Result<Vec<String>> {
    let paths: Vec<_> = (0..=NAMES.len()).map(below).collect();
    outputs(context, subject, &paths)
}

/// Takes the layers, and what is made of them, out of the store.
pub(super) fn forget(context: &Context, subject: &Subject) -> Result<()> {
    let mut all = ["image.flatten", CHANGED, "image.tests.sealed"]
        .map(str::to_owned)
        .to_vec();
    // An earlier run of the same builder has left it, and it is to be built.
    all.push(format!("({CHANGED}).media"));
    all.extend((1..=NAMES.len()).rev().map(below));
    for path in outputs(context, subject, &all)? {
        remove(context, &path)?;
    }
    Ok(())
}

/// The store paths of what expressions give, from one evaluation.
fn outputs(context: &Context, subject: &Subject, expressions: &[String]) -> Result<Vec<String>> {
    let lines: Vec<_> = expressions
        .iter()
        .map(|expression| format!("\"${{{expression}}}\\n\""))
        .collect();
    let text = subject.text(context, &lines.join(" + "))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// One base and five differences: each is told, and none is near the base.
fn sizes(context: &Context, paths: &[String]) -> Result<()> {
    let mut sizes = Vec::new();
    for path in paths {
        let size = context.read(
            LIMIT,
            &["stat", "--format=%s", &format!("{path}/disk.qcow2")],
        )?;
        sizes.push(size.trim().parse::<u64>().context("a size")?);
    }
    let told: Vec<_> = sizes
        .iter()
        .map(|size| format!("{} KiB", size >> 10))
        .collect();
    context.log(&format!("the base and its layers: {}", told.join(", ")))?;
    println!(
        "        layers/five: the base and its layers: {}",
        told.join(", ")
    );
    let (base, layers) = sizes.split_first().context("a base")?;
    for layer in layers {
        ensure!(
            layer * 4 < *base,
            "a layer has {layer} bytes, the base {base}"
        );
    }
    Ok(())
}

/// The manifests tell the steps of all, and what lies below by its hashes.
fn manifests(context: &Context, paths: &[String]) -> Result<()> {
    let mut steps = 0;
    for (level, path) in paths.iter().enumerate() {
        let file = format!("{path}/manifest.json");
        let text = context.read(LIMIT, &["cat", &file])?;
        ensure!(!text.contains("/nix/store"), "`{file}` holds a store path");
        let manifest: Value = serde_json::from_str(&text).context("a manifest")?;
        let base = &manifest["inputs"]["base"];
        if level > 0 {
            let below = format!("{}/manifest.json", paths[level - 1]);
            let sum = context.read(LIMIT, &["sha256sum", &below])?;
            let wanted = base["manifestSha256"].as_str().unwrap_or_default();
            ensure!(
                sum.starts_with(wanted) && wanted.len() == 64,
                "level {level}: {base}"
            );
            ensure!(base["depth"] == level, "level {level}: {base}");
        } else {
            ensure!(base.is_null(), "the base has a base");
        }
        let count = manifest["steps"].as_array().map_or(0, Vec::len);
        ensure!(
            count >= steps + 2 || level == 0,
            "level {level} tells {count} steps"
        );
        steps = count;
        let identity = &manifest["machine"]["identity"];
        ensure!(
            identity == "check-layers",
            "level {level} is another machine: {identity}"
        );
    }
    Ok(())
}

/// What each layer did is there, and what the fourth removed is gone from then on.
fn files(context: &Context, paths: &[String]) -> Result<()> {
    for (level, path) in paths.iter().enumerate() {
        let found = listed(context, path, "Layers")?;
        let mut wanted: Vec<&str> = NAMES[..level].to_vec();
        if level >= 4 {
            wanted.remove(0);
        }
        wanted.sort_unstable();
        ensure!(found == wanted, "level {level} has {found:?}");
    }
    Ok(())
}

/// What a folder of C: holds, as ntfs-3g reads it; nothing where there is no such folder.
pub(in crate::real) fn listed(context: &Context, image: &str, folder: &str) -> Result<Vec<String>> {
    let text = context.read(LIMIT, &["cat", &format!("{image}/manifest.json")])?;
    let manifest: Value = serde_json::from_str(&text).context("a manifest")?;
    let disk = Utf8Path::new(image).join("disk.qcow2");
    let part = raw_of(context, &disk, Some(Part::of_windows(&manifest)?))?;
    let ran = context.inside(
        LIMIT,
        &["ntfsls", "--force", "--path", folder, part.as_str()],
    )?;
    fs::remove_file(&part)?;
    let mut names: Vec<_> = ran.stdout.lines().map(str::to_owned).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

/// Another last layer: its media and itself are built, and nothing else.
fn changed(context: &Context, subject: &Subject) -> Result<()> {
    let expression = subject.about(CHANGED);
    let command = [
        "nix",
        "build",
        "--impure",
        "--dry-run",
        "--no-link",
        "--expr",
        &expression,
    ];
    let ran = context.inside(LIMIT, &command)?;
    let mut built: Vec<_> = ran
        .stderr
        .lines()
        .filter_map(|line| line.trim().strip_suffix(".drv")?.split_once('-'))
        .map(|(_, name)| name)
        .collect();
    built.sort_unstable();
    ensure!(
        built == ["five-layer", "five-media"],
        "it would build {built:?}"
    );
    let image = subject.build(context, CHANGED)?;
    let found = listed(context, &image, "Changed")?;
    ensure!(
        found.is_empty(),
        "the changed layer's folder holds {found:?}"
    );
    let found = listed(context, &image, "Layers")?;
    ensure!(
        found == ["four", "three", "two"],
        "on the changed layer are {found:?}"
    );
    Ok(())
}

/// The chain as one image has the same bytes, and refers to nothing; and the chain is what its
/// manifests say.
fn flat(context: &Context, subject: &Subject, paths: &[String]) -> Result<()> {
    let flat = subject.build(context, "image.flatten")?;
    let found = references(context, &flat)?;
    ensure!(found.is_empty(), "the flat image refers to {found:?}");
    let bytes = |image: &str| chain::read(context, &Utf8Path::new(image).join("disk.qcow2"), true);
    let (top, own) = bytes(&paths[NAMES.len()])?;
    ensure!(!own.is_empty(), "the last layer has no part of its own");
    let (same, _) = bytes(&flat)?;
    ensure!(top == same, "the flat image has other bytes");
    let (other, _) = bytes(&paths[0])?;
    ensure!(top != other, "the layers changed nothing");
    subject.build(context, "image.tests.sealed")?;
    Ok(())
}
