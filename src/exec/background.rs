//! A child that works beside the helper until it has ended by itself, or its handle is dropped.

use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::{Command, Running, STDERR_BYTES_KEPT, wait_for};
use crate::watch::Watch;

/// A running child. Dropping it kills it.
#[derive(Debug)]
pub struct Background {
    command: Command,
    child: Running,
}

impl Command {
    /// Starts it, and waits until it is ready, which it tells by making a file in its folder. The
    /// deadline is for that alone.
    pub fn start(&self, ready: &str) -> anyhow::Result<Background> {
        let folder = self.dir.as_ref().context("a folder to be ready in")?;
        let file = folder.join(ready);
        // Watching before it starts, so that nothing is missed.
        let watch = Watch::of_new(folder)?;
        let mut command = self.prepare()?;
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn();
        let child = Running(child.with_context(|| format!("cannot start `{self}`"))?);
        let started = Background {
            command: self.clone(),
            child,
        };
        let ended = started.end()?;
        let until = Instant::now() + self.deadline;
        while file.symlink_metadata().is_err() {
            match wait_for(&[ended.as_fd(), watch.as_fd()], until)? {
                Some(false) => watch.pass_over()?,
                // It was ready in between, and what came of it is told when it is waited for.
                Some(true) if file.symlink_metadata().is_ok() => break,
                Some(true) => return Err(started.unready()?),
                None => bail!(
                    "`{self}` was not ready within {} s and was stopped",
                    self.deadline.as_secs()
                ),
            }
        }
        Ok(started)
    }
}

impl Background {
    /// Waits for its own end, and wants success.
    pub fn finish(mut self, patience: Duration) -> anyhow::Result<()> {
        let ended = self.end()?;
        if wait_for(&[ended.as_fd()], Instant::now() + patience)?.is_none() {
            let sec = patience.as_secs();
            bail!("`{}` did not end within {sec} s", self.command);
        }
        let status = self.child.0.wait().context("cannot wait for a child")?;
        if status.success() {
            return Ok(());
        }
        let words = self.words();
        bail!(self.command.failed(status, &words))
    }

    /// Ended before it was ready.
    fn unready(mut self) -> anyhow::Result<anyhow::Error> {
        let status = self.child.0.wait().context("cannot wait for a child")?;
        let words = self.words();
        Ok(anyhow::anyhow!(self.command.failed(status, &words)))
    }

    /// What becomes readable when it ends.
    fn end(&self) -> anyhow::Result<std::os::fd::OwnedFd> {
        let pid = Pid::from_child(&self.child.0);
        pidfd_open(pid, PidfdFlags::empty()).context("no pidfd")
    }

    /// The start of its errors, when it has ended.
    fn words(&mut self) -> String {
        let mut bytes = Vec::new();
        if let Some(errors) = self.child.0.stderr.take() {
            // Without them the status is told alone.
            _ = errors
                .take(STDERR_BYTES_KEPT as u64)
                .read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;

    fn sh(folder: &tempfile::TempDir, script: &str) -> Command {
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        Command::new("/bin/sh".into())
            .args(["-c", script])
            .dir(folder)
    }

    #[test]
    fn it_is_waited_for_until_it_is_ready() {
        let folder = tempfile::tempdir().expect("the test may write");
        let command = sh(&folder, "mkfifo go; echo >ready; read x <go; exit 0");
        let started = command.start("ready").expect("is ready");
        std::fs::write(folder.path().join("go"), "now\n").expect("somebody reads");
        started.finish(Duration::from_secs(10)).expect("ends well");
    }

    #[test]
    fn one_that_ends_early_or_never_is_ready_is_told() {
        let folder = tempfile::tempdir().expect("the test may write");
        let say = |script: &str, deadline: u64| {
            let command = sh(&folder, script).deadline(Duration::from_millis(deadline));
            command
                .start("ready")
                .expect_err("is not ready")
                .to_string()
        };
        let said = say("echo broken >&2; exit 3", 10_000);
        assert!(said.ends_with("failed (exit status: 3): broken"), "{said}");
        let said = say("exec sleep 100", 50);
        assert!(said.contains("was not ready within 0 s"), "{said}");
    }

    #[test]
    fn one_that_fails_or_stays_is_told() {
        let folder = tempfile::tempdir().expect("the test may write");
        let end = |script: &str, patience: u64| {
            let started = sh(&folder, script).start("ready").expect("is ready");
            let ended = started.finish(Duration::from_millis(patience));
            ended.expect_err("it does not end well").to_string()
        };
        let said = end("echo >ready; echo why >&2; exit 1", 10_000);
        assert!(said.ends_with("failed (exit status: 1): why"), "{said}");
        let said = end("echo >ready; exec sleep 100", 50);
        assert!(said.contains("did not end within 0 s"), "{said}");
    }
}
