//! Where an instance lives: its state, which stays; its cache, which may go; and its runtime
//! folder, with sockets and what no disk is to hold.
//!
//! Under systemd they are `$STATE_DIRECTORY`, `$CACHE_DIRECTORY` and `$RUNTIME_DIRECTORY`, else
//! folders of the user's by the machine's name. QEMU runs in the runtime folder, where links lead
//! to the files of the other two, so that its arguments name nothing but short names.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, symlink,
};

use anyhow::{Context as _, anyhow, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock, statfs};

use super::control::SOCKET as CONTROL;
use super::part::give;
use crate::machine::files;

/// `statfs`'s words for file systems in memory (`linux/magic.h`).
const IN_MEMORY: [i64; 2] = [0x0102_1994, 0x8584_58f6];
/// What a socket's path may have on Linux, its end included. The control socket's is the longest.
const SOCKET_PATH_MAX: usize = 108;
/// The lock's file holds a process id.
const PID_BYTES_MAX: u64 = 32;

/// Names in the state folder.
pub const DATA_DISK: &str = "data.qcow2";
pub const TPM: &str = "tpm";
/// Names in the runtime folder.
pub const STATE: &str = "state.json";
pub const CONFIG: &str = files::CONFIG;
pub(super) const LOCK: &str = "lock";

/// The three folders, as paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    pub state: Utf8PathBuf,
    pub cache: Utf8PathBuf,
    pub runtime: Utf8PathBuf,
}

impl Folders {
    /// Those of a machine by its name, from variables of the environment.
    pub fn find(name: &str, variable: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        // systemd writes several with colons between; the first is ours.
        let given = |key: &str| {
            let first = variable(key)?.split(':').next()?.to_owned();
            Some(Utf8PathBuf::from(first)).filter(|path| path.is_absolute())
        };
        let below = |base: Utf8PathBuf| base.join("lucarne").join(name);
        let users = |key: &str, at: &str| {
            let home = || given("HOME").map(|home| home.join(at));
            given(key).or_else(home).map(below).with_context(|| {
                format!("no place for the machine's files\n\nhint: set `HOME`, or `{key}`")
            })
        };
        let state = given("STATE_DIRECTORY");
        let cache = given("CACHE_DIRECTORY");
        let runtime = given("RUNTIME_DIRECTORY");
        let runtime = runtime.or_else(|| given("XDG_RUNTIME_DIR").map(below));
        Ok(Self {
            state: state.map_or_else(|| users("XDG_STATE_HOME", ".local/state"), Ok)?,
            cache: cache.map_or_else(|| users("XDG_CACHE_HOME", ".cache"), Ok)?,
            runtime: runtime.unwrap_or_else(|| below("/run".into())),
        })
    }

    /// Makes what is missing of them, each for its owner alone.
    pub fn make(&self) -> anyhow::Result<()> {
        for folder in [&self.state, &self.cache, &self.runtime] {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .with_context(|| format!("cannot make `{folder}`"))?;
        }
        let longest = self.runtime.as_str().len() + 1 + CONTROL.len();
        ensure!(
            longest < SOCKET_PATH_MAX,
            "the path of `{}/{CONTROL}` is too long for a socket\n\nhint: set \
             `XDG_RUNTIME_DIR` to a folder with a short path",
            self.runtime
        );
        self.cache_on_a_disk()
    }

    /// The system disk's overlay grows by gigabytes, and memory is no place for them.
    fn cache_on_a_disk(&self) -> anyhow::Result<()> {
        let cannot = || format!("cannot tell what `{}` lies on", self.cache);
        let found = statfs(self.cache.as_std_path()).with_context(cannot)?;
        #[allow(
            clippy::unnecessary_cast,
            reason = "its type is another on other systems"
        )]
        let kind = found.f_type as i64;
        ensure!(
            !IN_MEMORY.contains(&kind),
            "`{}` lies in memory (tmpfs), and the system disk's overlay would fill it\n\nhint: set \
             `XDG_CACHE_HOME` (for a service `CacheDirectory=`) to a folder on a disk",
            self.cache
        );
        Ok(())
    }

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

    /// Removes what an earlier run left in the runtime folder: sockets and links, and what has a
    /// name of ours. Anything else is somebody's.
    pub fn clear(&self) -> anyhow::Result<()> {
        self.unlink()?;
        for name in [CONTROL, STATE, CONFIG, TPM] {
            remove(&self.runtime.join(name))?;
        }
        Ok(())
    }

    /// Removes what belongs to one start of QEMU: its sockets, and links to its files.
    pub(super) fn unlink(&self) -> anyhow::Result<()> {
        let entries = self.runtime.read_dir_utf8();
        let entries = entries.with_context(|| format!("cannot list `{}`", self.runtime))?;
        for entry in entries {
            let path = entry.context("cannot list it")?.into_path();
            let kind = path.symlink_metadata().map(|about| about.file_type());
            let left = kind.is_ok_and(|kind| kind.is_socket() || kind.is_symlink());
            if left && path.file_name() != Some(CONTROL) {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// Makes a link in the runtime folder, where QEMU finds a file by a short name.
    pub(super) fn link(&self, name: &str, to: &Utf8Path) -> anyhow::Result<()> {
        let link = self.runtime.join(name);
        remove(&link)?;
        symlink(to, &link).with_context(|| format!("cannot make `{link}`"))
    }

    /// The throw-away disk over the image's.
    #[must_use]
    pub fn overlay(&self) -> Utf8PathBuf {
        self.cache.join(files::OVERLAY)
    }

    /// The firmware variables that belong to it.
    #[must_use]
    pub fn vars(&self) -> Utf8PathBuf {
        self.cache.join(files::VARS)
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
            let file = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&place)?;
            // Root may come first, and the machine's user is to get at it.
            give(&file, folder)?;
            let about = file.metadata()?;
            Ok(Self {
                file,
                file_id: (about.dev(), about.ino()),
            })
        };
        opened().with_context(|| format!("cannot open `{place}`"))
    }

    fn take(&self, name: &str, folder: &Utf8Path) -> anyhow::Result<()> {
        let mut file = &self.file;
        if flock(file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut pid = String::new();
            // Without the number the message is less, not wrong.
            _ = file.take(PID_BYTES_MAX).read_to_string(&mut pid);
            let pid = pid.trim().parse::<u32>();
            let who = pid.map_or_else(|_| String::new(), |pid| format!(", as process {pid}"));
            bail!(
                "the machine `{name}` runs already{who}, which has `{folder}`\n\nhint: `lucarne \
                 ctl {name} stop` stops it; two machines need two names"
            );
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .with_context(|| format!("cannot write `{}`", folder.join(LOCK)))
    }
}

/// Removes a file, or a folder with everything in it. One that is not there is as good.
pub(super) fn remove(path: &Utf8Path) -> anyhow::Result<()> {
    let removed = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    removed.with_context(|| format!("cannot remove `{path}`"))
}

/// Writes a file whole or not at all, for its owner alone.
pub(crate) fn write(path: &Utf8Path, bytes: &[u8]) -> anyhow::Result<()> {
    let part = Utf8PathBuf::from(format!("{path}.part"));
    let written = || -> io::Result<()> {
        match fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    written().map_err(|error| anyhow!(error).context(format!("cannot write `{path}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> anyhow::Result<Folders> {
        Folders::find("office", &|key| {
            let found = variables.iter().find(|(name, _)| *name == key);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn systemd_s_folders_come_first_and_the_user_s_are_by_name() {
        let folders = found(&[
            ("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"),
            ("HOME", "/h"),
            ("XDG_RUNTIME_DIR", "/run/user/7"),
        ])
        .expect("enough is known");
        assert_eq!(folders.state, "/var/lib/a");
        assert_eq!(folders.cache, "/h/.cache/lucarne/office");
        assert_eq!(folders.runtime, "/run/user/7/lucarne/office");
        let error = found(&[("XDG_STATE_HOME", "relative")]).expect_err("no home");
        assert!(error.to_string().contains("`HOME`"), "{error}");
        let of_system = found(&[("HOME", "/root")]).expect("enough is known");
        assert_eq!(of_system.runtime, "/run/lucarne/office");
    }

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

    fn with(
        all: &Folders,
        part: impl Fn(&mut Folders) -> &mut Utf8PathBuf,
        folder: &Utf8Path,
    ) -> Folders {
        let mut all = all.clone();
        folder.clone_into(part(&mut all));
        all
    }

    #[test]
    fn a_file_is_replaced_whole_and_a_part_that_was_left_is_no_hindrance() {
        let folder = tempfile::tempdir().expect("the test may write");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let file = here.join("a");
        fs::write(here.join("a.part"), "half").expect("is writable");
        write(&file, b"one").expect("is writable");
        write(&file, b"two").expect("is writable");
        assert_eq!(fs::read(&file).expect("is there"), b"two");
        assert!(!here.join("a.part").exists());
    }
}
