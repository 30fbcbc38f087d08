//! The stand-in's ISOs as values of Nix: the flake's check installs these.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::parts;
use crate::test::{Check, Context, Outcome};
use crate::{root, store};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "nix/standin",
    shows: "the stand-in's ISOs are built in the sandbox, and hold what they should",
    run: isos,
}];

const LIMIT: Duration = Duration::from_secs(300);

/// Debian's programs are many, and among them are scripts: this sandbox sees them all.
const SANDBOX_PATHS: &str = "/bin /boot /etc/ssl /lib /lib64 /usr";

fn isos(context: &Context) -> Result<Outcome> {
    let file = write(context)?;
    let mut paths = Vec::new();
    for attribute in ["windows", "virtioWin"] {
        let command = [
            "nix",
            "build",
            "--no-link",
            "--print-build-logs",
            "--print-out-paths",
            "--option",
            "sandbox-paths",
            SANDBOX_PATHS,
            "--file",
            file.as_str(),
            attribute,
        ];
        paths.push(context.read(LIMIT, &command)?.trim().to_owned());
    }
    let [windows, drivers] = &paths[..] else {
        unreachable!("two were asked for")
    };
    let (iso, vars) = (
        format!("{windows}/windows.iso"),
        format!("{windows}/windows.iso.vars.fd"),
    );
    let lucarne = parts::lucarne()?;
    let listed = context.read(LIMIT, &[lucarne.as_str(), "iso", &iso, "--json"])?;
    ensure!(
        listed.contains(crate::demo::EDITION),
        "`{iso}` lacks the demo's edition"
    );
    let trusted = context.read(LIMIT, &["virt-fw-vars", "--input", &vars, "--print"])?;
    ensure!(
        trusted.contains("SecureBootEnable") && trusted.contains("PK"),
        "`{vars}` has no keys"
    );
    let found = context.read(LIMIT, &["isoinfo", "-J", "-f", "-i", drivers])?;
    ensure!(
        found.to_lowercase().contains("/vioscsi/"),
        "`{drivers}` has no drivers"
    );
    Ok(Outcome::Passed)
}

/// The check's own expression, with Debian's tools instead of nixpkgs'.
fn write(context: &Context) -> Result<camino::Utf8PathBuf> {
    let programs = context.folder.join("programs");
    fs::create_dir(&programs)?;
    let (maker, init) = parts::standin_programs()?;
    for program in [&maker, &init] {
        let name = program.file_name().context("a program without a name")?;
        fs::copy(program, programs.join(name))
            .with_context(|| format!("cannot copy `{program}`"))?;
    }
    let stored = store::add(&root::ensure()?, &programs, "standin-programs")?;
    let tools = json!({
        "standin": format!("{stored}/lucarne-standin"),
        "path": "/usr/sbin:/usr/bin",
        "sources": {},
    });
    let file = context.folder.join("standin.nix");
    let standin = context.repository.join("nix/checks/standin.nix");
    let expression = format!(
        "let
  tools = builtins.fromJSON ''{tools}'';
  # So that the sandbox has the programs.
  standin = builtins.appendContext tools.standin {{ \"{stored}\" = {{ path = true; }}; }};
in
import {standin} {{ system = \"x86_64-linux\"; tools = tools // {{ inherit standin; }}; }}
"
    );
    fs::write(&file, expression).with_context(|| format!("cannot write `{file}`"))?;
    Ok(file)
}
