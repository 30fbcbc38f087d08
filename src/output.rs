//! An output folder that appears whole or not at all.
//!
//! It is made beside its place and renamed into it. That holds for Nix too: a build's sandbox has
//! a store folder of its own, writable for the builder, on the file system of the real one, while
//! the build folder is another mount, from which a rename fails. Outside a sandbox the store is a
//! sticky folder that build users may write to.

use std::fs;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};

/// A folder in the making.
#[derive(Debug)]
pub struct Output {
    place: Utf8PathBuf,
    part: Option<Utf8PathBuf>,
}

impl Output {
    /// Makes an empty folder beside the place. What an interrupted run left there is removed.
    pub fn beside(place: &Utf8Path) -> anyhow::Result<Self> {
        ensure!(
            place.symlink_metadata().is_err(),
            "`{place}` is there already"
        );
        let name = place
            .file_name()
            .with_context(|| format!("`{place}` names no folder"))?;
        let part = place.with_file_name(format!("{name}.part"));
        if part.symlink_metadata().is_ok() {
            remove(&part)?;
        }
        if let Some(parent) = place.parent().filter(|parent| *parent != "") {
            fs::create_dir_all(parent).with_context(|| format!("cannot make `{parent}`"))?;
        }
        fs::create_dir(&part).with_context(|| format!("cannot make `{part}`"))?;
        Ok(Self {
            place: place.to_owned(),
            part: Some(part),
        })
    }

    /// Where to write.
    #[must_use]
    pub fn folder(&self) -> &Utf8Path {
        self.part.as_deref().unwrap_or(&self.place)
    }

    /// Puts the folder into its place.
    pub fn commit(mut self) -> anyhow::Result<()> {
        fs::rename(self.folder(), &self.place)
            .with_context(|| format!("cannot make `{}`", self.place))?;
        self.part = None;
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // The error that led here is the one to tell; the next run removes what is left.
            _ = remove(part);
        }
    }
}

fn remove(folder: &Utf8Path) -> anyhow::Result<()> {
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove `{folder}`"))
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
    fn leaves_nothing_when_dropped_and_replaces_what_a_killed_run_left() {
        let (_keep, here) = folder();
        fs::create_dir(here.join("out.part")).expect("is writable");
        fs::write(here.join("out.part/old"), "1").expect("is writable");
        let output = Output::beside(&here.join("out")).expect("is writable");
        assert_eq!(names(output.folder()), [""; 0]);
        drop(output);
        assert_eq!(names(&here), [""; 0]);
    }

    #[test]
    fn does_not_touch_what_is_there() {
        let (_keep, here) = folder();
        fs::create_dir(here.join("out")).expect("is writable");
        let error = Output::beside(&here.join("out")).expect_err("is there");
        assert!(error.to_string().ends_with("is there already"));
        assert_eq!(names(&here), ["out"]);
    }
}
