//! Machines over the real NixOS, and over the host of microvm.nix.

use std::time::Duration;
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};
use camino::Utf8Path;
use serde_json::Value;

use super::eval::{EVALUATE, count};
use super::remote;
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
/// The one with guests whose runners have scripts.
const MICROVM: &str = "microvm.nix";
/// Repositories of others in it, each with the argument that is its place.
const OTHERS: [(&str, &str); 5] = [
    (MICROVM, "microvm"),
    ("nixfiles", "nixfiles"),
    ("provision-nix", "provision"),
    ("extra-lib", "extra-lib"),
    ("impermanence", "impermanence"),
];

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
    let (there, absent): (Vec<_>, Vec<_>) =
        (OTHERS.iter()).partition(|(folder, _)| tree.join(folder).exists());
    let others = there.iter();
    let others = others.map(|(folder, name)| format!("{name} = \"{tree}/{folder}\"; "));
    let others: String = others.collect();
    let file = context.repository.join("tests/nix/nixos.nix");
    let builders = remote::blocks(context)?;
    let expression =
        format!("import {file} {{ nixpkgs = \"{tree}/nixpkgs\"; builders = {builders}; {others}}}");
    let command = [&EVALUATE[..], &["--json", "--expr", &expression]].concat();
    let ran = context.inside_seeing(LIMIT, &[tree], &command)?;
    ensure!(ran.code == 0, "evaluation ended with {}", ran.code);
    let result: Value = serde_json::from_str(&ran.stdout)?;
    if there.iter().any(|(folder, _)| *folder == MICROVM) {
        scripts(context, &result)?;
    }
    let counted = count(context, &result)?;
    let absent = absent.iter();
    let absent = absent.map(|(folder, _)| format!("what needs `{folder}`, which is not there"));
    Ok(match counted {
        Outcome::Counted(counts) if counts.failed == 0 => Outcome::Listed {
            passed: counts.passed,
            skipped: absent.collect(),
        },
        other => other,
    })
}

/// Says of each file what bash cannot read in it.
const READ: &str = "worst=0; for file; do bash -n \"$file\" || worst=1; done; exit $worst";

/// Has bash read each script that a guest's runner would have.
fn scripts(context: &Context, result: &Value) -> Result<()> {
    let scripts = result["scripts"].as_object().context("no `scripts`")?;
    ensure!(!scripts.is_empty(), "no guest has a script");
    let folder = context.folder.join("scripts");
    fs::create_dir(&folder).with_context(|| format!("cannot make `{folder}`"))?;
    let mut words: Vec<_> = ["bash", "-c", READ, "read"].map(str::to_owned).into();
    for (name, text) in scripts {
        let file = folder.join(name);
        let text = text.as_str().context("a script is no text")?;
        fs::write(&file, text).with_context(|| format!("cannot write `{file}`"))?;
        words.push(file.into_string());
    }
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let ran = context.inside(LIMIT, &words)?;
    ensure!(
        ran.code == 0,
        "bash cannot read all scripts: {}",
        ran.stderr
    );
    println!("        nix/nixos: bash reads {} scripts", scripts.len());
    Ok(())
}
