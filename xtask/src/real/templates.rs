//! What `nix flake init -t` writes: flakes that evaluate as they are, with images that the helper
//! takes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::tree;
use crate::parts;
use crate::test::{Check, Context, Counts, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "nix/templates",
    shows: "`nix flake init` writes each template, which evaluates and has images without problems",
    run: templates,
}];

const LIMIT: Duration = Duration::from_secs(120);

/// Judges each spec by itself.
const JUDGE: &str = "for spec; do \"$0\" check \"$spec\" || exit; done";

/// Each template with its outputs, in the order of their names.
const TEMPLATES: [(&str, &[&str]); 4] = [
    (
        "ci-image",
        &[
            "checks.x86_64-linux.image",
            "checks.x86_64-linux.sealed",
            "checks.x86_64-linux.works",
            "packages.x86_64-linux.base",
            "packages.x86_64-linux.default",
        ],
    ),
    (
        "machine",
        &[
            "nixosConfigurations.host",
            "packages.x86_64-linux.default",
            "packages.x86_64-linux.image",
        ],
    ),
    (
        "matrix",
        &[
            "packages.x86_64-linux.2025-core-en-us",
            "packages.x86_64-linux.2025-core-en-us-tools",
            "packages.x86_64-linux.2025-core-en-us-web",
            "packages.x86_64-linux.2025-datacenter-en-us",
            "packages.x86_64-linux.2025-datacenter-en-us-tools",
            "packages.x86_64-linux.2025-datacenter-en-us-web",
            "packages.x86_64-linux.2025-standard-en-us",
            "packages.x86_64-linux.2025-standard-en-us-tools",
            "packages.x86_64-linux.2025-standard-en-us-web",
        ],
    ),
    (
        "microvm-host",
        &["nixosConfigurations.host", "packages.x86_64-linux.default"],
    ),
];

/// A template that was written, and how Nix is told to evaluate it.
struct Flake<'a> {
    context: &'a Context,
    name: &'a str,
    tree: &'a Utf8Path,
    folder: Utf8PathBuf,
}

fn templates(context: &Context) -> Result<Outcome> {
    // In the store, where no command has to copy it once more.
    let tree = tree::copy(context, "tree")?;
    let tree = context.read(LIMIT, &["nix-store", "--add", tree.as_str()])?;
    let tree = Utf8Path::new(tree.trim());
    let lucarne = parts::lucarne()?;
    let own = format!("path:{tree}#templates");
    let names = ["--json", "--apply", "builtins.attrNames"];
    let command = [&["nix", "eval", "--offline", &own], &names[..]].concat();
    let names: Vec<String> = serde_json::from_str(&context.read(LIMIT, &command)?)?;
    let wanted = TEMPLATES.iter().map(|(name, _)| *name);
    let wanted: BTreeSet<_> = wanted.chain(["default"]).collect();
    ensure!(
        names.iter().map(String::as_str).eq(wanted),
        "the flake's templates are {names:?}"
    );
    let mut counts = Counts::default();
    for (name, outputs) in TEMPLATES {
        let flake = Flake::written(context, tree, name)?;
        flake.nix(&["flake", "check", "--no-build"], "", &[])?;
        flake.has(outputs)?;
        if outputs.contains(&"nixosConfigurations.host") {
            flake.host()?;
        }
        flake.images(&lucarne)?;
        counts.passed += 1;
    }
    Ok(Outcome::Counted(counts))
}

impl<'a> Flake<'a> {
    /// In an empty folder, as people do.
    fn written(context: &'a Context, tree: &'a Utf8Path, name: &'a str) -> Result<Self> {
        let folder = context.folder.join(name);
        fs::create_dir(&folder).with_context(|| format!("cannot make `{folder}`"))?;
        let template = format!("path:{tree}#{name}");
        let init = "cd \"$1\" && exec nix flake init --offline --template \"$2\"";
        let words = ["sh", "-c", init, "init", folder.as_str(), &template];
        context.read(LIMIT, &words)?;
        Ok(Self {
            context,
            name,
            tree,
            folder,
        })
    }

    /// Runs one of Nix' commands about it, this tree in the place of `lucarne` and doubles in that
    /// of the other inputs: what it wrote to stdout.
    fn nix(&self, command: &[&str], output: &str, rest: &[&str]) -> Result<String> {
        let (own, double) = (format!("path:{}", self.tree), |folder| {
            format!("path:{}?dir=tests/nix/{folder}", self.tree)
        });
        let inputs = [
            ("lucarne", own),
            ("lucarne/nixpkgs", double("nixpkgs")),
            ("nixpkgs", double("nixpkgs")),
            ("microvm", double("guests")),
        ];
        let flake = format!("path:{}{output}", self.folder);
        let mut words = vec!["nix"];
        words.extend(command);
        words.extend([flake.as_str(), "--offline", "--no-write-lock-file"]);
        for (name, place) in &inputs {
            words.extend(["--override-input", name, place]);
        }
        words.extend(rest);
        let told = self.context.read(LIMIT, &words);
        told.with_context(|| format!("the template `{}`", self.name))
    }

    fn json(&self, command: &[&str], output: &str, apply: &[&str]) -> Result<Value> {
        let text = self.nix(command, output, &[&["--json"], apply].concat())?;
        serde_json::from_str(&text).context("what Nix wrote is no JSON")
    }

    fn has(&self, wanted: &[&str]) -> Result<()> {
        let shown = self.json(&["flake", "show"], "", &[])?;
        let mut found = Vec::new();
        leaves(&shown, "", &mut found);
        found.sort();
        ensure!(found == wanted, "`{}` has {found:?}", self.name);
        Ok(())
    }

    /// Its host is a whole system, and nothing is warned of.
    fn host(&self) -> Result<()> {
        let told = "config: {
          inherit (config) warnings;
          system = config.system.build.toplevel.drvPath;
        }";
        let host = "#nixosConfigurations.host.config";
        let host = self.json(&["eval"], host, &["--apply", told])?;
        let warnings = host["warnings"].as_array().map(Vec::len);
        ensure!(warnings == Some(0), "`{}`: {host:#}", self.name);
        ensure!(host["system"].is_string(), "`{}`: {host:#}", self.name);
        Ok(())
    }

    /// What is asked of its images is no problem.
    fn images(&self, lucarne: &Utf8Path) -> Result<()> {
        let specs = "builtins.mapAttrs (_: image: image.spec)";
        let packages = "#packages.x86_64-linux";
        let specs = self.json(&["eval"], packages, &["--apply", specs])?;
        let specs: BTreeMap<String, Value> = serde_json::from_value(specs)?;
        let specs = specs.iter().map(|(name, spec)| (name.clone(), spec));
        let told = judge(self.context, lucarne, &self.folder, &specs.collect());
        told.with_context(|| format!("the images of the template `{}`", self.name))
    }
}

/// That specs are no problem, each by its name.
pub(super) fn judge(
    context: &Context,
    lucarne: &Utf8Path,
    folder: &Utf8Path,
    specs: &BTreeMap<String, &Value>,
) -> Result<()> {
    let mut words = vec!["sh".to_owned(), "-c".to_owned(), JUDGE.to_owned()];
    words.push(lucarne.to_string());
    for (name, spec) in specs {
        let file = folder.join(format!("{name}.json"));
        fs::write(&file, spec.to_string()).with_context(|| format!("cannot write `{file}`"))?;
        words.push(file.into_string());
    }
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    context.read(LIMIT, &words).map(drop)
}

/// The attribute paths of all that `nix flake show` gives a type.
fn leaves(shown: &Value, path: &str, found: &mut Vec<String>) {
    if shown["type"].is_string() {
        found.push(path.to_owned());
        return;
    }
    for (name, value) in shown.as_object().into_iter().flatten() {
        let dot = if path.is_empty() { "" } else { "." };
        leaves(value, &format!("{path}{dot}{name}"), found);
    }
}
