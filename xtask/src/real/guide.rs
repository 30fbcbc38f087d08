//! What guides show evaluates as it stands there.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::eval::evaluated;
use super::pages;
use crate::test::{Check, Context, Counts, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "nix/guide",
        shows: "each block of Nix in docs/microvm.md and docs/matrix.md evaluates, over doubles",
        run: guide,
    },
    Check {
        name: "nix/pages",
        shows: "so does each of the README and the other guides, and its images are no problem",
        run: pages::shown,
    },
];

const LIMIT: Duration = Duration::from_secs(60);

/// Evaluates each block for what it is a part of.
fn guide(context: &Context) -> Result<Outcome> {
    let passed = guests(context)? + matrices(context)?;
    Ok(Outcome::Counted(Counts {
        passed: u32::try_from(passed)?,
        ..Counts::default()
    }))
}

fn guests(context: &Context) -> Result<usize> {
    let blocks = blocks(context, "docs/microvm.md")?;
    ensure!(blocks.len() > 5, "only {} blocks", blocks.len());
    let list: String = blocks.iter().map(|code| block(code)).collect();
    let file = context.repository.join("tests/nix/guests/guide.nix");
    let expression = format!("import {file} [ {list} ]");
    let failed = evaluated(context, LIMIT, &["--expr", &expression])?;
    let failed: Vec<Vec<String>> = serde_json::from_value(failed)?;
    let wrong: Vec<_> = failed
        .iter()
        .zip(&blocks)
        .filter(|(failed, _)| !failed.is_empty())
        .collect();
    ensure!(wrong.is_empty(), "{wrong:?}");
    Ok(blocks.len())
}

/// Each is a set of images, down to their derivations.
fn matrices(context: &Context) -> Result<usize> {
    let blocks = blocks(context, "docs/matrix.md")?;
    let list: Vec<_> = blocks
        .iter()
        .map(|code| format!("({{ iso, windows }}: {code})"))
        .collect();
    let list = list.join(" ");
    let file = context.repository.join("tests/nix/matrix-guide.nix");
    let expression = format!("import {file} [ {list} ]");
    let images = evaluated(context, LIMIT, &["--expr", &expression])?;
    let images: Vec<BTreeMap<String, String>> = serde_json::from_value(images)?;
    let (first, _) = images.split_first().context("no block")?;
    // Those that the page names, of as many as it says.
    let named = ["11-25h2-pro-en-us", "11-25h2-pro-en-us-office"];
    let there = named.iter().all(|name| first.contains_key(*name));
    ensure!(there && first.len() == 12, "the first has {first:#?}");
    Ok(blocks.len())
}

/// A page's blocks of Nix.
fn blocks(context: &Context, page: &str) -> Result<Vec<String>> {
    let page = context.repository.join(page);
    let page = fs::read_to_string(&page).with_context(|| format!("cannot read `{page}`"))?;
    let parts = page.split("```nix\n").skip(1);
    parts
        .map(|part| {
            let block = part.split_once("```").context("a block has no end")?;
            Ok(block.0.to_owned())
        })
        .collect()
}

/// A function of the flakes that the page calls by their names.
fn block(code: &str) -> String {
    let (kind, module) = if code.starts_with('{') {
        ("whole", code.to_owned())
    } else if code.contains("microvm.host") {
        ("host", format!("{{ {code} }}"))
    } else {
        ("guest", format!("{{ {code} }}"))
    };
    format!("{{ kind = \"{kind}\"; module = {{ lucarne, microvm }}: {module}; }}\n")
}
