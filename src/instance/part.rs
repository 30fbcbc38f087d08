//! A file in the making beside its place, which it takes when it is whole.
//!
//! While it is made a small file beside it is locked, so that one whose process was killed is told
//! from one that grows, in whatever namespace of processes that is. The file itself is QEMU's to
//! lock: on NFS the kernel makes one kind of lock of the other (flock(2)).

mod lock;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};

use anyhow::{Context as _, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::output::Traces;
use lock::{Lock, Taken};

/// A file in the making. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Part {
    place: Utf8PathBuf,
    path: Utf8PathBuf,
    /// What was made, whatever somebody else puts into the folder by its name.
    file: File,
    replaces: bool,
    /// Goes after the file.
    lock: Lock,
}

impl Part {
    /// Makes an empty file, its owner's alone. `replaces`: another one goes that is there.
    pub(super) fn new(place: &Utf8Path, replaces: bool) -> anyhow::Result<Self> {
        ensure!(
            replaces || place.symlink_metadata().is_err(),
            "`{place}` is there already\n\nhint: remove it, or name another file"
        );
        clear(place);
        let path = path_of(place, std::process::id());
        let lock = match Lock::take(&path)? {
            Taken::Ours(lock) => lock,
            Taken::Anothers => bail!(
                "another process has `{path}`, or looks whether it was left\n\nhint: try again"
            ),
        };
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot make `{path}`"))?;
        Ok(Self {
            place: place.to_owned(),
            path,
            file,
            replaces,
            lock,
        })
    }

    /// Where it is while it is made.
    pub(super) fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// All that is there of it until it is in its place.
    pub(super) fn traces(&self) -> Traces {
        let mut traces = Traces::default();
        traces.whole(self.path.clone());
        traces.whole(self.lock.path().to_owned());
        traces
    }

    /// The file itself for programs of this process' user, whatever its name leads to by now: its
    /// folder may be somebody's whom root does this for.
    pub(super) fn itself(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd())
    }

    /// Where it is to be.
    pub(super) fn place(&self) -> &Utf8Path {
        &self.place
    }

    /// Lets it belong to whom its folder belongs: root makes it for a machine with a user of its
    /// own, who would not get at it.
    pub(super) fn give(&self) -> anyhow::Result<()> {
        let folder = self.place.parent().filter(|folder| *folder != "");
        let folder = folder.unwrap_or(".".into());
        give(&self.file, folder)
            .and_then(|()| self.lock.give(folder))
            .with_context(|| format!("cannot give `{}` to its folder's owner", self.place))
    }

    /// Puts it into its place, where it is after a power cut too.
    pub(super) fn commit(&self) -> anyhow::Result<()> {
        self.try_commit()
            .with_context(|| format!("cannot make `{}`", self.place))
    }

    fn try_commit(&self) -> anyhow::Result<()> {
        self.file.sync_all()?;
        let (from, to) = (self.path.as_std_path(), self.place.as_std_path());
        let flags = if self.replaces {
            RenameFlags::empty()
        } else {
            RenameFlags::NOREPLACE
        };
        match renameat_with(CWD, from, CWD, to, flags) {
            // Not every file system knows the flag.
            Err(rustix::io::Errno::INVAL) => self.put()?,
            other => other?,
        }
        let folder = self.place.parent().filter(|folder| *folder != "");
        File::open(folder.unwrap_or(Utf8Path::new(".")))?.sync_all()?;
        Ok(())
    }

    /// Puts it into its place where a rename cannot be told to replace nothing. A link does not
    /// replace either.
    fn put(&self) -> io::Result<()> {
        if self.replaces {
            return fs::rename(&self.path, &self.place);
        }
        fs::hard_link(&self.path, &self.place)?;
        fs::remove_file(&self.path)
    }
}

/// Where a process of this number makes what comes to a place.
fn path_of(place: &Utf8Path, process: u32) -> Utf8PathBuf {
    format!("{place}.{process}.part").into()
}

/// Removes what killed processes left of this place's parts. What cannot be removed is in nobody's
/// way: its number is another one's, or making the file tells.
fn clear(place: &Utf8Path) {
    let folder = place.parent().filter(|folder| *folder != "");
    let Ok(files) = folder.unwrap_or(".".into()).read_dir_utf8() else {
        return;
    };
    let number = |name: &str| {
        let rest = name.strip_prefix(place.file_name()?)?.strip_prefix('.')?;
        let rest = rest.strip_suffix(lock::ENDING).unwrap_or(rest);
        let number = rest.strip_suffix(".part")?;
        number.parse::<u32>().ok()
    };
    let files = files.flatten();
    // A part and its lock have one number.
    let numbers: BTreeSet<_> = files.filter_map(|file| number(file.file_name())).collect();
    for number in numbers {
        let path = path_of(place, number);
        let is_other = path.symlink_metadata().is_ok_and(|about| !about.is_file());
        if is_other {
            continue;
        }
        // Whoever has the lock may remove it with the part, or begin the part anew.
        if let Ok(Taken::Ours(_lock)) = Lock::take(&path) {
            _ = fs::remove_file(&path);
        }
    }
}

/// Gives a file that root has made to whom its folder belongs.
pub(super) fn give(file: &File, folder: &Utf8Path) -> io::Result<()> {
    let folder = fs::metadata(folder)?;
    if rustix::process::geteuid().is_root() && file.metadata()?.uid() != folder.uid() {
        fchown(file, Some(folder.uid()), Some(folder.gid()))?;
    }
    Ok(())
}

impl Drop for Part {
    fn drop(&mut self) {
        // In its place it has another name.
        _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{FlockOperation, flock};

    use super::*;

    fn with_folder(test: impl FnOnce(&Utf8Path)) {
        let folder = tempfile::tempdir().expect("the test may write");
        test(Utf8Path::from_path(folder.path()).expect("UTF-8"));
    }

    #[test]
    fn a_file_appears_whole_and_never_over_another() {
        with_folder(|folder| {
            let count = || folder.read_dir_utf8().expect("is there").count();
            let place = folder.join("a.qcow2");
            drop(Part::new(&place, false).expect("is free"));
            assert_eq!(count(), 0, "an unfinished one leaves nothing");
            let part = Part::new(&place, false).expect("is free");
            fs::write(part.path(), "disk").expect("is ours");
            assert!(!place.exists());
            // It is locked by those who write to it, with locks of whatever kind.
            let opened = File::open(part.path()).expect("is ours");
            flock(&opened, FlockOperation::NonBlockingLockExclusive).expect("nobody has it");
            part.commit().expect("is free");
            drop(part);
            assert_eq!(fs::read_to_string(&place).expect("is there"), "disk");
            let error = Part::new(&place, false).expect_err("is taken").to_string();
            assert!(error.contains("is there already"), "{error}");
            assert_eq!(count(), 1);
        });
    }

    /// Only root gives something away.
    #[test]
    fn what_root_makes_is_its_folders_owners() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        with_folder(|folder| {
            std::os::unix::fs::chown(folder, Some(61_500), Some(61_501)).expect("root may");
            let part = Part::new(&folder.join("a.qcow2"), false).expect("is free");
            part.give().expect("root may");
            let about = fs::metadata(part.path()).expect("is there");
            assert_eq!((about.uid(), about.gid()), (61_500, 61_501));
            // Whoever clears what was left has to get at its lock.
            let about = fs::metadata(part.lock.path()).expect("is there");
            assert_eq!((about.uid(), about.gid()), (61_500, 61_501));
            // A name of the lock's that was there may be a second one of anything.
            let (theirs, named) = (folder.join("theirs"), folder.join("b.qcow2.part.lock"));
            fs::write(&theirs, "theirs").expect("root may");
            fs::hard_link(&theirs, &named).expect("root may");
            let Taken::Ours(lock) = Lock::take(&folder.join("b.qcow2.part")).expect("is free")
            else {
                panic!("nobody has it");
            };
            lock.give(folder).expect("nothing to give");
            assert_eq!(fs::metadata(&theirs).expect("is there").uid(), 0);
            // Its owner by now may put another's into its place.
            let theirs = folder.join("shadow");
            fs::write(&theirs, "theirs").expect("root may");
            fs::remove_file(part.path()).expect("is there");
            std::os::unix::fs::symlink(&theirs, part.path()).expect("root may");
            part.give().expect("root may");
            assert_eq!(fs::metadata(&theirs).expect("is there").uid(), 0);
            fs::write(part.itself(), "ours").expect("is writable");
            assert_eq!(fs::read_to_string(&theirs).expect("is there"), "theirs");
        });
    }

    /// As on a file system that knows no rename without replacing.
    #[test]
    fn another_one_stays_where_no_rename_sees_to_it() {
        with_folder(|folder| {
            let place = folder.join("a.qcow2");
            let part = Part::new(&place, false).expect("is free");
            fs::write(&place, "theirs").expect("is free");
            let error = part.put().expect_err("was taken meanwhile");
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read_to_string(&place).expect("is there"), "theirs");
            fs::remove_file(&place).expect("is there");
            part.put().expect("is free");
            assert_eq!(fs::read_to_string(&place).expect("is there"), "");
            assert!(!part.path().exists());
            drop(part);
            let part = Part::new(&place, true).expect("may go");
            fs::write(part.path(), "ours").expect("is ours");
            part.put().expect("may go");
            assert_eq!(fs::read_to_string(&place).expect("is there"), "ours");
        });
    }

    #[test]
    fn what_killed_processes_left_goes_and_what_grows_stays() {
        with_folder(|folder| {
            let place = folder.join("a.qcow2");
            let write = |name: &str| fs::write(folder.join(name), "left").expect("is writable");
            let own = format!("a.qcow2.{}.part", std::process::id());
            for name in [
                own.as_str(),
                "a.qcow2.6.part",
                "a.qcow2.6.part.lock",
                "a.qcow2.7.part",
                "a.qcow2.10.part.lock",
                "b.qcow2.7.part",
                "a.qcow2.x.part",
                "a.qcow2.9.part",
            ] {
                write(name);
            }
            std::os::unix::fs::symlink(&place, folder.join("a.qcow2.8.part")).expect("is free");
            let grows = File::create(folder.join("a.qcow2.9.part.lock")).expect("is free");
            flock(&grows, FlockOperation::LockExclusive).expect("is ours");
            let part = Part::new(&place, false).expect("is free");
            assert_eq!(part.path(), folder.join(&own));
            Part::new(&place, false).expect_err("it is made just now");
            part.commit().expect("is free");
            drop(part);
            let mut names: Vec<_> = folder
                .read_dir_utf8()
                .expect("is there")
                .flatten()
                .collect();
            names.sort_by(|a, b| a.file_name().cmp(b.file_name()));
            let names: Vec<_> = names.iter().map(camino::Utf8DirEntry::file_name).collect();
            assert_eq!(
                names,
                [
                    "a.qcow2",
                    "a.qcow2.8.part",
                    "a.qcow2.9.part",
                    "a.qcow2.9.part.lock",
                    "a.qcow2.x.part",
                    "b.qcow2.7.part"
                ]
            );
        });
    }

    #[test]
    fn another_one_stays_or_goes_as_was_asked() {
        with_folder(|folder| {
            let place = folder.join("a.qcow2");
            let part = Part::new(&place, false).expect("is free");
            fs::write(&place, "theirs").expect("is free");
            part.commit().expect_err("was taken meanwhile");
            drop(part);
            assert_eq!(fs::read_to_string(&place).expect("is there"), "theirs");
            let part = Part::new(&place, true).expect("may go");
            part.commit().expect("may go");
            assert_eq!(fs::read_to_string(&place).expect("is there"), "");
        });
    }

    /// Only a lock that is taken means another process.
    #[test]
    fn a_lock_that_cannot_be_had_is_told_as_it_is_and_leaves_nothing() {
        with_folder(|folder| {
            let place = folder.join("a.qcow2");
            let lock = format!("{}.lock", path_of(&place, std::process::id()));
            fs::create_dir(&lock).expect("is writable");
            let error = format!("{:#}", Part::new(&place, false).expect_err("no file"));
            assert!(
                error.starts_with(&format!("cannot lock `{lock}`: ")),
                "{error}"
            );
            assert_eq!(folder.read_dir_utf8().expect("is there").count(), 1);
            fs::remove_dir(&lock).expect("is empty");
            let part = Part::new(&place, false).expect("is free");
            let error = format!("{:#}", Part::new(&place, false).expect_err("is taken"));
            assert!(error.contains("another process has"), "{error}");
            assert!(part.path().exists(), "it is not the second's to remove");
        });
    }

    #[test]
    fn a_signal_s_end_leaves_nothing_of_it() {
        with_folder(|folder| {
            let part = Part::new(&folder.join("a.qcow2"), false).expect("is free");
            part.traces().remove().expect("is ours");
            assert_eq!(folder.read_dir_utf8().expect("is there").count(), 0);
        });
    }
}
