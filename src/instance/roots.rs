//! A kept system disk is nothing without the image that it lies on, and Nix's garbage collector
//! knows of neither: where this user may, the image becomes a root of it.
//!
//! `/nix/var/nix/gcroots/per-user/USER` is the one place where a user who is no daemon makes a root
//! by himself; an indirect one (`nix-store --add-root`) takes Nix, which a machine runs without.
//! Where the place is not to be had, a warning says what to type.

use std::os::unix::fs::symlink;

use camino::Utf8PathBuf;

use super::Inputs;
use super::folders::remove;
use crate::nix_log;

/// What Nix collects.
const STORE: &str = "/nix/store";
const ROOTS: &str = "/nix/var/nix/gcroots";

/// Where this user's roots are.
fn place(name: &str) -> Utf8PathBuf {
    let user = std::env::var("USER").unwrap_or_default();
    let plain = !user.is_empty() && !user.contains(['/', '\0']) && user != "." && user != "..";
    let folder = if rustix::process::geteuid().is_root() {
        Utf8PathBuf::from(ROOTS)
    } else if plain {
        Utf8PathBuf::from(format!("{ROOTS}/per-user/{user}"))
    } else {
        // A root of nobody's, which is never made.
        Utf8PathBuf::from(format!("{ROOTS}/per-user/nobody"))
    };
    folder.join(format!("lucarne-{name}"))
}

/// Keeps the image from being collected, or says how to.
pub(super) fn keep(inputs: &Inputs<'_>) {
    let image = &inputs.plan.image;
    let Ok(image) = image.canonicalize_utf8() else {
        return;
    };
    if !image.starts_with(STORE) {
        return;
    }
    let root = place(&inputs.plan.name);
    if root.read_link_utf8().is_ok_and(|to| to == image) {
        return;
    }
    let made = remove(&root).and_then(|()| Ok(symlink(&image, &root)?));
    if made.is_err() {
        let link = inputs.folders.state.join("image");
        nix_log::say(&format!(
            "warning: Nix may collect `{image}`, which the kept system disk lies on\n  \
             hint: `nix-store --realise {image} --add-root {link}` keeps it"
        ));
    }
}

/// Lets it be collected again, where a root was made here.
pub(super) fn release(inputs: &Inputs<'_>) {
    // One that stays keeps an image for longer, no more.
    _ = remove(&place(&inputs.plan.name));
}
