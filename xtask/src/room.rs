//! Room on the disk: asked for before much is written, and given back.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::Utf8Path;
use rustix::fs::statvfs;

pub(crate) const MIB: u64 = 1 << 20;
pub(crate) const GIB: u64 = 1 << 30;

/// That so many bytes can be written to a folder, for `what`.
pub(crate) fn ensure(folder: &Utf8Path, bytes: u64, what: &str) -> Result<()> {
    let about = statvfs(folder.as_std_path());
    let about = about.with_context(|| format!("cannot tell how much room `{folder}` has"))?;
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    let missing = bytes.saturating_sub(free);
    ensure!(
        missing == 0,
        "no room for {what}: `{folder}` has {} MiB, of {} that it takes: {} MiB are missing\n\
         hint: remove what nobody needs, or set `LUCARNE_CACHE` to a folder of another disk",
        free / MIB,
        bytes.div_ceil(MIB),
        missing.div_ceil(MIB)
    );
    Ok(())
}

/// Removes what is in a folder, but for one name.
pub(crate) fn empty_but(folder: &Utf8Path, but: &str) -> Result<()> {
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        if path.file_name() == Some(but) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_lacks_room_is_told_how_much() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        ensure(folder, 0, "nothing").expect("there is always so much");
        let why = ensure(folder, u64::MAX, "all").expect_err("no disk has so much");
        let why = why.to_string();
        let (said, hint) = why.split_once('\n').expect("and what to do");
        assert!(said.starts_with("no room for all: `"), "{said}");
        assert!(said.ends_with(" MiB are missing"), "{said}");
        assert!(hint.starts_with("hint: "), "{hint}");
    }

    #[test]
    fn a_folder_is_emptied_but_for_one_name() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        for name in ["log", "disk"] {
            fs::write(folder.join(name), "").expect("is writable");
        }
        fs::create_dir_all(folder.join("work/log")).expect("is writable");
        std::os::unix::fs::symlink("nowhere", folder.join("link")).expect("is writable");
        empty_but(folder, "log").expect("all of it is ours");
        let left = folder.read_dir_utf8().expect("is there");
        let left: Vec<_> = left.map(|it| it.expect("is listed").into_path()).collect();
        assert_eq!(left, [folder.join("log")]);
    }
}
