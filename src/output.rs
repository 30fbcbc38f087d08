//! An output folder that appears whole or not at all.
//!
//! It is made beside its place and renamed into it. That holds for Nix too: a build's sandbox has
//! a store folder of its own, writable for the builder, on the file system of the real one, while
//! the build folder is another mount, from which a rename fails. Outside a sandbox the store is a
//! sticky folder that build users may write to.

mod traces;

use std::fs;
use std::io::ErrorKind;

use anyhow::{Context as _, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

pub use traces::Traces;

/// How many folders that killed runs left are passed over.
const PARTS_MAX: u32 = 100;

/// A folder in the making.
#[derive(Debug)]
pub struct Output {
    place: Utf8PathBuf,
    part: Option<Utf8PathBuf>,
    traces: Traces,
}

impl Output {
    /// Makes an empty folder beside the place, under a name of its own: whatever else is there,
    /// another run's folder too, stays as it is.
    pub fn beside(place: &Utf8Path) -> anyhow::Result<Self> {
        ensure!(
            place.symlink_metadata().is_err(),
            "`{place}` is there already\n\nhint: remove it, or name another folder"
        );
        let name = place
            .file_name()
            .with_context(|| format!("`{place}` names no folder"))?;
        let mut output = Self {
            place: place.to_owned(),
            part: None,
            traces: Traces::default(),
        };
        output.traces.make_parents(place)?;
        for n in 0..PARTS_MAX {
            let part = place.with_file_name(format!("{name}.{}-{n}.part", std::process::id()));
            match fs::create_dir(&part) {
                // A run that was killed left it, in a process namespace like this one's.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot make `{part}`"));
                }
                Ok(()) => {
                    output.traces.whole(part.clone());
                    output.part = Some(part);
                    return Ok(output);
                }
            }
        }
        bail!("`{place}` has {PARTS_MAX} folders `.part` beside it; remove them")
    }

    /// What is to be removed when it is not committed.
    #[must_use]
    pub fn traces(&self) -> &Traces {
        &self.traces
    }

    /// Where to write.
    #[must_use]
    pub fn folder(&self) -> &Utf8Path {
        self.part.as_deref().unwrap_or(&self.place)
    }

    /// Forgets what was to be removed.
    fn keep(&mut self) {
        self.traces = Traces::default();
    }

    /// Puts the folder into its place. Where that fails it stays beside it, for it is whole.
    pub fn commit(mut self) -> anyhow::Result<()> {
        // What another run put there in the meantime stays.
        let (from, to) = (self.folder().as_std_path(), self.place.as_std_path());
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Not every file system knows the flag.
            Err(Errno::INVAL) => fs::rename(from, to),
            other => other.map_err(Into::into),
        }
        .with_context(|| {
            let part = self.folder();
            format!(
                "cannot make `{}`; what was to be there is whole in `{part}`",
                self.place
            )
        })
        .inspect_err(|_| self.keep())?;
        self.keep();
        Ok(())
    }
}

#[cfg(feature = "cli")]
impl Output {
    /// Writes a file of the folder's.
    pub(crate) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.folder().join(name);
        fs::write(&path, text).with_context(|| format!("cannot write `{path}`"))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // The error that led here is the one to tell.
        _ = self.traces.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("the test may write");
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("is UTF-8");
        (folder, path)
    }

    fn names(folder: &Utf8Path) -> Vec<String> {
        let mut names: Vec<_> = folder
            .read_dir_utf8()
            .expect("is there")
            .map(|entry| entry.expect("is readable").file_name().to_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn appears_whole() {
        let (_keep, here) = folder();
        let place = here.join("new/out");
        let output = Output::beside(&place).expect("is writable");
        fs::write(output.folder().join("a"), "1").expect("is writable");
        assert!(!place.exists());
        output.commit().expect("is free");
        assert_eq!(names(&here.join("new")), ["out"]);
        assert_eq!(names(&place), ["a"]);
    }

    #[test]
    fn two_at_once_do_not_meet_and_one_wins_whole() {
        let (_keep, here) = folder();
        let place = here.join("out");
        let one = Output::beside(&place).expect("is writable");
        let other = Output::beside(&place).expect("is writable");
        fs::write(one.folder().join("one"), "1").expect("is writable");
        assert_eq!(names(other.folder()), [""; 0]);
        one.commit().expect("is free");
        let error = format!("{:#}", other.commit().expect_err("is taken"));
        assert_eq!(names(&place), ["one"]);
        let [_, kept] = names(&here)
            .try_into()
            .expect("its place, and what is whole");
        assert!(kept.starts_with("out.") && error.contains(&kept), "{error}");
    }

    #[test]
    fn leaves_nothing_when_dropped_and_what_is_not_ours() {
        let (_keep, here) = folder();
        fs::create_dir(here.join("out.part")).expect("is writable");
        drop(Output::beside(&here.join("out")).expect("is writable"));
        drop(Output::beside(&here.join("new/er/out")).expect("is writable"));
        assert_eq!(names(&here), ["out.part"]);
        fs::write(here.join("file"), "").expect("is writable");
        Output::beside(&here.join("file/out")).expect_err("is no folder");
        assert_eq!(names(&here), ["file", "out.part"]);
    }

    #[test]
    fn does_not_touch_what_is_there() {
        let (_keep, here) = folder();
        fs::create_dir(here.join("out")).expect("is writable");
        let error = Output::beside(&here.join("out")).expect_err("is there");
        assert!(error.to_string().contains("is there already"));
        assert_eq!(names(&here), ["out"]);
    }
}
