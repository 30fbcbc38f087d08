//! What a run must not leave behind: files and folders that it made, and only those.

use std::fs;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

/// Places to remove.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// Files, and folders with everything in them.
    whole: Vec<Utf8PathBuf>,
    /// Folders that are ours only as long as nothing is in them; what lies in another follows it.
    folders: Vec<Utf8PathBuf>,
}

impl Traces {
    /// Adds a file, or a folder with everything in it, which need not be there.
    pub fn whole(&mut self, path: Utf8PathBuf) {
        self.whole.push(path);
    }

    /// Adds a folder that goes only if it is empty.
    pub fn folder(&mut self, path: Utf8PathBuf) {
        self.folders.push(path);
    }

    /// Makes the missing folders above a path, and adds them.
    pub fn make_parents(&mut self, path: &Utf8Path) -> anyhow::Result<()> {
        let missing: Vec<_> = (path.ancestors().skip(1))
            .take_while(|folder| *folder != "" && folder.symlink_metadata().is_err())
            .collect();
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Ok(()) => self.folder(folder.to_owned()),
                // Another run made it in the meantime.
                Err(_) if folder.is_dir() => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot make `{folder}`"));
                }
            }
        }
        Ok(())
    }

    /// Removes it all. What cannot be removed is passed over, and the first of it is told.
    pub fn remove(&self) -> anyhow::Result<()> {
        let mut told = Ok(());
        for path in &self.whole {
            let removed = remove(path).with_context(|| format!("cannot remove `{path}`"));
            told = told.and(removed);
        }
        for folder in self.folders.iter().rev() {
            // Somebody put something into it, or it is gone.
            _ = fs::remove_dir(folder);
        }
        told
    }
}

/// Children that are about to die write until their end, so a folder may fill again.
fn remove(path: &Utf8Path) -> std::io::Result<()> {
    let mut tries = 0..100;
    loop {
        let removed = match path.symlink_metadata() {
            Err(_) => return Ok(()),
            Ok(found) if found.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
        };
        if removed.is_ok() || tries.next().is_none() {
            return removed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_made_goes() {
        let folder = tempfile::tempdir().expect("the test may write");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let mut traces = Traces::default();
        traces
            .make_parents(&here.join("a/b/c"))
            .expect("is writable");
        let mut other = Traces::default();
        other.make_parents(&here.join("a/b/d")).expect("is there");
        fs::write(here.join("a/b/c"), "").expect("is writable");
        traces.whole(here.join("a/b/c"));
        traces.whole(here.join("a/b/never-made"));
        other.remove().expect("nothing is its own");
        assert!(here.join("a/b/c").exists());
        fs::write(here.join("a/theirs"), "").expect("is writable");
        traces.remove().expect("is writable");
        assert!(!here.join("a/b").exists());
        assert!(here.join("a/theirs").exists());
    }
}
