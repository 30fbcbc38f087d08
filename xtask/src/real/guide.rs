//! What the guide to Linux guests shows evaluates as it stands there.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::eval::evaluated;
use crate::test::{Check, Context, Counts, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "nix/guide",
    shows: "each block of Nix in docs/microvm.md evaluates, over doubles of NixOS and microvm.nix",
    run: guide,
}];

const LIMIT: Duration = Duration::from_secs(60);

/// Evaluates each block for what it is a part of.
fn guide(context: &Context) -> Result<Outcome> {
    let page = context.repository.join("docs/microvm.md");
    let page = fs::read_to_string(&page).with_context(|| format!("cannot read `{page}`"))?;
    let mut blocks = Vec::new();
    for part in page.split("```nix\n").skip(1) {
        blocks.push(part.split_once("```").context("a block has no end")?.0);
    }
    ensure!(blocks.len() > 5, "only {} blocks", blocks.len());
    let list: String = blocks.iter().copied().map(block).collect();
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
    let passed = u32::try_from(blocks.len())?;
    Ok(Outcome::Counted(Counts {
        passed,
        ..Counts::default()
    }))
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
