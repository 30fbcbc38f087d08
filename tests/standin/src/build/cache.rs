//! Parts that are made once and used by every ISO, named by a hash of what went into them. Each
//! change of a program leaves the old one's behind: those go when a new one is made.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result};
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest as _, Sha256};

/// How long a part stays that nobody asked for; an ISO is made in seconds.
const UNUSED: Duration = Duration::from_secs(24 * 60 * 60);

/// The folder of finished parts.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// Opens the cache in a folder, which is made if it is not there.
    pub(super) fn open(root: &Path) -> Result<Self> {
        fs::create_dir_all(root).with_context(|| format!("cannot make `{}`", root.display()))?;
        let root = root
            .canonicalize()
            .with_context(|| format!("cannot find `{}`", root.display()))?;
        Ok(Self { root })
    }

    /// The part of this kind and these inputs: a folder, made by `make` if it is not there.
    ///
    /// It is made beside its place and renamed into it, so a stopped build leaves no half part.
    /// Of two builds at once the second waits: a process id would not tell them apart, for each
    /// may be in a namespace of its own.
    pub(super) fn part(
        &self,
        kind: &str,
        inputs: &[&[u8]],
        make: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let place = self.root.join(format!("{kind}-{}", key(inputs)));
        let lock = self.root.join(".lock");
        let lock =
            File::create(&lock).with_context(|| format!("cannot make `{}`", lock.display()))?;
        flock(&lock, FlockOperation::LockExclusive).context("cannot lock the stand-in's parts")?;
        if place.is_dir() {
            let used = File::open(&place).and_then(|it| it.set_modified(SystemTime::now()));
            used.with_context(|| format!("cannot mark `{}` as used", place.display()))?;
            return Ok(place);
        }
        let beside = self.root.join(format!(".{kind}"));
        if beside.exists() {
            fs::remove_dir_all(&beside)
                .with_context(|| format!("cannot remove `{}`", beside.display()))?;
        }
        fs::create_dir(&beside).with_context(|| format!("cannot make `{}`", beside.display()))?;
        make(&beside).with_context(|| format!("cannot make the stand-in's `{kind}`"))?;
        fs::rename(&beside, &place)
            .with_context(|| format!("cannot rename into `{}`", place.display()))?;
        self.forget(kind)?;
        Ok(place)
    }

    /// Removes the parts of a kind that nobody used for long.
    fn forget(&self, kind: &str) -> Result<()> {
        let prefix = format!("{kind}-");
        let cannot = || format!("cannot list `{}`", self.root.display());
        for entry in fs::read_dir(&self.root).with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            let name = entry.file_name();
            let key = name.to_str().and_then(|name| name.strip_prefix(&prefix));
            // `boot-wim` is another kind than `boot`.
            let is_part = key.is_some_and(|key| key.bytes().all(|it| it.is_ascii_hexdigit()));
            if !is_part {
                continue;
            }
            let path = entry.path();
            let used = entry.metadata().and_then(|it| it.modified());
            let used = used.with_context(|| format!("cannot read `{}`", path.display()))?;
            if used.elapsed().is_ok_and(|age| age > UNUSED) {
                fs::remove_dir_all(&path)
                    .with_context(|| format!("cannot remove `{}`", path.display()))?;
            }
        }
        Ok(())
    }
}

/// A short name for some bytes; each input's length goes in, so that no two lists run together.
#[must_use]
pub(super) fn key(inputs: &[&[u8]]) -> String {
    use std::fmt::Write as _;
    let mut hash = Sha256::new();
    for input in inputs {
        hash.update((input.len() as u64).to_le_bytes());
        hash.update(input);
    }
    let mut name = String::new();
    for byte in &hash.finalize()[..10] {
        write!(name, "{byte:02x}").expect("writing to a string does not fail");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_made_once_and_a_failed_one_not_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::open(folder.path()).expect("a cache");
        assert!(cache.part("x", &[b"1"], |_| anyhow::bail!("no")).is_err());
        let made = cache.part("x", &[b"1"], |at| Ok(fs::write(at.join("f"), "1")?));
        let made = made.expect("made");
        let again = cache.part("x", &[b"1"], |_| anyhow::bail!("made twice"));
        assert_eq!(again.expect("found"), made);
        // Two at once: the second waits and finds the first one's.
        let count = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let write = |at: &Path| {
                        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        Ok(fs::write(at.join("f"), "2")?)
                    };
                    cache.part("x", &[b"2"], write).expect("made");
                });
            }
        });
        assert_eq!(count.into_inner(), 1);
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
    }

    #[test]
    fn of_a_kind_that_is_made_what_nobody_used_for_long_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::open(folder.path()).expect("a cache");
        let part = |kind, input: &[u8]| cache.part(kind, &[input], |_| Ok(())).expect("a part");
        let long_ago = SystemTime::now() - 2 * UNUSED;
        let old = ["boot", "boot-wim"].map(|kind| part(kind, kind.as_bytes()));
        let gone = part("boot", b"another");
        for it in old.iter().chain([&gone]) {
            let it = File::open(it).expect("there");
            it.set_modified(long_ago).expect("ours");
        }
        // Asked for again, so no longer old.
        part("boot", b"boot");
        let new = part("boot", b"new");
        for it in old.iter().chain([&new]) {
            assert!(it.is_dir(), "`{}` is gone", it.display());
        }
        assert!(!gone.exists(), "nobody used it");
    }
}
