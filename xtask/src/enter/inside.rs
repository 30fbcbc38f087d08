//! Process 1 of the new namespaces: builds the view, runs the command, reaps what is left over.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use nix::sys::signal::{SigSet, Signal};
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive, unmount};
use rustix::process::{WaitOptions, WaitStatus, chdir, getcwd, pivot_root, wait};

/// What `enter` hands over.
#[derive(Args)]
pub(crate) struct Inside {
    #[arg(long)]
    tree: Utf8PathBuf,
    #[arg(long)]
    nix: Utf8PathBuf,
    #[arg(long)]
    tmp: Utf8PathBuf,
    #[arg(long)]
    bind: Vec<Utf8PathBuf>,
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

impl Inside {
    pub(crate) fn run(self) -> Result<u8> {
        let folder = getcwd(Vec::new()).context("cannot find the working folder")?;
        self.mounts()
            .context("cannot build the tool root's view of the machine")?;
        // Not seen inside: then the command starts at the top.
        if chdir(&folder).is_err() {
            chdir("/")?;
        }
        // To the command, whoever let it wait; the kernel keeps process 1 from what it does not
        // handle.
        SigSet::from(Signal::SIGINT)
            .thread_unblock()
            .context("cannot let a signal come")?;
        let (program, args) = self.command.split_first().context("no command")?;
        let child = Command::new(program)
            .args(args)
            .arg0(program)
            .spawn()
            .with_context(|| format!("cannot start `{program}` in the tool root"))?;
        reap(child.id())
    }

    /// The repository and the cache come after `/tmp`: they may lie in it.
    fn mounts(&self) -> Result<()> {
        let tree = &self.tree;
        mount_bind(tree.as_str(), tree.as_str()).context("cannot bind the tree")?;
        over(&self.tmp, &tree.join("tmp"))?;
        over(&self.nix, &tree.join("nix"))?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        mount("proc", tree.join("proc").as_str(), "proc", flags, None)
            .context("cannot mount proc")?;
        for folder in ["sys", "dev"] {
            over(&Utf8Path::new("/").join(folder), &tree.join(folder))?;
        }
        for path in &self.bind {
            over(path, &tree.join(path.strip_prefix("/")?))?;
        }
        // The old root is put on top of the new one and taken off again: no folder is needed.
        chdir(tree.as_str())?;
        pivot_root(".", ".").context("cannot change the root")?;
        unmount(".", UnmountFlags::DETACH).context("cannot leave the old root")?;
        chdir("/")?;
        Ok(())
    }
}

/// Shows `from` at `at`, with everything that is mounted below it.
pub(super) fn over(from: &Utf8Path, at: &Utf8Path) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(at).with_context(|| format!("cannot make `{at}`"))?;
    } else if !at.exists() {
        at.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(at, "").with_context(|| format!("cannot make `{at}`"))?;
    }
    mount_bind_recursive(from.as_str(), at.as_str())
        .with_context(|| format!("cannot bind `{from}` to `{at}`"))
}

/// Waits for every process until the command itself has ended: orphans become ours.
fn reap(command: u32) -> Result<u8> {
    loop {
        let ended = wait(WaitOptions::empty()).context("cannot wait for the command")?;
        if let Some((pid, status)) = ended
            && u32::try_from(pid.as_raw_nonzero().get()) == Ok(command)
        {
            return Ok(code(status));
        }
    }
}

/// A shell's way to write how a process ended.
fn code(status: WaitStatus) -> u8 {
    let signal = status.terminating_signal().map(|signal| 128 + signal);
    u8::try_from(status.exit_status().or(signal).unwrap_or(2)).unwrap_or(2)
}
