//! Where a data disk may be: no start, and no import, takes or makes one that belongs to an image,
//! for a sealed image that somebody wrote to is broken for all that run from it.

use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};

/// Nothing may change what lies there.
const STORE: &str = "/nix/store";
/// What an image, and each layer, has beside its disk.
const MANIFEST: &str = "manifest.json";
/// The way out.
pub const HINT: &str = "name a file of a folder of its own; without `dataDisk.path` the disk lies \
     in the machine's state folder";

/// Why a place is none for a data disk, whether one is there or not. `system`: the files that the
/// machine's system disk is or lies on.
#[must_use]
pub fn anothers(path: &Utf8Path, system: &[Utf8PathBuf]) -> Option<String> {
    let real = resolve(path);
    let at = if real == path {
        String::new()
    } else {
        format!(" (it leads to `{real}`)")
    };
    let is_same = |other: &&Utf8PathBuf| resolve(other) == real || is_one_file(other, &real);
    if let Some(other) = system.iter().find(is_same) {
        return Some(format!(
            "`{path}`{at} is the machine's own system disk, or what that lies on: `{other}`"
        ));
    }
    let beside = real.parent()?.join(MANIFEST);
    if beside.symlink_metadata().is_ok() {
        return Some(format!(
            "`{path}`{at} is an image's: `{beside}` lies beside it"
        ));
    }
    let stored = format!("`{path}`{at} lies in Nix's store, where nothing may change");
    real.starts_with(STORE).then_some(stored)
}

/// Where a file really is, or would be.
fn resolve(path: &Utf8Path) -> Utf8PathBuf {
    let folder = || {
        Some(
            path.parent()?
                .canonicalize_utf8()
                .ok()?
                .join(path.file_name()?),
        )
    };
    let real = path.canonicalize_utf8().ok();
    real.or_else(folder).unwrap_or_else(|| path.to_owned())
}

/// Whether two names are of one file.
fn is_one_file(one: &Utf8Path, other: &Utf8Path) -> bool {
    let id = |path: &Utf8Path| path.metadata().map(|about| (about.dev(), about.ino()));
    matches!((id(one), id(other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn an_image_s_disk_is_no_data_disk() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let folder = folder.canonicalize_utf8().expect("is there");
        let (image, own) = (folder.join("image"), folder.join("own"));
        for made in [&image, &own] {
            fs::create_dir(made).expect("is writable");
        }
        let disk = image.join("disk.qcow2");
        for file in [&disk, &image.join(MANIFEST)] {
            fs::write(file, "").expect("is writable");
        }
        symlink(&disk, own.join("link")).expect("is writable");
        fs::hard_link(&disk, own.join("hard")).expect("is writable");
        symlink("nowhere", own.join("dangling")).expect("is writable");
        let why = |path: &Utf8Path, system: &[Utf8PathBuf]| anothers(path, system);
        for path in [&disk, &image.join("new.qcow2"), &own.join("link")] {
            let told = why(path, &[]).expect("belongs to the image");
            assert!(told.contains("is an image's: `"), "{told}");
        }
        for path in [&disk, &own.join("link"), &own.join("hard")] {
            let told = why(path, &[own.join("absent"), disk.clone()]).expect("is the base");
            assert!(told.contains("the machine's own system disk"), "{told}");
        }
        let stored = why("/nix/store/0-disks/data.qcow2".into(), &[]);
        assert!(stored.is_some_and(|told| told.contains("Nix's store")));
        for name in ["data.qcow2", "hard", "dangling", "absent/data.qcow2"] {
            assert_eq!(why(&own.join(name), &[]), None, "{name}");
        }
        assert_eq!(why(&own.join("data.qcow2"), &[own.join("other")]), None);
    }
}
