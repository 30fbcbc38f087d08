//! What is made once for each state of what it is made of, and kept in the cache.
//!
//! Whoever comes second waits for the first instead of making another. What was cut short is made
//! again, and what nobody used for long goes when something new is made.

use std::fs;

use anyhow::{Context as _, Result};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest as _, Sha256};

use super::stale;
use crate::root;

/// Held while it is made.
const LOCK: &str = "lock";
/// There once it is whole.
const DONE: &str = "done";

/// Gives the folder of one state, which `make` has filled; `kind` is the cache's folder for it.
pub(crate) fn kept(
    kind: &str,
    mut hash: Sha256,
    make: impl FnOnce(&Utf8Path) -> Result<()>,
) -> Result<Utf8PathBuf> {
    // Each kind has a shape of its own.
    hash.update(format!("\n{kind}"));
    kept_in(&root::cache()?.join(kind), &name_of(hash), make)
}

fn kept_in(
    all: &Utf8Path,
    name: &str,
    make: impl FnOnce(&Utf8Path) -> Result<()>,
) -> Result<Utf8PathBuf> {
    let folder = all.join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{folder}`"))?;
    // First, for the wait may be long, and another checkout may clean up in the meantime.
    stale::used(&folder)?;
    let lock = fs::File::create(folder.join(LOCK))
        .with_context(|| format!("cannot make a lock in `{folder}`"))?;
    flock(&lock, FlockOperation::LockExclusive)
        .with_context(|| format!("cannot lock `{folder}`"))?;
    let done = folder.join(DONE);
    if !done.exists() {
        empty(&folder)?;
        make(&folder)?;
        fs::write(&done, "").with_context(|| format!("cannot write `{done}`"))?;
        stale::remove(all)?;
    }
    Ok(folder)
}

/// Removes what an earlier try left, which stayed until now for looking at.
fn empty(folder: &Utf8Path) -> Result<()> {
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        if path.file_name() == Some(LOCK) {
            continue;
        }
        let removed = if path.symlink_metadata()?.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.with_context(|| format!("cannot remove `{path}`"))?;
    }
    Ok(())
}

/// Sixteen hexadecimal digits.
pub(crate) fn name_of(hash: Sha256) -> String {
    let digest: [u8; 32] = hash.finalize().into();
    let (first, _) = digest.split_at(8);
    let number = first
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

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
}
