//! Finds machines by their names: a user's own, and the system's.
//!
//! A machine is where its state is; it runs where somebody listens on its control socket. What is
//! done to one that does not run is done under the lock that a run would take.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, symlink};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};

use super::base::KEPT;
use super::control::{Client, Unreachable};
use super::folders::{DATA_DISK, Folders, STATE, remove};
use super::lock::LOCK;
use super::plan::wrong_name;
use super::{identity, roots};
use crate::problem::{nearest, operand};
use crate::watch::Watch;

/// The folders of machines that are services, up to their names.
const SYSTEM: [&str; 3] = ["/var/lib/lucarne", "/var/cache/lucarne", "/run/lucarne"];
/// In a state folder: leads to the data disk, where that lies elsewhere.
const DATA_LINK: &str = "data-disk";
/// In a state folder: the guest's host keys, as ssh has seen them.
const KNOWN_HOSTS: &str = "known_hosts";
/// How many names are looked at.
const NAMES_MAX: usize = 10_000;

/// Reads a variable of the environment.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A machine, running or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub name: String,
    pub folders: Folders,
}

impl Found {
    /// The machine of a name. One that runs comes before one that does not, and then a user's own
    /// before the system's.
    pub fn named(name: &str, variable: Variable<'_>) -> anyhow::Result<Self> {
        Self::find(name, variable).ok_or_else(|| none(name, variable))
    }

    /// The machine of a name, though it may never have run: then it is the user's own, and its
    /// state folder is made.
    pub fn named_or_new(name: &str, variable: Variable<'_>) -> anyhow::Result<Self> {
        if let Some(found) = Self::find(name, variable) {
            return Ok(found);
        }
        if wrong_name(name).is_some() {
            return Err(none(name, variable));
        }
        let own = Self {
            name: name.to_owned(),
            folders: own(name, variable)?,
        };
        let state = &own.folders.state;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(state)
            .with_context(|| format!("cannot make `{state}`"))?;
        Ok(own)
    }

    /// All machines, by name.
    #[must_use]
    pub fn all(variable: Variable<'_>) -> Vec<Self> {
        let names = names(variable).into_iter();
        names
            .filter_map(|name| Self::find(&name, variable))
            .collect()
    }

    fn find(name: &str, variable: Variable<'_>) -> Option<Self> {
        let places = is_name(name).then(|| places(name, variable))?.into_iter();
        let places: Vec<_> = places
            .map(|folders| Self {
                name: name.to_owned(),
                folders,
            })
            .filter(Self::is_there)
            .collect();
        let running: Vec<_> = places.iter().filter(|place| place.runs()).collect();
        // Two places may have one runtime folder, where `XDG_RUNTIME_DIR` is not set: a service's
        // then, unless its state says otherwise.
        let of_its_state = running
            .iter()
            .find(|place| place.folders.are_taken_together());
        let running = of_its_state.or(running.last()).copied();
        running.or(places.first()).cloned()
    }

    /// Connects to it.
    pub fn client(&self) -> Result<Client, Unreachable> {
        Client::connect(&self.folders.runtime)
    }

    /// Whether it runs, as far as this user may know.
    #[must_use]
    pub fn runs(&self) -> bool {
        !matches!(self.client(), Err(Unreachable::Stopped))
    }

    /// Its data disk, which need not be there.
    #[must_use]
    pub fn data_disk(&self) -> Utf8PathBuf {
        let elsewhere = self.folders.state.join(DATA_LINK).read_link_utf8();
        elsewhere.unwrap_or_else(|_| self.folders.state.join(DATA_DISK))
    }

    /// Waits until another process may take the machine: one that has answered has yet to end. The
    /// lock's file tells of that, which closes then. Who may not see it does not wait.
    pub fn wait_until_free(&self, patience: Duration) -> anyhow::Result<()> {
        let lock = self.folders.state.join(LOCK);
        let Ok(watch) = Watch::of_closing(&lock) else {
            return Ok(());
        };
        let until = Instant::now() + patience;
        // Read-only, so that closing it here is no event.
        while let Ok(file) = File::open(&lock) {
            if flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
                return Ok(());
            }
            let changed = watch.wait(Some(until))?;
            ensure!(changed, "`{}` does not end", self.name);
        }
        Ok(())
    }

    /// The file of host keys for ssh. Those of an earlier start go: a new system disk has new ones,
    /// and what is connected to is this host's own QEMU, whoever the guest is.
    ///
    /// `since`: when this start began, in seconds since 1970.
    pub fn known_hosts(&self, since: u64) -> anyhow::Result<Utf8PathBuf> {
        let file = self.folders.state.join(KNOWN_HOSTS);
        let seen = file.symlink_metadata().map(|about| about.mtime());
        if seen.is_ok_and(|seen| u64::try_from(seen).unwrap_or_default() < since) {
            remove(&file)?;
        }
        Ok(file)
    }

    /// Removes what a run that was killed left: what it told Windows, and half an identity. The
    /// machine must not run.
    pub fn tidy(&self) -> anyhow::Result<()> {
        self.folders.clear()?;
        identity::discard(&self.folders)
    }

    /// Removes the system disk's overlay, so that the next start begins with the image. The machine
    /// must not run.
    pub fn forget_system_disk(&self) -> anyhow::Result<()> {
        // What is said of the disk goes first: without the disk it would be missed.
        let kept = self.folders.state.join(KEPT);
        for file in [kept, self.folders.overlay(), self.folders.vars()] {
            remove(&file)?;
        }
        roots::release(&self.name, &self.folders.state);
        Ok(())
    }

    fn is_there(&self) -> bool {
        let runtime = &self.folders.runtime;
        self.folders.state.is_dir()
            || match runtime.join(STATE).metadata() {
                Ok(about) => about.is_file(),
                // Somebody else's that runs, for the folder goes with it, or that has run.
                Err(error) => error.kind() == ErrorKind::PermissionDenied && runtime.is_dir(),
            }
    }
}

/// That there is no machine of a name, and which one may be meant.
fn none(name: &str, variable: Variable<'_>) -> anyhow::Error {
    let mut names = names(variable);
    names.remove(name);
    let hint = match nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("`{meant}` is one"),
        None if names.is_empty() => "`lucarne run` makes one".to_owned(),
        None => "`lucarne ctl list` shows all that there are".to_owned(),
    };
    anyhow!("there is no machine {}\n\nhint: {hint}", operand(name))
}

/// Remembers where the data disk lies, for when the machine does not run.
pub(super) fn remember_data_disk(folders: &Folders, disk: Option<&Utf8Path>) -> anyhow::Result<()> {
    let link = folders.state.join(DATA_LINK);
    if link.is_symlink() {
        remove(&link)?;
    }
    let Some(disk) = disk.filter(|disk| *disk != folders.state.join(DATA_DISK)) else {
        return Ok(());
    };
    symlink(disk, &link).with_context(|| format!("cannot make `{link}`"))
}

/// Where a machine of a name is that is the user's own.
fn own(name: &str, variable: Variable<'_>) -> anyhow::Result<Folders> {
    // A service's own folders say nothing of another machine's.
    let users = |key: &str| variable(key).filter(|_| !key.ends_with("_DIRECTORY"));
    Folders::find(name, &users)
}

/// Where a machine of a name may be.
fn places(name: &str, variable: Variable<'_>) -> Vec<Folders> {
    let [state, cache, runtime] = SYSTEM.map(|folder| Utf8Path::new(folder).join(name));
    let system = Folders {
        state,
        cache,
        runtime,
    };
    own(name, variable)
        .ok()
        .into_iter()
        .chain([system])
        .collect()
}

/// The names of all folders that may be machines'.
fn names(variable: Variable<'_>) -> BTreeSet<String> {
    let places = places("any", variable);
    let beside = places
        .iter()
        .flat_map(|place| [&place.state, &place.runtime])
        .filter_map(|folder| folder.parent()?.read_dir_utf8().ok());
    let names = beside.flatten().flatten();
    let names = names.map(|entry| entry.file_name().to_owned());
    let names = names.filter(|name| is_name(name));
    names.take(NAMES_MAX).collect()
}

/// What may be a part of a path.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::instance::control::SOCKET;

    fn with_home(test: impl Fn(&Utf8Path, Variable<'_>)) {
        let folder = tempfile::tempdir().expect("the test may write");
        let home = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let variable = |key: &str| match key {
            "HOME" => Some(home.to_string()),
            "XDG_RUNTIME_DIR" => Some(home.join("run").into_string()),
            "STATE_DIRECTORY" => Some("/nowhere".to_owned()),
            _ => None,
        };
        for (base, names) in [
            (".local/state/lucarne", &["office", "lab"][..]),
            ("run/lucarne", &["office"]),
        ] {
            for name in names {
                fs::create_dir_all(home.join(base).join(name)).expect("is writable");
            }
        }
        test(home, &variable);
    }

    #[test]
    fn machines_are_found_by_their_state() {
        with_home(|home, variable| {
            let office = Found::named("office", variable).expect("is there");
            assert_eq!(
                office.folders.state,
                home.join(".local/state/lucarne/office")
            );
            assert!(!office.runs());
            let _listens = UnixListener::bind(home.join("run/lucarne/office").join(SOCKET))
                .expect("is writable");
            assert!(office.runs());
            let all = Found::all(variable);
            let names: Vec<_> = all.iter().map(|found| &found.name).collect();
            assert!(names.starts_with(&[&"lab".to_owned()]) || names.len() > 2);
            assert!(all.contains(&office));
        });
    }

    #[test]
    fn a_machine_that_never_ran_gets_a_place() {
        with_home(|home, variable| {
            let fresh = Found::named_or_new("fresh", variable).expect("is writable");
            assert_eq!(fresh.folders.state, home.join(".local/state/lucarne/fresh"));
            assert_eq!(Found::named("fresh", variable).expect("is there"), fresh);
            let error = Found::named_or_new("../up", variable).expect_err("is none");
            assert!(error.to_string().starts_with("there is no machine"));
        });
    }

    #[test]
    fn a_name_that_is_none_is_told_with_what_was_meant() {
        with_home(|_, variable| {
            for (name, hint) in [
                ("ofice", "`office` is one"),
                ("zzzzzz", "`lucarne ctl list` shows all that there are"),
                ("../lab", "`lucarne ctl list` shows all that there are"),
            ] {
                let error = Found::named(name, variable).expect_err("is none");
                let expected = format!("there is no machine `{name}`\n\nhint: {hint}");
                assert_eq!(error.to_string(), expected);
            }
        });
    }

    #[test]
    fn a_data_disk_may_lie_elsewhere() {
        with_home(|home, variable| {
            let lab = Found::named("lab", variable).expect("is there");
            assert_eq!(lab.data_disk(), lab.folders.state.join(DATA_DISK));
            let elsewhere = home.join("big.qcow2");
            let remember = |disk| remember_data_disk(&lab.folders, Some(disk));
            for _ in 0..2 {
                remember(&elsewhere).expect("is writable");
                assert_eq!(lab.data_disk(), elsewhere);
            }
            let own = lab.folders.state.join(DATA_DISK);
            remember(&own).expect("is writable");
            assert_eq!(lab.data_disk(), own);
        });
    }

    #[test]
    fn a_machine_is_free_when_its_process_has_ended() {
        with_home(|_, variable| {
            let lab = Found::named("lab", variable).expect("is there");
            let wait = |ms: u64| lab.wait_until_free(Duration::from_millis(ms));
            wait(0).expect("nobody ever took it");
            let taken = lab.folders.lock("lab").expect("is free");
            let late = wait(20).expect_err("is taken").to_string();
            assert_eq!(late, "`lab` does not end");
            std::thread::scope(|threads| {
                let waits = threads.spawn(|| lab.wait_until_free(Duration::from_secs(60)));
                drop(taken);
                waits.join().expect("no panic").expect("is free");
            });
        });
    }

    #[test]
    fn host_keys_are_those_of_one_start() {
        with_home(|_, variable| {
            let lab = Found::named("lab", variable).expect("is there");
            let file = lab.known_hosts(0).expect("nothing to remove");
            fs::write(&file, "key").expect("is writable");
            let written = file.metadata().expect("is there").mtime().unsigned_abs();
            lab.known_hosts(written).expect("is as new");
            assert!(file.exists());
            lab.known_hosts(written + 1).expect("is writable");
            assert!(!file.exists());
        });
    }

    #[test]
    fn a_machine_that_is_reset_keeps_its_data() {
        with_home(|home, variable| {
            let lab = Found::named("lab", variable).expect("is there");
            let Folders { state, cache, .. } = &lab.folders;
            fs::create_dir_all(cache).expect("is writable");
            let gone = [lab.folders.overlay(), lab.folders.vars(), state.join(KEPT)];
            let stays = [state.join(DATA_DISK), cache.join("qemu.json")];
            for file in gone.iter().chain(&stays) {
                fs::write(file, "").expect("is writable");
            }
            lab.forget_system_disk().expect("is writable");
            assert!(gone.iter().all(|file| !file.exists()), "in {home}");
            assert!(stays.iter().all(|file| file.exists()), "in {home}");
        });
    }
}
