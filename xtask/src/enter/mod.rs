//! Runs a command in the tool root, in namespaces of its own that die with this program.

pub(crate) mod boot;
mod inside;
mod nix_conf;
pub(crate) mod places;

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::{env, path};

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use nix::sys::signal::{SigSet, Signal};

pub(crate) use boot::Boot;
pub(crate) use inside::Inside;

use crate::root::{self, Root};

/// `cargo xtask enter`.
#[derive(Args)]
pub(crate) struct Enter {
    /// Show this file or folder of the machine inside as well, at the same path
    #[arg(long, value_name = "PATH")]
    bind: Vec<Utf8PathBuf>,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

impl Enter {
    /// Ends with the command's own exit code.
    pub(crate) fn run(self) -> Result<u8> {
        let root = root::ensure()?;
        let mut seen = places::of(&self.command)?;
        seen.extend(self.bind);
        run(command(&root, &seen, &self.command)?)
    }
}

/// Runs a command as a terminal's foreground, and ends as it ends.
///
/// Ctrl-C reaches everything in the foreground. It is for the command to act on: this program's own
/// end would kill that at once, which is a power cut to a machine. So the signal waits here, and in
/// what is started, until [`inside`] lets it come.
pub(crate) fn run(mut command: Command) -> Result<u8> {
    SigSet::from(Signal::SIGINT)
        .thread_block()
        .context("cannot let a signal wait")?;
    Ok(code(command.status().context("cannot start `setpriv`")?))
}

/// A command line of the tool root, ready to be started from here. Everything in it dies with the
/// thread that starts it: the first process here by its parent-death signal, the others with their
/// process namespace.
pub(crate) fn command(root: &Root, bind: &[Utf8PathBuf], inner: &[String]) -> Result<Command> {
    let mut outer = Command::new("setpriv");
    outer.args(["--pdeathsig", "KILL", "--"]);
    outer.args(["unshare", "--mount", "--propagation", "private"]);
    outer.args(["--pid", "--fork", "--kill-child=KILL", "--"]);
    outer.arg(env::current_exe().context("cannot find this program")?);
    outer.args([
        "inside",
        "--tree",
        root.tree.as_str(),
        "--nix",
        root.nix.as_str(),
    ]);
    outer.args(["--tmp", root.tmp.as_str()]);
    for path in shown(bind)? {
        outer.args(["--bind", path.as_str()]);
    }
    outer.arg("--").args(inner);
    environment(&mut outer);
    // The same cache, wherever its place came from.
    outer.env("LUCARNE_CACHE", root::cache()?);
    Ok(outer)
}

/// What is seen inside at the same path as outside.
fn shown(bind: &[Utf8PathBuf]) -> Result<Vec<Utf8PathBuf>> {
    let mut shown = vec![root::repository(), root::cache()?];
    shown.extend(env::var("CARGO_TARGET_DIR").ok().map(Utf8PathBuf::from));
    shown.extend(bind.iter().cloned());
    shown
        .iter()
        .map(|path| absolute(path))
        .filter(exists)
        .collect()
}

/// What is not there needs no place inside; the command itself will miss it.
fn exists(path: &Result<Utf8PathBuf>) -> bool {
    path.as_ref().map_or(true, |path| path.exists())
}

/// The same path from the root on, so that it means the same inside.
pub(crate) fn absolute(path: &Utf8Path) -> Result<Utf8PathBuf> {
    let full = path::absolute(path).with_context(|| format!("cannot find `{path}`"))?;
    Utf8PathBuf::try_from(full).context("a path is not UTF-8")
}

/// Nothing of the machine's environment but what is meant for us. A table of the machine's tools
/// names none of those inside.
fn environment(command: &mut Command) {
    let named = [
        "TERM",
        "NO_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "CARGO_TARGET_DIR",
    ];
    let ours = |name: &str| {
        let is_own = name.starts_with("LUCARNE_") && name != "LUCARNE_TOOLS";
        named.contains(&name) || is_own || name.starts_with("RUST_")
    };
    command.env_clear();
    command.envs(env::vars().filter(|(name, _)| ours(name)));
    command.env(
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
    command.envs([("HOME", "/root"), ("LC_ALL", "C.UTF-8"), ("USER", "root")]);
    command.env("NIX_CONFIG", nix_conf::text());
}

/// A shell's way to write how a process ended.
pub(crate) fn code(status: ExitStatus) -> u8 {
    let signal = status.signal().map(|signal| 128 + signal);
    u8::try_from(status.code().or(signal).unwrap_or(2)).unwrap_or(2)
}
