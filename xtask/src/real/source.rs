//! The builder compiles from what its package is given of this repository, and from no more.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "nix/builder-source",
    shows: "`lucarne-builder` compiles from its package's filtered source",
    run: compiles,
}];

const LIMIT: Duration = Duration::from_secs(60);

fn compiles(context: &Context) -> Result<Outcome> {
    let source = context.repository.join("nix/packages/source.nix");
    let args = ["nix-instantiate", "--eval", "--raw", "--read-write-mode"];
    let path = context.read(LIMIT, &[&args[..], &[source.as_str()]].concat())?;
    // The store is the tool root's; cargo is the machine's.
    let tree = context.folder.join("tree");
    context.read(
        LIMIT,
        &[
            "cp",
            "--recursive",
            "--no-preserve=mode",
            path.trim(),
            tree.as_str(),
        ],
    )?;
    ensure!(
        !tree.join("src/cli").exists(),
        "the command line is part of the builder's source"
    );
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(&tree)
        .args(["check", "--quiet", "--locked", "--no-default-features"])
        .args(["--bin", "lucarne-builder"])
        .env("CARGO_TARGET_DIR", context.repository.join("target"));
    let ran = context.capture(&mut cargo, "cargo check --bin lucarne-builder")?;
    ensure!(
        ran.code == 0,
        "the filtered source does not compile: {}",
        ran.stderr
    );
    Ok(Outcome::Passed)
}
