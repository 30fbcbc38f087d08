//! A user's own folder of drivers, as it will lie on the media.

use std::collections::BTreeMap;
use std::io::Read as _;

use anyhow::{Context as _, ensure};
use camino::Utf8Path;

use crate::folder::{self, Budget, Limits};
use crate::media;
use crate::regular;

/// A driver with its programs has a dozen files; a graphics card's has hundreds.
const FILES_MAX: usize = 1024;
const BYTES_MAX: u64 = 256 << 20;

/// What all folders of a spec may have together.
#[must_use]
pub fn budget() -> Budget {
    Budget::new(Limits {
        files: FILES_MAX,
        bytes: BYTES_MAX,
    })
}

/// The name on the media of the folder that the spec names at an index.
#[must_use]
pub fn name(index: usize) -> String {
    format!("own-{}", index + 1)
}

/// Lists a folder's files by their paths in it, with their sizes in bytes, and takes them off the
/// budget. It must have an INF, and no name that the media cannot have. Links are followed.
pub fn list(
    folder: &Utf8Path,
    name: &str,
    budget: &mut Budget,
) -> anyhow::Result<BTreeMap<String, u64>> {
    let files = folder::list(folder, budget)
        .with_context(|| format!("cannot take the drivers of `{folder}`"))?;
    ensure!(
        files.keys().any(|file| is_inf(file)),
        "`{folder}` has no `.inf` file, so no driver"
    );
    folder::suits_windows(&files)
        .with_context(|| format!("cannot take the drivers of `{folder}`"))?;
    for file in files.keys() {
        media::check_name(&format!("{}/{name}/{file}", media::OF_WINDOWS))?;
    }
    Ok(files)
}

/// Reads the files of a folder.
pub fn read(
    folder: &Utf8Path,
    name: &str,
    budget: &mut Budget,
) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let files = list(folder, name, budget)?.into_iter();
    let read = files.map(|(file, size)| {
        let path = folder.join(&file);
        let bytes = contents(&path, size).with_context(|| format!("cannot read `{path}`"))?;
        Ok((file, bytes))
    });
    read.collect()
}

fn contents(path: &Utf8Path, size: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    regular::open(path)?
        .take(size + 1)
        .read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 == size, "it changed while it was read");
    Ok(bytes)
}

/// Whether a file is a driver's description.
pub(crate) fn is_inf(file: &str) -> bool {
    let ending = Utf8Path::new(file).extension();
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case("inf"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use camino::Utf8PathBuf;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("the test may write");
        let path = Utf8PathBuf::try_from(folder.path().to_owned()).expect("is UTF-8");
        for (file, text) in files {
            let file = path.join(file);
            fs::create_dir_all(file.parent().expect("has a folder")).expect("made");
            fs::write(file, text).expect("written");
        }
        (folder, path)
    }

    fn refused(path: &Utf8Path, budget: Budget, what: &str) {
        let error = list(path, "own-1", &mut budget.clone()).expect_err(what);
        let error = format!("{error:#}");
        assert!(error.contains(what), "{error}");
    }

    #[test]
    fn a_folder_is_read_with_all_below_it() {
        let (_keep, path) = folder(&[("a/card.INF", "inf"), ("a/b/card.sys", "sys"), ("x", "")]);
        std::os::unix::fs::symlink("a/card.INF", path.join("link.inf")).expect("linked");
        let mut budget = budget();
        let files = read(&path, "own-1", &mut budget).expect("a folder of drivers");
        let names: Vec<_> = files.keys().map(String::as_str).collect();
        assert_eq!(names, ["a/b/card.sys", "a/card.INF", "link.inf", "x"]);
        assert_eq!(files["link.inf"], b"inf");
        budget.take(BYTES_MAX - 9).expect("that is left");
        budget.take(1).expect_err("nothing is left");
    }

    #[test]
    fn what_cannot_go_onto_the_media_is_refused() {
        let budget = budget();
        let (_keep, path) = folder(&[("readme.txt", "")]);
        refused(&path, budget, "no `.inf` file");
        refused(&path.join("readme.txt"), budget, "cannot take");
        refused(&path.join("absent"), budget, "absent");
        let (_keep, path) = folder(&[("a:b.inf", "")]);
        refused(&path, budget, "the name `a:b.inf` has `:`");
        let (_keep, path) = folder(&[("a.inf", ""), ("A.INF", "")]);
        refused(&path, budget, "`A.INF` and `a.inf` differ only in case");
        let (_keep, path) = folder(&[("b/a.inf", ""), ("B/x", ""), ("b/y", "")]);
        refused(&path, budget, "`B` and `b` differ only in case");
        let (_keep, path) = folder(&[("card.inf", "inf")]);
        std::os::unix::fs::symlink(".", path.join("again")).expect("linked");
        refused(&path, budget, "levels deep");
        let (_keep, path) = folder(&[("card.inf", "inf"), ("card.sys", "sys")]);
        let of = |files, bytes| Budget::new(Limits { files, bytes });
        refused(&path, of(1, 100), "more than 1 files");
        refused(&path, of(9, 5), "more than 5 bytes in all");
    }
}
