//! The builder compiles from what its package is given of this repository, and from no more.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "nix/builder-source",
        shows: "`lucarne-builder` compiles from its package's filtered source",
        run: builder,
    },
    Check {
        name: "nix/guest-source",
        shows: "`lucarne-guest` is whole in its package's filtered source",
        run: guest,
    },
];

const LIMIT: Duration = Duration::from_secs(60);

fn builder(context: &Context) -> Result<Outcome> {
    let tree = tree(context, "source.nix")?;
    ensure!(
        !tree.join("src/cli").exists(),
        "the command line is part of the builder's source"
    );
    let what = ["--no-default-features", "--bin", "lucarne-builder"];
    compiles(context, &tree, &what)
}

/// Compiled for this machine: all but the calls of Windows' functions, whose files are looked for.
fn guest(context: &Context) -> Result<Outcome> {
    let tree = tree(context, "guest-source.nix")?;
    let same = |path: &str| -> Result<bool> {
        let own = std::fs::read_dir(context.repository.join(path))?.count();
        Ok(own == std::fs::read_dir(tree.join(path))?.count())
    };
    ensure!(same("guest/src/windows")?, "a part is missing");
    ensure!(
        !tree.join("guest/examples").exists(),
        "it has more than it needs"
    );
    compiles(context, &tree.join("guest"), &["--bin", "lucarne-guest"])
}

/// A package's source, as its file filters it, outside of the store.
fn tree(context: &Context, file: &str) -> Result<Utf8PathBuf> {
    let source = context.repository.join("nix/packages").join(file);
    let args = ["nix-instantiate", "--eval", "--raw", "--read-write-mode"];
    let path = context.read(LIMIT, &[&args[..], &[source.as_str()]].concat())?;
    // The store is the tool root's; cargo is the machine's.
    let tree = context.folder.join("tree");
    let copy = [
        "cp",
        "--recursive",
        "--no-preserve=mode",
        path.trim(),
        tree.as_str(),
    ];
    context.read(LIMIT, &copy)?;
    Ok(tree)
}

fn compiles(context: &Context, tree: &Utf8Path, what: &[&str]) -> Result<Outcome> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(tree)
        .args(["check", "--quiet", "--locked"])
        .args(what)
        .env("CARGO_TARGET_DIR", context.repository.join("target"));
    let ran = context.capture(&mut cargo, &format!("cargo check {}", what.join(" ")))?;
    ensure!(
        ran.code == 0,
        "the filtered source does not compile: {}",
        ran.stderr
    );
    Ok(Outcome::Passed)
}
