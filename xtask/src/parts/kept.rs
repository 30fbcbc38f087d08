//! What is made once for each state of what it is made of, and kept in the cache.
//!
//! Whoever comes second waits for the first instead of making another. What was cut short is made
//! again, and what nobody used for long goes when something new is made, but for what a program
//! that still runs has been given.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest as _, Sha256};

use super::stale::{self, DONE, LOCK};
use crate::{room, root};

/// The locks of what this program was given: it may use that until it ends.
static USED: Mutex<BTreeMap<Utf8PathBuf, File>> = Mutex::new(BTreeMap::new());

/// Gives the folder of one state, which `make` has filled; `kind` is the cache's folder for it.
pub(crate) fn kept(
    kind: &str,
    mut hash: Sha256,
    make: impl FnMut(&Utf8Path) -> Result<()>,
) -> Result<Utf8PathBuf> {
    // Each kind has a shape of its own.
    hash.update(format!("\n{kind}"));
    kept_in(&root::cache()?.join(kind), &name_of(hash), make)
}

fn kept_in(
    all: &Utf8Path,
    name: &str,
    mut make: impl FnMut(&Utf8Path) -> Result<()>,
) -> Result<Utf8PathBuf> {
    let folder = all.join(name);
    let done = folder.join(DONE);
    let lock = loop {
        // Marked first, for the wait may be long, and another checkout may clean up meanwhile.
        let Some(lock) = stale::open(&folder)? else {
            continue;
        };
        let is_alone = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok();
        if is_alone && stale::is_there(&lock, &folder) && !done.exists() {
            // What an earlier try left stayed until now for looking at.
            room::empty_but(&folder, LOCK)?;
            make(&folder)?;
            fs::write(&done, "").with_context(|| format!("cannot write `{done}`"))?;
            stale::remove(all)?;
        }
        // For whoever makes it now. It may have been cut short, or removed: before the wait, or
        // after this one's making, for the kernel takes one kind of lock before it gives another.
        let shared = flock(&lock, FlockOperation::LockShared);
        shared.with_context(|| format!("cannot lock `{folder}`"))?;
        if stale::is_there(&lock, &folder) && done.exists() {
            break lock;
        }
    };
    let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
    used.insert(folder.clone(), lock);
    Ok(folder)
}

/// Sixteen hexadecimal digits.
pub(crate) fn name_of(hash: Sha256) -> String {
    let mut digits = format!("{:x}", hash.finalize());
    digits.truncate(16);
    digits
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    use anyhow::{bail, ensure};

    use super::*;

    #[test]
    fn what_is_whole_is_made_once_and_what_is_not_is_made_anew() {
        let folder = tempfile::tempdir().expect("the test may write");
        let all = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let failed = kept_in(all, "0a", |folder| {
            fs::create_dir(folder.join("work"))?;
            fs::write(folder.join("half"), "")?;
            bail!("no room")
        });
        assert_eq!(failed.expect_err("it failed").to_string(), "no room");
        assert!(all.join("0a/half").exists(), "it stays for looking at");

        let made = kept_in(all, "0a", |folder| {
            let left = ["half", "work"].map(|name| folder.join(name).exists());
            assert_eq!(left, [false, false], "of the first try");
            Ok(fs::write(folder.join("whole"), "1")?)
        });
        let made = made.expect("made");
        let again = kept_in(all, "0a", |_| bail!("made twice"));
        assert_eq!(again.expect("kept"), made);
        assert_eq!(fs::read(made.join("whole")).expect("there"), b"1");
    }

    #[test]
    fn of_several_at_once_one_makes_it_and_all_have_it() {
        let folder = tempfile::tempdir().expect("the test may write");
        let all = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let made = AtomicU32::new(0);
        let ended = thread::scope(|scope| {
            let have = || {
                kept_in(all, "0a", |_| {
                    // Who waited for the first one makes it when that failed.
                    ensure!(made.fetch_add(1, Ordering::Relaxed) > 0, "no room");
                    Ok(())
                })
            };
            let all = [(); 4].map(|()| scope.spawn(have));
            all.map(|one| one.join().expect("no panic"))
        });
        assert_eq!(ended.iter().filter(|one| one.is_err()).count(), 1);
        for folder in ended.into_iter().flatten() {
            assert_eq!(folder, all.join("0a"));
        }
        assert_eq!(made.into_inner(), 2);
        let lock = File::open(all.join("0a").join(LOCK)).expect("there");
        let alone = flock(&lock, FlockOperation::NonBlockingLockExclusive);
        alone.expect_err("this program uses it");
    }

    #[test]
    fn what_is_removed_meanwhile_is_locked_anew() {
        let folder = tempfile::tempdir().expect("the test may write");
        let all = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let made = kept_in(all, "0a", |folder| {
            // As somebody does who had the lock before this one, and somebody else after it.
            fs::remove_file(folder.join(LOCK))?;
            Ok(fs::write(folder.join(LOCK), "")?)
        });
        let lock = File::open(made.expect("made").join(LOCK)).expect("there");
        let alone = flock(&lock, FlockOperation::NonBlockingLockExclusive);
        alone.expect_err("this program uses it");
    }
}
