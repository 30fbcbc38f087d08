//! The lock of a machine: one process at a time has its folders.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};

use anyhow::{Context as _, anyhow, bail, ensure};
use camino::Utf8Path;
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::folders::Folders;
use super::part::give;
use crate::regular;

/// Its name in each of the folders.
pub(super) const LOCK: &str = "lock";
/// Its file holds a process id.
const PID_BYTES_MAX: u64 = 32;
/// The way out for who may not take a machine.
const NOT_YOURS: &str = "only the machine's user and root may take it";

impl Folders {
    /// Takes the machine for this process, until that ends however it ends.
    ///
    /// Each folder has a lock of its own: a service and the same machine by hand may differ in one
    /// of them alone, and would take the others from each other. A folder that is not there is
    /// nobody's.
    ///
    /// # Errors
    /// When another process has one of the folders, or a lock cannot be had.
    pub fn lock(&self, name: &str) -> anyhow::Result<Lock> {
        let mut taken: Vec<Held> = Vec::new();
        // The state's is the last to be closed: who waits for an end waits for that one.
        for folder in [&self.runtime, &self.cache, &self.state] {
            if !folder.is_dir() {
                continue;
            }
            let held = Held::open(folder)?;
            // Two of them may be one.
            if !taken.iter().any(|other| other.file_id == held.file_id) {
                held.take(name, folder)?;
                taken.push(held);
            }
        }
        Ok(Lock { _held: taken })
    }

    /// Whether the process that has the runtime folder took this state folder too, as far as this
    /// user may see: a service, and the same machine by hand, have one runtime folder.
    #[must_use]
    pub fn are_taken_together(&self) -> bool {
        let holder = |folder: &Utf8Path| read_pid(&regular::open(&folder.join(LOCK)).ok()?);
        let of_runtime = holder(&self.runtime);
        of_runtime.is_some() && of_runtime == holder(&self.state)
    }
}

/// A machine that is this process's.
#[derive(Debug)]
pub struct Lock {
    _held: Vec<Held>,
}

/// The lock of one folder.
#[derive(Debug)]
struct Held {
    file: File,
    /// Its device and its number there.
    file_id: (u64, u64),
}

impl Held {
    fn open(folder: &Utf8Path) -> anyhow::Result<Self> {
        let place = folder.join(LOCK);
        let opened = || -> anyhow::Result<Self> {
            // The folder may be another user's, who may have put anything there for root to find.
            let file = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .custom_flags(
                    OFlags::NOFOLLOW
                        .union(OFlags::NONBLOCK)
                        .bits()
                        .cast_signed(),
                )
                .open(&place)
                .map_err(|error| match error.kind() {
                    ErrorKind::PermissionDenied => anyhow!("{error}\n\nhint: {NOT_YOURS}"),
                    _ if place.is_symlink() => anyhow!("it is a link\n\nhint: remove it"),
                    _ => error.into(),
                })?;
            let about = file.metadata()?;
            ensure!(
                about.is_file() && about.nlink() == 1,
                "it is no regular file, or has another name too\n\nhint: remove it"
            );
            Ok(Self {
                file,
                file_id: (about.dev(), about.ino()),
            })
        };
        opened().with_context(|| format!("cannot open `{place}`"))
    }

    fn take(&self, name: &str, folder: &Utf8Path) -> anyhow::Result<()> {
        let mut file = &self.file;
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                // Without the number the message is less, not wrong.
                let who = read_pid(file).map(|pid| format!(", as process {pid}"));
                let who = who.unwrap_or_default();
                bail!(
                    "the machine `{name}` runs already{who}, which has `{folder}`\n\nhint: \
                     `lucarne ctl {name} stop` stops it, or `lucarne stop MACHINE` with the \
                     `--below` that it has; two machines need two names"
                );
            }
            // Such as a file system that has no locks.
            Err(error) => {
                return Err(error).with_context(|| format!("cannot lock `{}`", folder.join(LOCK)));
            }
        }
        // Root may come first, and the machine's user is to get at it.
        give(file, folder)
            .and_then(|()| file.set_len(0))
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .with_context(|| format!("cannot write `{}`", folder.join(LOCK)))
    }
}

/// The process that the lock's file names, where it does.
fn read_pid(lock: &File) -> Option<u32> {
    let mut pid = String::new();
    lock.take(PID_BYTES_MAX).read_to_string(&mut pid).ok()?;
    pid.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use camino::Utf8PathBuf;

    use super::*;

    #[test]
    fn a_machine_is_one_process_s() {
        let folder = tempfile::tempdir().expect("the test may write");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let folders = Folders {
            state: here.join("state"),
            cache: here.join("cache"),
            runtime: here.join("run"),
        };
        let other = Folders {
            state: here.join("state-2"),
            cache: here.join("cache-2"),
            runtime: here.join("run-2"),
        };
        for all in [&folders, &other] {
            for folder in [&all.state, &all.cache, &all.runtime] {
                fs::create_dir(folder).expect("is writable");
            }
        }
        let lock = folders.lock("office").expect("is free");
        let pid = std::process::id();
        // One folder in common is enough.
        for (common, mixed) in [
            (
                &folders.state,
                with(&other, |it| &mut it.state, &folders.state),
            ),
            (
                &folders.cache,
                with(&other, |it| &mut it.cache, &folders.cache),
            ),
            (
                &folders.runtime,
                with(&other, |it| &mut it.runtime, &folders.runtime),
            ),
        ] {
            let error = mixed.lock("office").expect_err("is taken").to_string();
            let what = format!(
                "the machine `office` runs already, as process {pid}, which has `{common}`\n"
            );
            assert!(error.starts_with(&what), "{error}");
        }
        other.lock("office").expect("has nothing in common");
        drop(lock);
        folders.lock("office").expect("is free again");
        let one = Folders {
            cache: folders.state.clone(),
            ..folders
        };
        one.lock("office").expect("one folder may be two of them");
    }

    #[test]
    fn a_machine_that_runs_has_the_state_that_its_process_took() {
        let folder = tempfile::tempdir().expect("the test may write");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let folders = |state: &str| Folders {
            state: here.join(state),
            cache: here.join("cache"),
            runtime: here.join("run"),
        };
        let (left, taken) = (folders("left"), folders("taken"));
        for folder in [&left.state, &taken.state, &taken.runtime] {
            fs::create_dir(folder).expect("is writable");
        }
        assert!(!taken.are_taken_together());
        fs::write(left.state.join(LOCK), "1\n").expect("is writable");
        let _lock = taken.lock("office").expect("is free");
        assert!(taken.are_taken_together() && !left.are_taken_together());
    }

    #[test]
    fn what_is_no_lock_is_left_as_it_is() {
        let folder = tempfile::tempdir().expect("the test may write");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let theirs = here.join("shadow");
        fs::write(&theirs, "theirs").expect("is writable");
        let folders = Folders {
            state: here.join("state"),
            cache: here.join("cache"),
            runtime: here.join("run"),
        };
        fs::create_dir(&folders.state).expect("is writable");
        let lock = folders.state.join(LOCK);
        let told = || {
            let told = folders.lock("office").expect_err("no lock");
            assert_eq!(fs::read_to_string(&theirs).expect("is there"), "theirs");
            format!("{told:#}")
        };
        std::os::unix::fs::symlink(&theirs, &lock).expect("is writable");
        let what = format!("cannot open `{lock}`: it is a link\n\nhint: ");
        assert!(told().starts_with(&what));
        fs::remove_file(&lock).expect("is ours");
        fs::hard_link(&theirs, &lock).expect("is writable");
        assert!(told().contains("has another name too\n\nhint: "));
        fs::remove_file(&lock).expect("is ours");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mkfifoat(rustix::fs::CWD, lock.as_std_path(), mode).expect("is writable");
        assert!(told().contains("it is no regular file"));
    }

    /// Only root gives something away.
    #[test]
    fn what_root_locks_is_its_folders_owners_once_it_is_taken() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().expect("the test may write");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        std::os::unix::fs::chown(here, Some(61_500), Some(61_501)).expect("root may");
        let owner = || fs::metadata(here.join(LOCK)).expect("is there").uid();
        let held = Held::open(here).expect("is free");
        assert_eq!(owner(), 0, "it may be another's yet");
        held.take("office", here).expect("is free");
        assert_eq!(owner(), 61_500);
    }

    fn with(
        all: &Folders,
        part: impl Fn(&mut Folders) -> &mut Utf8PathBuf,
        folder: &Utf8Path,
    ) -> Folders {
        let mut all = all.clone();
        folder.clone_into(part(&mut all));
        all
    }
}
