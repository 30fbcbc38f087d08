//! The sandbox that the other checks rely on is a real one.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "root/sandbox-tools",
        shows: "Nix's sandbox runs a named tool, and has no shell and no network",
        run: tools,
    },
    Check {
        name: "root/dies-with-us",
        shows: "what was started in the tool root dies with the one who started it",
        run: dies,
    },
];

const LIMIT: Duration = Duration::from_secs(120);

/// Builds a derivation whose builder is one of the named tools, and the same with a shell.
fn tools(context: &Context) -> Result<Outcome> {
    // Another name for each run: a result of an earlier one would be taken from the store.
    let name = format!("sandbox-{}", std::process::id());
    let derivation = |builder: &str, args: &str| {
        format!(
            "derivation {{ name = \"{name}\"; system = \"x86_64-linux\"; \
             builder = \"{builder}\"; args = [ {args} ]; }}"
        )
    };
    let img = derivation(
        "/usr/bin/qemu-img",
        r#""create" "-f" "qcow2" (builtins.placeholder "out") "1M""#,
    );
    let build = |text: &str| {
        let args = ["nix-build", "--no-out-link", "--expr", text];
        context.inside(LIMIT, &args)
    };
    let ran = build(&img)?;
    ensure!(ran.code == 0, "a named tool does not run in the sandbox");

    let ran = build(&derivation("/bin/sh", r#""-c" "echo > $out""#))?;
    ensure!(ran.code != 0, "a shell runs in the sandbox");
    ensure!(
        ran.stderr.contains("executing '/bin/sh': No such file"),
        "it failed otherwise"
    );

    // QEMU's own client: the address is the machine itself, where the real network would refuse.
    let nbd = derivation("/usr/bin/qemu-img", r#""info" "nbd://192.0.2.1:10809/x""#);
    let ran = build(&nbd)?;
    ensure!(
        ran.code != 0,
        "there is an answer from a network in the sandbox"
    );
    ensure!(
        ran.stderr.contains("Network is unreachable"),
        "it failed otherwise"
    );
    Ok(Outcome::Passed)
}

/// The command starts a process that leaves its parent and its session, and ends.
fn dies(context: &Context) -> Result<Outcome> {
    let marker = format!("{}", 70_000 + std::process::id() % 10_000);
    let ran = context.inside(LIMIT, &["setsid", "--fork", "sleep", &marker])?;
    ensure!(ran.code == 0, "the command itself ended with {}", ran.code);
    for entry in fs::read_dir("/proc")? {
        let line = fs::read(entry?.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        ensure!(
            !line.starts_with(&format!("sleep {marker}")),
            "`{line}` is still there"
        );
    }
    Ok(Outcome::Passed)
}
