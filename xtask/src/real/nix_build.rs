//! An image of the stand-in as a Nix expression, and what is asked of its store paths.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use camino::Utf8PathBuf;
use serde_json::Value;

use crate::demo::{self, Inputs};
use crate::parts::Order;
use crate::root;
use crate::test::Context;

const LIMIT: Duration = Duration::from_secs(120);

/// The image that checks build: the demo's with another name, so that the demo keeps its own.
pub(super) struct Subject {
    pub(super) file: Utf8PathBuf,
}

impl Subject {
    pub(super) fn new(context: &Context) -> Result<Self> {
        Self::with(context, |spec| spec["name"] = "check".into())
    }

    /// The same with another spec.
    pub(super) fn with(context: &Context, change: impl FnOnce(&mut Value)) -> Result<Self> {
        let tools = root::ensure()?;
        let inputs = Inputs::standin(&Order::default(), demo::EDITION)?;
        let mut spec = demo::spec(&inputs);
        change(&mut spec);
        let file = context.folder.join("image.nix");
        fs::write(&file, demo::expression(&tools, &inputs, &spec)?)
            .with_context(|| format!("cannot write `{file}`"))?;
        Ok(Self { file })
    }

    /// The store path that an attribute of the image will have; the image's own for `outPath`.
    pub(super) fn output(&self, context: &Context, attribute: &str) -> Result<String> {
        let expression = format!("\"${{(import {}).{attribute}}}\"", self.file);
        let command = [
            "nix-instantiate",
            "--eval",
            "--strict",
            "--raw",
            "--expr",
            &expression,
        ];
        Ok(context.read(LIMIT, &command)?.trim().to_owned())
    }
}

/// Takes a path out of the store, so that it is built again.
pub(super) fn remove(context: &Context, path: &str) -> Result<()> {
    if context
        .inside(LIMIT, &["nix-store", "--check-validity", path])?
        .code
        == 0
    {
        context.read(LIMIT, &["nix-store", "--delete", "--ignore-liveness", path])?;
    }
    Ok(())
}

/// What a store path refers to.
pub(super) fn references(context: &Context, path: &str) -> Result<Vec<String>> {
    let found = context.read(LIMIT, &["nix-store", "--query", "--references", path])?;
    Ok(found.split_whitespace().map(str::to_owned).collect())
}
