//! What one run of a command costs. It is timed inside of the tool root: the way in takes longer
//! than some of the commands.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use camino::Utf8Path;
use clap::Args;
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};

use crate::root::Root;
use crate::{enter, store};

/// One run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) seconds: f64,
    /// The most memory of the largest of its processes. A small program's can't be told: a process
    /// begins with what the one had that started it.
    pub(super) peak_kib: u64,
}

/// What is run inside.
#[derive(Args)]
pub(crate) struct Measure {
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

impl Measure {
    /// Prints the cost in JSON. What the command says goes to stderr, when it fails.
    pub(crate) fn run(self) -> Result<u8> {
        let (program, args) = self.command.split_first().context("no command")?;
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null());
        let started = Instant::now();
        let done = command
            .output()
            .with_context(|| format!("cannot start `{program}`"))?;
        let seconds = started.elapsed().as_secs_f64();
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("no figures")?;
        if !done.status.success() {
            eprint!("{}", String::from_utf8_lossy(&done.stdout));
            eprint!("{}", String::from_utf8_lossy(&done.stderr));
        }
        println!(
            "{}",
            json!({ "seconds": seconds, "peakKib": usage.max_rss() })
        );
        Ok(enter::code(done.status))
    }
}

/// Runs a command that must succeed, in a folder.
pub(super) fn run(root: &Root, folder: &Utf8Path, command: &[&str]) -> Result<Cost> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let own = own.to_str().context("its path is not UTF-8")?;
    let inner = [&[own, "measure", "--"], command].concat();
    let mut outer = enter::command(root, &[], &store::words(&inner))?;
    outer.current_dir(folder).stderr(Stdio::inherit());
    let done = outer.output().context("cannot enter the tool root")?;
    ensure!(
        done.status.success(),
        "`{}` ended with {}",
        command.join(" "),
        enter::code(done.status)
    );
    let told: Value = serde_json::from_slice(&done.stdout).context("no figures")?;
    Ok(Cost {
        seconds: told["seconds"].as_f64().context("no seconds")?,
        peak_kib: told["peakKib"].as_u64().context("no memory")?,
    })
}
