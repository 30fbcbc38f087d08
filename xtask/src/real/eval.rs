//! What evaluation gives: values, words, and derivations that stay what they are.

use std::collections::BTreeMap;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};
use camino::Utf8Path;
use serde_json::Value;

use super::{test_modules, tree};
use crate::test::{Check, Context, Counts, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "nix/values",
        shows: "evaluation gives the specs of the cases, and derivations as they should be",
        run: values,
    },
    Check {
        name: "nix/messages",
        shows: "what is refused is refused in our words",
        run: messages,
    },
    Check {
        name: "nix/flake",
        shows: "the flake's outputs evaluate over the double of nixpkgs",
        run: flake,
    },
    Check {
        name: "nix/drv-path",
        shows: "only changes in what installs change an image's derivation",
        run: drv_path,
    },
];

const LIMIT: Duration = Duration::from_secs(300);

/// What a file holds, or an expression after `--expr`, whole.
pub(super) fn evaluated(context: &Context, limit: Duration, asked: &[&str]) -> Result<Value> {
    let json = context.read(limit, &[&EVALUATE[..], &["--json"], asked].concat())?;
    serde_json::from_str(&json).context("what Nix wrote is no JSON")
}

/// Nothing is built for an answer.
pub(super) const EVALUATE: [&str; 6] = [
    "nix-instantiate",
    "--eval",
    "--strict",
    "--option",
    "allow-import-from-derivation",
    "false",
];

fn values(context: &Context) -> Result<Outcome> {
    let file = context.repository.join("tests/nix/eval.nix");
    count(context, &evaluated(context, LIMIT, &[file.as_str()])?)
}

/// What is compared in Nix: the names of what is as it should be, and what is not.
pub(super) fn count(context: &Context, result: &Value) -> Result<Outcome> {
    let list = |key: &str| {
        result[key]
            .as_array()
            .with_context(|| format!("no list `{key}`"))
    };
    let (passed, failed) = (list("passed")?, list("failed")?);
    let mut counts = Counts {
        passed: u32::try_from(passed.len())?,
        ..Counts::default()
    };
    for check in failed {
        if write_wanted(context, check)? {
            counts.passed += 1;
        } else {
            context.log(&format!("{check:#}"))?;
            counts.failed += 1;
        }
    }
    ensure!(!passed.is_empty(), "nothing was compared");
    Ok(Outcome::Counted(counts))
}

/// With `UPDATE_EXPECT`, as `cargo test` takes it, what evaluation gives becomes what is wanted of
/// a case: its `spec.json`, which nobody but Nix can write, or a page, which is a text. Whether it
/// did.
fn write_wanted(context: &Context, check: &Value) -> Result<bool> {
    let (Some(file), Some(_)) = (check["file"].as_str(), env::var_os("UPDATE_EXPECT")) else {
        return Ok(false);
    };
    let path = context.repository.join(file);
    let folder = path.parent().context("a case without a folder")?;
    fs::create_dir_all(folder)?;
    let text = match &check["got"] {
        Value::String(page) => page.clone(),
        value => format!("{value:#}\n"),
    };
    fs::write(&path, text)?;
    context.log(&format!("written: {file}"))?;
    Ok(true)
}

fn messages(context: &Context) -> Result<Outcome> {
    let file = context.repository.join("tests/nix/messages.nix");
    let expression =
        format!("builtins.mapAttrs (_: m: {{ inherit (m) fails says; }}) (import {file})");
    let expected = evaluated(context, LIMIT, &["--expr", &expression])?;
    let expected: BTreeMap<String, Value> = serde_json::from_value(expected)?;
    let mut counts = Counts::default();
    for (name, expected) in &expected {
        let attribute = format!("{name}.expression");
        let command = [&EVALUATE[..], &[file.as_str(), "--attr", &attribute]].concat();
        let ran = context.inside(LIMIT, &command)?;
        let says = expected["says"].as_str().context("`says` is no text")?;
        let fails = expected["fails"]
            .as_bool()
            .context("`fails` is no boolean")?;
        if (ran.code != 0) == fails && one_line(&ran.stderr).contains(&one_line(says)) {
            counts.passed += 1;
        } else {
            context.log(&format!("FAILED {name}: fails = {fails}, says `{says}`"))?;
            counts.failed += 1;
        }
    }
    ensure!(counts != Counts::default(), "there was no message");
    Ok(Outcome::Counted(counts))
}

/// Nix breaks lines and indents what is thrown.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What users and the README name.
const OUTPUTS: &[&str] = &[
    "apps",
    "checks",
    "devShells",
    "formatter",
    "legacyPackages",
    "lib",
    "nixosModules",
    "overlays",
    "packages",
    "templates",
];

/// From a copy without cargo's folders, which a flake of a plain folder would take along.
fn flake(context: &Context) -> Result<Outcome> {
    let tree = tree::copy(context, "tree")?;
    let (own, double) = (
        format!("path:{tree}"),
        format!("path:{tree}/tests/nix/nixpkgs"),
    );
    let nixpkgs = [
        "--override-input",
        "nixpkgs",
        &double,
        "--no-write-lock-file",
        "--offline",
    ];
    context.read(
        LIMIT,
        &[&["nix", "flake", "check", "--no-build", &own], &nixpkgs[..]].concat(),
    )?;
    let json = context.read(
        LIMIT,
        &[
            &["nix", "flake", "show", "--json", "--legacy", &own],
            &nixpkgs[..],
        ]
        .concat(),
    )?;
    let shown: Value = serde_json::from_str(&json)?;
    for output in OUTPUTS {
        ensure!(
            shown.get(*output).is_some(),
            "the flake has no output `{output}`"
        );
    }
    Ok(Outcome::Passed)
}

/// Files that no install depends on: some are there, some are of parts to come.
const UNRELATED: &[(&str, &str)] = &[
    ("README.md", "a line"),
    (".ci/run", "# a line"),
    ("docs/book.md", "a line"),
    ("nix/lib/machine/unit.nix", "# a line"),
    ("nix/lib/network/names.nix", "# a line"),
    ("nix/modules/host.nix", "# a line"),
    ("nix/tools.nix", "# a line"),
    ("src/cli/mod.rs", "// a line"),
    ("src/exec/replace.rs", "// a line"),
    ("src/instance/mod.rs", "// a line"),
    ("src/machine/run/mod.rs", "// a line"),
    ("src/selftest/mod.rs", "// a line"),
    ("src/media/tests.rs", "// a line"),
    ("tests/it/main.rs", "// a line"),
    ("tests/standin/src/lib.rs", "// a line"),
    ("xtask/src/main.rs", "// a line"),
];

const RELATED: &[(&str, &str)] = &[
    ("src/answer/mod.rs", "// a line"),
    ("data/keyboards.tsv", "# a line"),
    ("data/locales.tsv", "# a line"),
    ("data/product-keys.tsv", "# a line"),
    ("data/time-zones.tsv", "# a line"),
    ("protocol/src/lib.rs", "// a line"),
    ("Cargo.lock", "# a line"),
];

fn drv_path(context: &Context) -> Result<Outcome> {
    let tree = tree::copy(context, "tree")?;
    let before = derivation(context, &tree)?;
    for (path, line) in UNRELATED {
        tree::touch(&tree, path, line)?;
    }
    let tests = test_modules::of(&tree.join("src"))?;
    ensure!(tests.len() > 10, "only {tests:?} are modules of tests");
    for path in &tests {
        tree::touch(&tree, path.strip_prefix(&tree)?.as_str(), "// a line")?;
    }
    if derivation(context, &tree)? != before {
        bail!("one of these changed the image's derivation: {UNRELATED:?} {tests:?}");
    }
    let mut last = before;
    for (path, line) in RELATED {
        tree::touch(&tree, path, line)?;
        let now = derivation(context, &tree)?;
        ensure!(
            now != last,
            "a change in `{path}` left the image's derivation as it was"
        );
        last = now;
    }
    Ok(Outcome::Passed)
}

/// The derivation of a user's image: tools from nixpkgs (its double), the builder from source.
fn derivation(context: &Context, tree: &Utf8Path) -> Result<String> {
    let expression = format!("(import {tree}/tests/nix/cases.nix).minimal.image.drvPath");
    let path = context.read(LIMIT, &[&EVALUATE[..], &["--expr", &expression]].concat())?;
    ensure!(
        path.contains("-win11-image.drv"),
        "`{path}` is no image's derivation"
    );
    Ok(path)
}
