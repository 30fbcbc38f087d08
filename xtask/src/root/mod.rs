//! The tool root: one Debian tree in the cache that holds every tool which the tests and the demo
//! need, so that the machine itself needs nothing but cargo.
//!
//! It is made once by mmdebstrap from the archive that the machine itself is configured with.
//! Its folder's name carries a hash of the recipe: a changed recipe makes a new one.

mod archive;
mod host;
mod make;
mod recipe;

use std::os::unix::fs::PermissionsExt;
use std::{env, fs};

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};
use xshell::Shell;

use crate::room::{self, GIB};

/// Its own 3 GiB, and the packages while they are unpacked.
const ROOM_BYTES: u64 = 4 * GIB;

/// A finished tool root and what is kept beside it.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    /// The Debian tree.
    pub(crate) tree: Utf8PathBuf,
    /// What becomes `/nix` inside; kept, so that a second build finds the first one's results.
    pub(crate) nix: Utf8PathBuf,
    /// What becomes `/tmp` inside: big files land there, so it is on the disk.
    pub(crate) tmp: Utf8PathBuf,
}

/// The folder that everything is kept in.
pub(crate) fn cache() -> Result<Utf8PathBuf> {
    let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let folder = match (set("LUCARNE_CACHE"), set("XDG_CACHE_HOME"), set("HOME")) {
        (Some(own), _, _) => Utf8PathBuf::from(own),
        (None, Some(all), _) => Utf8Path::new(&all).join("lucarne"),
        (None, None, Some(home)) => Utf8Path::new(&home).join(".cache/lucarne"),
        (None, None, None) => bail!("no place for the cache: set `LUCARNE_CACHE` or `HOME`"),
    };
    if !folder.is_absolute() {
        bail!("the cache `{folder}` is not an absolute path");
    }
    Ok(folder)
}

/// The repository that this program was built from.
pub(crate) fn repository() -> Utf8PathBuf {
    let own = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

/// The name of the tool root's folder: another one holds other tools.
pub(crate) fn folder() -> String {
    recipe::folder()
}

/// Says why this machine can't have a tool root, if so.
pub(crate) fn host_can() -> Result<()> {
    host::check()
}

/// Sees to it that the machine can compile C++, which libFuzzer is.
pub(crate) fn ensure_compiler() -> Result<()> {
    host::install_compiler(&Shell::new()?)
}

/// Gives the tool root, which is made first where it is missing.
pub(crate) fn ensure() -> Result<Root> {
    host::check()?;
    let place = cache()?.join(recipe::folder());
    let root = Root {
        tree: place.join("root"),
        nix: place.join("nix"),
        tmp: place.join("tmp"),
    };
    for folder in [&place, &root.nix, &root.tmp] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make `{folder}`"))?;
    }
    // As everywhere: all may write, and only owners remove.
    fs::set_permissions(&root.tmp, fs::Permissions::from_mode(0o1777))?;
    if !root.tree.is_dir() {
        // The lock belongs to the open file, so it ends with this process, however that ends.
        let lock = fs::File::create(place.join("lock"))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            eprintln!("another run is making the tool root; waiting for it");
            flock(&lock, FlockOperation::LockExclusive)?;
        }
        if !root.tree.is_dir() {
            room::ensure(&place, ROOM_BYTES, "the tool root")?;
            make::make(&place, &root.tree)?;
        }
    }
    Ok(root)
}
