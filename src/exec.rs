//! The one place that starts processes.
//!
//! A child gets an empty environment but for `LC_ALL`, `TMPDIR` and what it is given by name, a
//! parent-death signal (see [`crate::guard`]), a deadline, and bounded pipes. A failure is told by
//! the whole command, and never with its environment, which may hold secrets.

mod background;
#[cfg(feature = "cli")]
mod replace;

use std::fmt;
use std::io::Read;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, pidfd_open};

pub use background::Background;
#[cfg(feature = "cli")]
pub(crate) use replace::replace;

/// What a tool may write to its output before it is stopped.
const STDOUT_BYTES_MAX: usize = 16 << 20;
/// How much of the end of its errors is kept.
const STDERR_BYTES_KEPT: usize = 8 << 10;
/// How long a tool may take unless it is said otherwise.
const DEADLINE: Duration = Duration::from_secs(60);

/// A command to run, as data.
#[derive(Clone, Debug)]
pub struct Command {
    program: Utf8PathBuf,
    args: Vec<String>,
    variables: Vec<(String, String)>,
    dir: Option<Utf8PathBuf>,
    deadline: Duration,
}

/// What a command left.
#[derive(Clone, Debug)]
pub struct Output {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    /// The end of what it wrote to its errors.
    pub stderr: String,
}

impl Command {
    /// A command by the path of its program; PATH is never searched.
    #[must_use]
    pub fn new(program: &Utf8Path) -> Self {
        Self {
            program: program.to_owned(),
            args: Vec::new(),
            variables: Vec::new(),
            dir: None,
            deadline: DEADLINE,
        }
    }

    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    #[must_use]
    pub fn args<A: Into<String>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// A variable of its environment. No message tells it, and no other user sees it, unlike an
    /// argument.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The folder that it runs in, which is its folder for temporary files too.
    #[must_use]
    pub fn dir(mut self, dir: &Utf8Path) -> Self {
        self.dir = Some(dir.to_owned());
        self
    }

    /// How long it may take. Default: a minute.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs it and wants success.
    pub fn run(&self) -> anyhow::Result<Output> {
        let output = self.output()?;
        if !output.status.success() {
            bail!(self.failed(output.status, &output.stderr));
        }
        Ok(output)
    }

    /// Runs it to its end, whatever that is.
    pub fn output(&self) -> anyhow::Result<Output> {
        let mut child = Running(
            self.prepare()?
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .with_context(|| format!("cannot start `{self}`"))?,
        );
        let (stdout, stderr) = self.drain(&mut child.0)?;
        let status = child
            .0
            .wait()
            .with_context(|| format!("cannot wait for `{self}`"))?;
        Ok(Output {
            status,
            stdout,
            stderr: String::from_utf8_lossy(&stderr).trim_end().to_owned(),
        })
    }

    /// Starts it under tokio, its output closed and its errors in a pipe. Dropping the child kills
    /// it. It has no deadline of its own: the supervisor has. `stdin` may be a listening socket.
    pub fn spawn(&self, stdin: impl Into<Stdio>) -> anyhow::Result<tokio::process::Child> {
        let mut command = tokio::process::Command::from(self.prepare()?);
        command
            .stdin(stdin)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start `{self}`"))
    }

    /// What a failed run says: the command as a person would type it, how it ended, its errors.
    #[must_use]
    pub fn failed(&self, status: ExitStatus, stderr: &str) -> String {
        let mut text = format!("`{self}` failed ({status})");
        if !stderr.is_empty() {
            text.push_str(": ");
            text.push_str(stderr);
        }
        text
    }

    fn prepare(&self) -> anyhow::Result<std::process::Command> {
        // The guard would say the same, but only in the child's errors.
        ensure!(
            self.program.is_absolute(),
            "the path of `{}` is not absolute",
            self.program
        );
        std::fs::metadata(&self.program)
            .with_context(|| format!("cannot start `{}`", self.program))?;
        let mut command = match crate::guard::prefix()? {
            None => std::process::Command::new(&self.program),
            Some([guard, rest @ ..]) => {
                let mut command = std::process::Command::new(guard);
                command.args(rest).arg(&self.program);
                command
            }
        };
        let dir = match &self.dir {
            Some(dir) => camino::absolute_utf8(dir).context("no current folder")?,
            None => "/".into(),
        };
        // Named even where there is no folder: not every tool's guess exists in a sandbox.
        let temporary = self.dir.as_ref().map_or("/tmp", |_| dir.as_str());
        command
            .args(&self.args)
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .env("TMPDIR", temporary)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(&dir)
            // Of its own: a terminal's Ctrl-C is for the helper, which then ends its children.
            .process_group(0)
            .stdin(Stdio::null());
        Ok(command)
    }

    /// Reads both pipes until the child has ended, or its time is over.
    fn drain(&self, child: &mut Child) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
        let mut stdout = child.stdout.take().context("its output is a pipe")?;
        let mut stderr = child.stderr.take().context("its errors are a pipe")?;
        rustix::io::ioctl_fionbio(&stdout, true)?;
        rustix::io::ioctl_fionbio(&stderr, true)?;
        let pid = rustix::process::Pid::from_child(child);
        let ended = pidfd_open(pid, PidfdFlags::empty()).context("no pidfd")?;
        let until = Instant::now() + self.deadline;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        // A pipe at its end is always ready, so it leaves the list.
        let (mut out_open, mut err_open) = (true, true);
        loop {
            let mut fds = vec![ended.as_fd()];
            out_open.then(|| fds.push(stdout.as_fd()));
            err_open.then(|| fds.push(stderr.as_fd()));
            let Some(has_ended) = wait_for(&fds, until)? else {
                bail!(
                    "`{self}` took longer than {} s and was stopped",
                    self.deadline.as_secs()
                );
            };
            out_open = out_open && read_some(&mut stdout, &mut out)?;
            err_open = err_open && read_some(&mut stderr, &mut err)?;
            ensure!(
                out.len() <= STDOUT_BYTES_MAX,
                "`{self}` wrote more than {STDOUT_BYTES_MAX} bytes and was stopped"
            );
            if err.len() > STDERR_BYTES_KEPT {
                err.drain(..err.len() - STDERR_BYTES_KEPT);
            }
            // What a grandchild holds open is not waited for.
            if has_ended {
                return Ok((out, err));
            }
        }
    }
}

/// Waits until one is ready: whether the first is, or `None` when the time is over.
fn wait_for(fds: &[BorrowedFd<'_>], until: Instant) -> anyhow::Result<Option<bool>> {
    let mut polled: Vec<_> = fds
        .iter()
        .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
        .collect();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).context("a deadline out of range")?;
        match poll(&mut polled, Some(&left)) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(!polled[0].revents().is_empty())),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).context("cannot wait for a child"),
        }
    }
}

/// Appends what a pipe holds now: whether it may hold more later.
fn read_some(pipe: &mut impl Read, into: &mut Vec<u8>) -> anyhow::Result<bool> {
    let mut buffer = [0; 16 << 10];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return Ok(false),
            Ok(n) => into.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("cannot read from a child"),
        }
        // The bounds are checked between calls, so one call must end.
        if into.len() > STDOUT_BYTES_MAX {
            return Ok(true);
        }
    }
}

/// Kills and reaps its child unless that has ended.
#[derive(Debug)]
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when the child has been reaped already, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The command as a shell would take it, for messages; nothing of ours runs through a shell.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.program)?;
        for arg in &self.args {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,=:+@%".contains(c);
            if !arg.is_empty() && arg.chars().all(plain) {
                write!(f, " {arg}")?;
            } else {
                write!(f, " '{}'", arg.replace('\'', r"'\''"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        Command::new("/bin/sh".into()).args(["-c", script])
    }

    #[test]
    fn a_child_sees_two_variables() {
        let output = Command::new("/usr/bin/env".into()).run().expect("env");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "LC_ALL=C.UTF-8\nTMPDIR=/tmp\n"
        );
    }

    #[cfg(feature = "cli")]
    #[test]
    fn a_variable_is_given_and_not_told() {
        let given = sh("echo \"$SECRET\"").variable("SECRET", "xyzzy");
        assert_eq!(given.run().expect("sh").stdout, b"xyzzy\n");
        let error = sh("exit 3").variable("SECRET", "xyzzy").run();
        let error = format!("{:#}", error.expect_err("it fails"));
        assert!(!error.contains("xyzzy"), "{error}");
    }

    #[test]
    fn a_failure_names_the_command_and_its_errors() {
        let error = sh("echo 'it is broken' >&2; exit 3")
            .run()
            .expect_err("it fails");
        assert_eq!(
            error.to_string(),
            "`/bin/sh -c 'echo '\\''it is broken'\\'' >&2; exit 3'` failed (exit status: 3): \
             it is broken"
        );
    }

    #[test]
    fn a_deadline_kills_and_reaps() {
        let start = Instant::now();
        let command = sh("echo $$; exec sleep 100").deadline(Duration::from_millis(100));
        let error = command.run().expect_err("it is late");
        assert!(error.to_string().contains("took longer than"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_grandchild_that_holds_the_pipes_is_not_waited_for() {
        let start = Instant::now();
        let output = sh("sleep 100 & echo $!").run().expect("sh");
        assert!(start.elapsed() < Duration::from_secs(10));
        let pid = String::from_utf8_lossy(&output.stdout)
            .trim()
            .parse()
            .expect("a process id");
        let pid = rustix::process::Pid::from_raw(pid).expect("not 0");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it lives");
    }

    #[test]
    fn output_is_bounded_and_errors_keep_their_end() {
        let error = sh("exec yes").run().expect_err("endless");
        assert!(error.to_string().contains("wrote more than"), "{error}");
        let output = sh("yes | head -c 100000 >&2; echo end >&2")
            .run()
            .expect("sh");
        assert!(output.stderr.len() <= STDERR_BYTES_KEPT);
        assert!(output.stderr.ends_with("end"));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Command::new("/nowhere/qemu-img".into())
            .run()
            .expect_err("missing");
        assert_eq!(
            format!("{error:#}"),
            "cannot start `/nowhere/qemu-img`: No such file or directory (os error 2)"
        );
    }
}
