//! ISOs that the store lacks: what `nix build` says, and that doing it helps.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::test::{Check, Context, Outcome};
use crate::{parts, root, store};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "nix/require-file",
    shows: "a build without its ISO says where it is and how to add it, and then finds it",
    run,
}];

const LIMIT: Duration = Duration::from_secs(120);
const KNOWN: &str = "windows-server-2025-evaluation-26100-1742";
const OTHER: &str = "windows-server-2025-evaluation-26100-32230";

fn run(context: &Context) -> Result<Outcome> {
    let builder = store::add(&root::ensure()?, &parts::builder()?, "lucarne-builder")?;
    // A file of its own at each run, so that the store lacks it.
    let make = "head --bytes=1M /dev/urandom >own.iso";
    context.read(LIMIT, &["sh", "-c", make])?;
    let hash = context.read(LIMIT, &["nix", "hash", "file", "own.iso"])?;
    let hash = hash.trim();
    let file = context.folder.join("isos.nix");
    fs::write(
        &file,
        format!(
            "let utils = (import {}/nix/lib {{
  system = \"x86_64-linux\";
  tools.builder = builtins.storePath {builder};
}}).utils; in {{
  known = utils.windowsIsos.{KNOWN};
  own = utils.windowsIso {{ name = \"own.iso\"; hash = \"{hash}\"; }};
}}",
            context.repository
        ),
    )?;
    let build = |attribute: &str| {
        let command = ["nix-build", "--no-out-link", file.as_str(), "-A", attribute];
        context.inside(LIMIT, &command)
    };
    let known = build("known")?;
    ensure!(known.code != 0, "an ISO came from nowhere");
    let table = fs::read_to_string(context.repository.join("data/windows-isos.json"))?;
    let table: serde_json::Value = serde_json::from_str(&table)?;
    let url = table[KNOWN]["url"].as_str().context("no URL")?;
    let line = format!("windowsIso = windows.utils.windowsIsos.{OTHER};");
    for said in [url, &line, "nix-store --add-fixed sha256"] {
        ensure!(known.stderr.contains(said), "`{said}` is not said");
    }
    let own = build("own")?;
    ensure!(own.code != 0, "an ISO came from nowhere");
    let add = "nix-store --add-fixed sha256 own.iso";
    ensure!(own.stderr.contains(add), "`{add}` is not said");
    let place = context.read(LIMIT, &add.split(' ').collect::<Vec<_>>())?;
    let place = place.trim();
    ensure!(
        own.stderr.contains(&format!("must print {place}.")),
        "`{place}` is not said"
    );
    let own = build("own")?;
    ensure!(
        own.stdout.trim() == place,
        "it is not found: {}",
        own.stderr
    );
    context.read(LIMIT, &["nix-store", "--delete", place])?;
    Ok(Outcome::Passed)
}
