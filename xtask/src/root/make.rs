//! Makes the tree: beside its place, then renamed, so that a broken run leaves nothing half.

use std::{fs, time::Instant};

use anyhow::{Context, Result};
use camino::Utf8Path;
use xshell::{Shell, cmd};

use super::{archive, host, recipe};

/// Makes the tree. The caller holds the lock of `place`.
pub(super) fn make(place: &Utf8Path, tree: &Utf8Path) -> Result<()> {
    let started = Instant::now();
    let sh = Shell::new()?;
    let mirror = archive::mirror(&sh)?;
    host::install_mmdebstrap(&sh)?;
    eprintln!("making the tool root in {place} from {mirror} (about a minute and 0.5 GB)");

    let part = place.join("root.part");
    remove(&part)?;
    let source = archive::source(&mirror, recipe::SUITE);
    let suite = recipe::SUITE;
    let include = format!("--include={}", recipe::packages().join(","));
    let mut options = archive::options(&sh)?;
    for path in recipe::LEFT_OUT {
        options.push(format!("--dpkgopt=path-exclude={path}"));
    }
    // The kernel is only read as a file, nothing boots this tree: its initramfs is not made.
    let _no_initramfs = sh.push_env("INITRD", "No");
    cmd!(
        sh,
        "mmdebstrap --quiet --variant=minbase {options...} {include} {suite} {part} {source}"
    )
    .quiet()
    .run()
    .context("mmdebstrap failed")?;
    fs::rename(&part, tree).with_context(|| format!("cannot rename `{part}`"))?;
    eprintln!(
        "the tool root is ready after {} s",
        started.elapsed().as_secs()
    );
    Ok(())
}

/// Removes what an interrupted run left. mmdebstrap mounts in a namespace of its own, so nothing
/// of the machine can be mounted in there.
fn remove(part: &Utf8Path) -> Result<()> {
    match fs::remove_dir_all(part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{part}`"))
        }
        _ => Ok(()),
    }
}
