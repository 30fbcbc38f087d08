//! A file in the making beside its place, which it takes when it is whole.
//!
//! It is locked while it is made, so that one whose process was killed is told from one that grows,
//! in whatever namespace of processes that is.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, FlockOperation, OFlags, RenameFlags, flock, renameat_with};

/// A file in the making. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Part {
    place: Utf8PathBuf,
    path: Utf8PathBuf,
    /// What was made, whatever somebody else puts into the folder by its name.
    file: File,
    replaces: bool,
}

impl Part {
    /// Makes an empty file, its owner's alone. `replaces`: another one goes that is there.
    pub(super) fn new(place: &Utf8Path, replaces: bool) -> anyhow::Result<Self> {
        ensure!(
            replaces || place.symlink_metadata().is_err(),
            "`{place}` is there already\n\nhint: remove it, or name another file"
        );
        clear(place);
        let path = Utf8PathBuf::from(format!("{place}.{}.part", std::process::id()));
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot make `{path}`"))?;
        let locked = flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
        ensure!(
            locked && file.metadata()?.nlink() > 0,
            "another process took `{path}` for one that was left\n\nhint: try again"
        );
        Ok(Self {
            place: place.to_owned(),
            path,
            file,
            replaces,
        })
    }

    /// Where it is while it is made.
    pub(super) fn path(&self) -> &Utf8Path {
        &self.path
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
        give(&self.file, folder.unwrap_or(".".into()))
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

/// Removes what killed processes left of this place's parts. What cannot be removed is in nobody's
/// way: its number is another one's, or making the file tells.
fn clear(place: &Utf8Path) {
    let folder = place.parent().filter(|folder| *folder != "");
    let Ok(files) = folder.unwrap_or(".".into()).read_dir_utf8() else {
        return;
    };
    let is_part = |name: &str| {
        let rest = name.strip_prefix(place.file_name()?)?.strip_prefix('.')?;
        let number = rest.strip_suffix(".part")?;
        number.parse::<u32>().ok()
    };
    for file in files.flatten() {
        if is_part(file.file_name()).is_some() && is_left(file.path()).unwrap_or(false) {
            _ = fs::remove_file(file.path());
        }
    }
}

/// Whether it is a file that no process has locked.
fn is_left(path: &Utf8Path) -> io::Result<bool> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::options()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    let is_free = || flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
    Ok(file.metadata()?.is_file() && is_free())
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
                "a.qcow2.7.part",
                "b.qcow2.7.part",
                "a.qcow2.x.part",
            ] {
                write(name);
            }
            std::os::unix::fs::symlink(&place, folder.join("a.qcow2.8.part")).expect("is free");
            let grows = File::create(folder.join("a.qcow2.9.part")).expect("is free");
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
            let (link, grows) = ("a.qcow2.8.part", "a.qcow2.9.part");
            assert_eq!(
                names,
                ["a.qcow2", link, grows, "a.qcow2.x.part", "b.qcow2.7.part"]
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
}
