//! Where an instance lives: its state, which stays; its cache, which may go; and its runtime
//! folder, with sockets and what no disk is to hold.
//!
//! Under systemd they are `$STATE_DIRECTORY`, `$CACHE_DIRECTORY` and `$RUNTIME_DIRECTORY`, else
//! folders of the user's by the machine's name. QEMU runs in the runtime folder, where links lead
//! to the files of the other two, so that its arguments name nothing but short names.

mod own;

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, OpenOptionsExt as _, symlink};

use anyhow::{Context as _, anyhow, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::statfs;

use super::control::SOCKET as CONTROL;
use crate::machine::files;

/// `statfs`'s words for file systems in memory (`linux/magic.h`).
const IN_MEMORY: [i64; 2] = [0x0102_1994, 0x8584_58f6];
/// What a socket's path may have on Linux, its end included. The control socket's is the longest.
const SOCKET_PATH_MAX: usize = 108;

/// Names in the state folder.
pub const DATA_DISK: &str = "data.qcow2";
pub const TPM: &str = "tpm";
/// Names in the runtime folder.
pub const STATE: &str = "state.json";
pub const CONFIG: &str = files::CONFIG;

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
        self.runtime_alone()?;
        let longest = self.runtime.as_str().len() + 1 + CONTROL.len();
        ensure!(
            longest < SOCKET_PATH_MAX,
            "the path of `{}/{CONTROL}` is too long for a socket\n\nhint: set \
             `XDG_RUNTIME_DIR` to a folder with a short path",
            self.runtime
        );
        let hint = "set `XDG_CACHE_HOME` (for a service `CacheDirectory=`) to a folder on a disk";
        on_a_disk(&self.cache, "the system disk's overlay", hint)
    }

    /// Refuses a runtime folder that is one of the others: its links have the names of what they
    /// lead to there, and what a run leaves in it is removed.
    fn runtime_alone(&self) -> anyhow::Result<()> {
        let whole = |folder: &Utf8Path| {
            let whole = folder.canonicalize_utf8();
            whole.with_context(|| format!("cannot tell where `{folder}` leads"))
        };
        let runtime = whole(&self.runtime)?;
        for (other, key) in [(&self.state, "STATE"), (&self.cache, "CACHE")] {
            ensure!(
                whole(other)? != runtime,
                "`{other}` is the runtime folder too, and all of that is removed when a machine \
                 ends\n\nhint: give `XDG_{key}_HOME` and `XDG_RUNTIME_DIR` (for a service \
                 `{key}_DIRECTORY` and `RUNTIME_DIRECTORY`) folders of their own"
            );
        }
        Ok(())
    }

    /// Refuses a state folder that an identity cannot lie in.
    pub(super) fn state_on_a_disk(&self) -> anyhow::Result<()> {
        let hint = "set `XDG_STATE_HOME` (for a service `StateDirectory=`) to a folder on a disk";
        on_a_disk(&self.state, "the disk of the machine's identity", hint)
    }

    /// Removes what a run left in the runtime folder, secrets among it, which a run that was killed
    /// leaves: sockets and links, and what has a name of ours. Anything else is somebody's.
    pub fn clear(&self) -> anyhow::Result<()> {
        self.unlink()?;
        for name in [CONTROL, STATE, CONFIG, TPM] {
            remove(&self.runtime.join(name))?;
        }
        Ok(())
    }

    /// Removes what belongs to one start of QEMU: its sockets, and links to its files.
    pub(super) fn unlink(&self) -> anyhow::Result<()> {
        let entries = match self.runtime.read_dir_utf8() {
            // systemd takes it away with a service.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.with_context(|| format!("cannot list `{}`", self.runtime))?,
        };
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

/// Overlays of the system disk grow by gigabytes, and memory is no place for them.
fn on_a_disk(folder: &Utf8Path, what: &str, hint: &str) -> anyhow::Result<()> {
    ensure!(
        !in_memory(folder)?,
        "`{folder}` lies in memory (tmpfs), and {what} would fill it\n\nhint: {hint}"
    );
    Ok(())
}

/// Whether a file or folder is gone with the host's memory.
pub(crate) fn in_memory(path: &Utf8Path) -> anyhow::Result<bool> {
    let found = statfs(path.as_std_path());
    let found = found.with_context(|| format!("cannot tell what `{path}` lies on"))?;
    #[allow(
        clippy::unnecessary_cast,
        reason = "its type is another on other systems"
    )]
    let kind = found.f_type as i64;
    Ok(IN_MEMORY.contains(&kind))
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

/// Puts bytes where somebody wants them: what a link leads to is replaced, not the link, and a pipe
/// or a device is written to.
pub(crate) fn put(file: &Utf8Path, bytes: &[u8]) -> anyhow::Result<()> {
    let about = file.metadata();
    if about.is_ok_and(|about| !about.is_file() && !about.is_dir()) {
        let opened = File::options().write(true).open(file);
        return opened
            .and_then(|mut file| file.write_all(bytes))
            .with_context(|| format!("cannot write to `{file}`"));
    }
    if !file.is_symlink() {
        return write(file, bytes);
    }
    // One that leads nowhere may be the system's, such as the output of a process that has none.
    let real = file.canonicalize_utf8();
    let real = real.with_context(|| format!("cannot tell where `{file}` leads"))?;
    write(&real, bytes)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, Mode, mkfifoat};

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
    fn what_is_removed_is_no_folder_that_stays() {
        let folder = tempfile::tempdir().expect("the test may write");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let folders = |state: &str, cache: &str, runtime: &str| Folders {
            state: here.join(state),
            cache: here.join(cache),
            runtime: here.join(runtime),
        };
        for name in ["r", "s"] {
            fs::create_dir(here.join(name)).expect("is writable");
        }
        symlink(here.join("r"), here.join("link")).expect("is writable");
        let alone = folders("s", "s", "r").runtime_alone();
        alone.expect("those two may be one");
        for (state, cache) in [("r", "s"), ("s", "r"), ("s", "link")] {
            let error = folders(state, cache, "r").runtime_alone();
            let error = error.expect_err("is removed").to_string();
            assert!(error.contains("runtime folder too"), "{error}");
        }
        let gone = folders("gone", "s", "r").runtime_alone();
        let told = gone.expect_err("is not there").to_string();
        assert_eq!(told, format!("cannot tell where `{here}/gone` leads"));
    }

    #[test]
    fn what_is_gone_with_the_memory_is_known() {
        let memory = Utf8Path::new("/dev/shm");
        if memory.is_dir() {
            assert!(in_memory(memory).expect("is there"));
            let told = on_a_disk(memory, "it", "no").expect_err("is none");
            assert!(told.to_string().contains("lies in memory"), "{told}");
        }
        assert!(!in_memory(Utf8Path::new("/proc")).expect("is there"));
        in_memory(Utf8Path::new("/nowhere")).expect_err("is not there");
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

    #[test]
    fn what_is_no_file_is_written_to_and_no_link_is_replaced() {
        let folder = tempfile::tempdir().expect("the test may write");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let (file, pipe) = (here.join("file"), here.join("pipe"));
        mkfifoat(CWD, pipe.as_std_path(), Mode::from_raw_mode(0o600)).expect("is writable");
        let links = [(&file, here.join("to-file")), (&pipe, here.join("to-pipe"))];
        fs::write(&file, "old").expect("is writable");
        for (to, link) in &links {
            symlink(to, link).expect("is writable");
        }
        std::thread::scope(|threads| {
            let reader = threads.spawn(|| fs::read(&pipe));
            put(&links[1].1, b"picture").expect("is read");
            let read = reader.join().expect("no panic");
            assert_eq!(read.expect("is there"), b"picture");
        });
        put(&links[0].1, b"picture").expect("is writable");
        assert_eq!(fs::read(&file).expect("is there"), b"picture");
        assert!(links.iter().all(|(_, link)| link.is_symlink()));
        put(here, b"picture").expect_err("is a folder");
        fs::remove_file(&file).expect("is ours");
        put(&links[0].1, b"picture").expect_err("leads nowhere");
        assert!(links[0].1.is_symlink());
        let fresh = here.join("fresh");
        put(&fresh, b"picture").expect("is writable");
        assert_eq!(fs::read(&fresh).expect("is there"), b"picture");
    }
}
