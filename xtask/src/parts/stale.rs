//! Removes what was made for a source that nobody builds any more.
//!
//! Everything here is named by a hash of what it is made of, so each change of a program leaves the
//! old one's parts behind: some gigabytes after a day's work.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use camino::Utf8Path;
use rustix::fs::{FlockOperation, flock};

use crate::room;

/// A part's file that is locked: by one alone while it is made or removed, by all who use it.
pub(super) const LOCK: &str = "lock";
/// Another one, there once it is whole.
pub(super) const DONE: &str = "done";
/// How long a part stays that nobody asked for.
const UNUSED: Duration = Duration::from_secs(24 * 60 * 60);
/// How many stay, those that were used last. One run of all checks takes some thirty media.
const KEPT_MAX: usize = 40;

/// Marks a part as in use, which is made where it is not there, and opens its lock. None where
/// somebody removes it in this moment.
pub(super) fn open(part: &Utf8Path) -> Result<Option<File>> {
    fs::create_dir_all(part).with_context(|| format!("cannot make `{part}`"))?;
    let marked = File::open(part).and_then(|folder| folder.set_modified(SystemTime::now()));
    match marked.and_then(|()| File::create(part.join(LOCK))) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        lock => lock
            .map(Some)
            .with_context(|| format!("cannot use `{part}`")),
    }
}

/// Whether a lock is the part's: whoever waited for it may have that of a part that was removed.
pub(super) fn is_there(lock: &File, part: &Utf8Path) -> bool {
    let found = fs::metadata(part.join(LOCK)).and_then(|found| Ok((found, lock.metadata()?)));
    found.is_ok_and(|(found, own)| (found.dev(), found.ino()) == (own.dev(), own.ino()))
}

/// Removes the parts of a folder that nobody used for a day, and those that are too many. What
/// somebody has locked stays: another checkout may be at work.
pub(super) fn remove(parts: &Utf8Path) -> Result<()> {
    let cannot = || format!("cannot list `{parts}`");
    let mut all = Vec::new();
    for entry in parts.read_dir_utf8().with_context(cannot)? {
        let part = entry.with_context(cannot)?.into_path();
        // Whatever else lies there is not named by a hash. And somebody else cleans up here too.
        let name = part.file_name().unwrap_or_default();
        if name.bytes().all(|byte| byte.is_ascii_hexdigit())
            && let Some(at) = marked(&part)
        {
            all.push((at, part));
        }
    }
    all.sort();
    for (place, (at, part)) in all.iter().rev().enumerate() {
        let is_old = at.elapsed().is_ok_and(|age| age > UNUSED);
        if is_old || place >= KEPT_MAX {
            _ = remove_unused(part, *at);
        }
    }
    Ok(())
}

/// When a part was last marked as in use.
fn marked(part: &Utf8Path) -> Option<SystemTime> {
    let about = part.symlink_metadata().ok()?;
    about.is_dir().then(|| about.modified().ok())?
}

/// Removes a part, unless somebody has it, or has marked it meanwhile. One that stays is tried
/// again the next time.
fn remove_unused(part: &Utf8Path, at: SystemTime) -> io::Result<()> {
    // A part of which the first try was cut short may have none: that marks it, so that it stays.
    let lock = File::create(part.join(LOCK))?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
    if !is_there(&lock, part) || marked(part) != Some(at) {
        return Ok(());
    }
    // What is cut short here is not whole. The lock stays while something can be seen: whoever
    // makes the part anew waits for it.
    match fs::remove_file(part.join(DONE)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => room::empty_but(part, LOCK).map_err(io::Error::other)?,
    }
    fs::remove_file(part.join(LOCK))?;
    fs::remove_dir(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parts of these names, each used so long ago, and what is left of them.
    fn left(ages: &[(&str, Duration)], held: &str) -> Vec<String> {
        let folder = tempfile::tempdir().expect("the test may write");
        let parts = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let mut lock = None;
        for (name, age) in ages {
            let part = parts.join(name);
            fs::create_dir(&part).expect("is writable");
            let file = File::create(part.join(LOCK)).expect("is writable");
            fs::write(part.join(DONE), "").expect("is writable");
            if *name == held {
                flock(&file, FlockOperation::LockShared).expect("nobody has it");
                lock = Some(file);
            }
            let part = File::open(&part).expect("is there");
            part.set_modified(SystemTime::now() - *age)
                .expect("is ours");
        }
        remove(parts).expect("is there");
        drop(lock);
        let left = parts.read_dir_utf8().expect("is there");
        let left = left.map(|entry| entry.expect("is listed").file_name().to_owned());
        let mut left: Vec<String> = left.collect();
        left.sort();
        left
    }

    #[test]
    fn only_what_nobody_used_for_long_goes() {
        let (now, old) = (Duration::ZERO, 2 * UNUSED);
        let ages = [("0a", now), ("1b", old), ("2c", old), ("target", old)];
        assert_eq!(left(&ages, "2c"), ["0a", "2c", "target"]);
    }

    #[test]
    fn of_too_many_the_oldest_go() {
        let names: Vec<String> = (1..=KEPT_MAX + 3).map(|age| format!("{age:04}")).collect();
        let ages = (1..).map(Duration::from_secs);
        let ages: Vec<_> = names.iter().map(String::as_str).zip(ages).collect();
        let held = &names[KEPT_MAX + 1];
        let mut wanted = names[..KEPT_MAX].to_vec();
        wanted.push(held.clone());
        assert_eq!(left(&ages, held), wanted);
    }

    #[test]
    fn a_lock_of_what_was_removed_is_not_the_parts() {
        let folder = tempfile::tempdir().expect("the test may write");
        let part = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let lock = open(part).expect("is ours").expect("is there");
        assert!(is_there(&lock, part));
        fs::remove_file(part.join(LOCK)).expect("is ours");
        assert!(!is_there(&lock, part));
        open(part).expect("is ours").expect("is there");
        assert!(!is_there(&lock, part), "another one is");
    }
}
