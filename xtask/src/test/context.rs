//! What a check gets: a folder of its own, a log, and ways to run commands.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};

use crate::room::{self, MIB};
use crate::{enter, root};

/// What is shown when a check fails.
const LOG: &str = "log";
/// Most checks need less; who needs more asks for it.
const ROOM_BYTES: u64 = 512 * MIB;

/// What all checks of a run have in common.
pub(super) struct Shared {
    pub(super) work: Utf8PathBuf,
    /// What a check that passed made stays too.
    pub(super) keep: bool,
}

impl Shared {
    /// The folders are in the cache, which is on the disk and seen in the tool root.
    pub(super) fn new(keep: bool) -> Result<Self> {
        let work = root::cache()?.join("checks");
        Ok(Self { work, keep })
    }

    /// What a check's commands wrote, as far as there is something.
    pub(super) fn log(&self, name: &str) -> String {
        let bytes = fs::read(self.folder(name).join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn folder(&self, name: &str) -> Utf8PathBuf {
        self.work.join(name.replace('/', "-"))
    }
}

/// One check's surroundings.
pub(crate) struct Context {
    /// Empty at the start; what is in it at the end stays for looking at when the check failed.
    pub(crate) folder: Utf8PathBuf,
    pub(crate) repository: Utf8PathBuf,
    /// Keeps another run, of another checkout perhaps, from the same folder.
    _lock: Option<File>,
}

/// How a command ended that a check ran.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Context {
    pub(super) fn new(name: &str, shared: &Shared) -> Result<Self> {
        let context = Self::alone(shared.folder(name))?;
        context.ensure_room(ROOM_BYTES)?;
        Ok(context)
    }

    /// That a check can write so much, before it begins to.
    pub(crate) fn ensure_room(&self, bytes: u64) -> Result<()> {
        room::ensure(&self.folder, bytes, "this check")
    }

    /// Removes all but the log: together the checks leave more than many a machine has room for.
    pub(super) fn clear(&self) -> Result<()> {
        room::empty_but(&self.folder, LOG)
    }

    /// In an empty folder, which another run has to wait for.
    pub(crate) fn alone(folder: Utf8PathBuf) -> Result<Self> {
        // A cache may be new. The folder itself is who has the lock's alone.
        folder.parent().map_or(Ok(()), fs::create_dir_all)?;
        let lock = folder.with_extension("lock");
        let lock = File::create(&lock).with_context(|| format!("cannot make `{lock}`"))?;
        flock(&lock, FlockOperation::LockExclusive)
            .with_context(|| format!("cannot lock `{folder}`"))?;
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty `{folder}`"))?;
        }
        fs::create_dir(&folder).with_context(|| format!("cannot make `{folder}`"))?;
        Ok(Self {
            folder,
            repository: root::repository(),
            _lock: Some(lock),
        })
    }

    /// For what is not a check.
    pub(crate) fn at(folder: Utf8PathBuf) -> Self {
        Self {
            folder,
            repository: root::repository(),
            _lock: None,
        }
    }

    /// Runs a command in the tool root, in a process namespace of its own: when it has ended, or
    /// the time is over, nothing of it is left.
    pub(crate) fn inside(&self, limit: Duration, command: &[&str]) -> Result<Ran> {
        self.inside_seeing(limit, &[], command)
    }

    /// The same, where files or folders of the machine are seen too.
    pub(crate) fn inside_seeing(
        &self,
        limit: Duration,
        seen: &[Utf8PathBuf],
        command: &[&str],
    ) -> Result<Ran> {
        let mut outer = self.outer_seeing(limit, seen, command)?;
        let ran = self.capture(&mut outer, &command.join(" "))?;
        // `timeout` says 124, or 137 when it had to kill.
        if ran.code == 124 || ran.code == 137 {
            bail!(
                "`{}` was not done after {} s",
                command.join(" "),
                limit.as_secs()
            );
        }
        Ok(ran)
    }

    /// What runs a command so, for who watches it.
    pub(crate) fn outer(&self, limit: Duration, command: &[&str]) -> Result<Command> {
        self.outer_seeing(limit, &[], command)
    }

    fn outer_seeing(
        &self,
        limit: Duration,
        seen: &[Utf8PathBuf],
        command: &[&str],
    ) -> Result<Command> {
        let root = root::ensure()?;
        let seconds = limit.as_secs().to_string();
        let mut inner = vec!["timeout".to_owned(), "--kill-after=5".to_owned(), seconds];
        inner.extend(command.iter().map(|&word| word.to_owned()));
        let mut outer = enter::command(&root, seen, &inner)?;
        outer.current_dir(&self.folder);
        Ok(outer)
    }

    /// The same for a command that must succeed; gives what it wrote to stdout.
    pub(crate) fn read(&self, limit: Duration, command: &[&str]) -> Result<String> {
        let ran = self.inside(limit, command)?;
        if ran.code != 0 {
            bail!("`{}` ended with {}", command.join(" "), ran.code);
        }
        Ok(ran.stdout)
    }

    /// Runs a command of the machine itself. Its output is kept, and in the log.
    pub(crate) fn capture(&self, command: &mut Command, shown: &str) -> Result<Ran> {
        self.log(&format!("$ {shown}"))?;
        // Files instead of pipes: a command may leave something behind that holds its outputs.
        let (out, err) = (self.folder.join(".stdout"), self.folder.join(".stderr"));
        command
            .stdin(Stdio::null())
            .stdout(File::create(&out)?)
            .stderr(File::create(&err)?);
        let status = command
            .status()
            .with_context(|| format!("cannot start `{shown}`"))?;
        let (stdout, stderr) = (text(&out)?, text(&err)?);
        let code = enter::code(status);
        self.log(&format!("{stdout}{stderr}= {code}"))?;
        Ok(Ran {
            code,
            stdout,
            stderr,
        })
    }

    /// Adds a line to what is shown when the check fails.
    pub(crate) fn log(&self, line: &str) -> Result<()> {
        let mut options = File::options();
        let mut log = options
            .create(true)
            .append(true)
            .open(self.folder.join(LOG))?;
        writeln!(log, "{line}")?;
        Ok(())
    }
}

fn text(path: &Utf8Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read `{path}`"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_a_cache_that_is_not_there_yet_is_made_and_emptied() {
        let cache = tempfile::tempdir().expect("the test may write");
        let cache = Utf8Path::from_path(cache.path()).expect("UTF-8");
        let folder = cache.join("new/record");
        let first = Context::alone(folder.clone()).expect("made");
        first.log("left").expect("writable");
        drop(first);
        let again = Context::alone(folder).expect("made again");
        let left = again.folder.read_dir_utf8().expect("there").count();
        assert_eq!(left, 0);
    }
}
