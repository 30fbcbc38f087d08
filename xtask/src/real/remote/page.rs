//! The guide to builders, whose blocks are what the check does.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::super::eval::evaluated;
use crate::test::Context;

const LIMIT: Duration = Duration::from_secs(60);

/// What the guide says: the first machine that it tells Nix of.
pub(super) struct Page {
    pub(super) machine: Value,
}

impl Page {
    /// Evaluates all its blocks. It tells of some words, too.
    pub(super) fn new(context: &Context, told: &[&str]) -> Result<Self> {
        let file = context.repository.join("tests/nix/remote-builders.nix");
        let expression = format!("import {file} {}", blocks(context)?);
        let mut shown = evaluated(context, LIMIT, &["--expr", &expression])?;
        for (list, what) in [
            ("unknown", "no builder of the page has"),
            ("lost", "a builder as the page has it loses"),
        ] {
            let found = &shown[list];
            let is_empty = found.as_array().is_some_and(Vec::is_empty);
            ensure!(is_empty, "{what} {found}");
        }
        let machine = shown["machines"][0].take();
        ensure!(machine.is_object(), "the page has no machine");
        let text = text(context)?;
        for words in told {
            ensure!(text.contains(words), "the page does not tell of `{words}`");
        }
        Ok(Self { machine })
    }
}

fn text(context: &Context) -> Result<String> {
    let page = context.repository.join("docs/remote-builders.md");
    fs::read_to_string(&page).with_context(|| format!("cannot read `{page}`"))
}

/// Its blocks as a list of NixOS' modules.
pub(in crate::real) fn blocks(context: &Context) -> Result<String> {
    let mut blocks = Vec::new();
    for part in text(context)?.split("```nix\n").skip(1) {
        let (block, _) = part.split_once("```").context("a block has no end")?;
        blocks.push(format!("({{ {block} }})\n"));
    }
    ensure!(blocks.len() > 3, "only {} blocks", blocks.len());
    Ok(format!("[ {} ]", blocks.concat()))
}
