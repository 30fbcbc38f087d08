//! Machines over the real NixOS, and over the host of microvm.nix.

use std::env;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use camino::Utf8Path;

use super::eval::{EVALUATE, count};
use crate::enter;
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "nix/nixos",
    shows: "the module evaluates over the real NixOS and the host of microvm.nix",
    run: nixos,
}];

/// NixOS takes a second for each of some dozens of hosts.
const LIMIT: Duration = Duration::from_secs(900);
/// Names the folder that is evaluated.
const TREE: &str = "LUCARNE_NIXOS_EVAL";

/// Over a folder that holds nixpkgs' modules and, where it has them, repositories of others.
fn nixos(context: &Context) -> Result<Outcome> {
    let Ok(tree) = env::var(TREE) else {
        let why = format!("`{TREE}` names no folder with `nixpkgs` (docs/nixos.md)");
        return Ok(Outcome::Skipped(why));
    };
    let tree = enter::absolute(Utf8Path::new(&tree))?;
    if !tree.join("nixpkgs/nixos/lib/eval-config.nix").exists() {
        bail!("`{tree}/nixpkgs` holds no NixOS");
    }
    let other = |name: &str, argument: &str| {
        let folder = tree.join(name);
        let there = folder.exists();
        if !there {
            _ = context.log(&format!("no `{folder}`: what needs it is left out"));
        }
        there.then(|| format!("{argument} = \"{folder}\";"))
    };
    let microvm = other("microvm.nix", "microvm").unwrap_or_default();
    let nixfiles = other("nixfiles", "nixfiles").unwrap_or_default();
    let provision = other("provision-nix", "provision").unwrap_or_default();
    let extra = other("extra-lib", "extra-lib").unwrap_or_default();
    let impermanence = other("impermanence", "impermanence").unwrap_or_default();
    let file = context.repository.join("tests/nix/nixos.nix");
    let others = [microvm, nixfiles, provision, extra, impermanence].concat();
    let expression = format!("import {file} {{ nixpkgs = \"{tree}/nixpkgs\"; {others} }}");
    let command = [&EVALUATE[..], &["--json", "--expr", &expression]].concat();
    let ran = context.inside_seeing(LIMIT, &[tree], &command)?;
    ensure!(ran.code == 0, "evaluation ended with {}", ran.code);
    count(context, &ran.stdout)
}
