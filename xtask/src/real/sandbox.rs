//! The sandbox that the other checks rely on is a real one.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::test::{Check, Context, Outcome};
use crate::{enter, root};

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
    Check {
        name: "root/interrupt",
        shows: "Ctrl-C is heard by what runs in the tool root, which ends as it wants to",
        run: interrupt,
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

/// A process that leaves its parent and its session, whose starter ends, and then one whose
/// starter is killed.
fn dies(context: &Context) -> Result<Outcome> {
    let marker = format!("{}", 70_000 + std::process::id() % 10_000);
    let ran = context.inside(LIMIT, &["setsid", "--fork", "sleep", &marker])?;
    ensure!(ran.code == 0, "the command itself ended with {}", ran.code);
    ensure!(sleeping(&marker)? == 0, "a process outlived its namespace");

    let script = "setsid --fork sleep $1; echo started; exec sleep $1";
    let inner = ["sh", "-c", script, "sh", &marker].map(str::to_owned);
    let mut outer = enter::command(&root::ensure()?, &[], &inner)?;
    let mut child = outer
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot enter the tool root")?;
    let mut line = String::new();
    let stdout = child.stdout.take().context("no stdout")?;
    BufReader::new(stdout).read_line(&mut line)?;
    ensure!(line == "started\n", "the command said {line:?}");
    until(
        || Ok(sleeping(&marker)? > 1),
        "the processes were not started",
    )?;
    child.kill()?;
    child.wait()?;
    // The kernel ends the namespace's other processes after its first one.
    until(
        || Ok(sleeping(&marker)? == 0),
        "a process outlived the one who started it",
    )?;
    Ok(Outcome::Passed)
}

/// Asks again until it is so: there is nothing to wait for but the processes' list itself.
fn until(so: impl Fn() -> Result<bool>, otherwise: &str) -> Result<()> {
    let end = Instant::now() + LIMIT;
    while !so()? {
        ensure!(Instant::now() < end, "{otherwise}");
        thread::yield_now();
    }
    Ok(())
}

/// How many of our sleeping processes the machine has, in whichever namespace.
fn sleeping(marker: &str) -> Result<usize> {
    let wanted = format!("sleep\0{marker}\0");
    let mut count = 0;
    for entry in fs::read_dir("/proc")? {
        let line = fs::read(entry?.path().join("cmdline")).unwrap_or_default();
        count += usize::from(line == wanted.as_bytes());
    }
    Ok(count)
}

/// As a terminal does: the signal goes to everything in the foreground at once.
fn interrupt(context: &Context) -> Result<Outcome> {
    let script = "trap 'echo heard; exit 7' INT; echo there; sleep 60 & wait";
    let mut command = Command::new(env::current_exe()?);
    // Whoever started the tests may have it ignored, as a shell does behind `&`: then bash can't
    // trap it.
    let bash = ["env", "--default-signal=INT", "bash", "-c", script];
    command.arg("enter").args(bash);
    command.current_dir(&context.folder).process_group(0);
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut said = BufReader::new(child.stdout.take().context("it is piped")?).lines();
    let group = Pid::from_child(&child);
    let first = said.next().transpose();
    // Whatever it said, it is to end.
    kill_process_group(group, Signal::INT)?;
    let rest = said.collect::<std::io::Result<Vec<_>>>();
    let status = child.wait()?;
    ensure!(first?.as_deref() == Some("there"), "it did not start");
    ensure!(rest? == ["heard"], "it did not hear the signal");
    ensure!(status.code() == Some(7), "it ended with {status}");
    Ok(Outcome::Passed)
}
