//! A kept system disk is nothing without the image that it lies on, and Nix's garbage collector
//! knows of neither: where this user may, the image becomes a root of it.
//!
//! `/nix/var/nix/gcroots/per-user/USER` is the one place where a user who is no daemon makes a root
//! by himself; an indirect one (`nix-store --add-root`) takes Nix, which a machine runs without.
//! Where the place is not to be had, a warning says what to type; who typed that has a link in the
//! state folder, and is not warned again.

use std::io;
use std::os::unix::fs::{MetadataExt as _, symlink};

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};

use super::Inputs;
use super::folders::remove;
use crate::nix_log;

/// What Nix collects.
const STORE: &str = "/nix/store";
const ROOTS: &str = "/nix/var/nix/gcroots";
/// In the state folder: a root that the user made as the warning says.
const BY_HAND: &str = "image";

/// Enough of a hash to tell one user's state folders apart.
const HASH_CHARS: usize = 8;

/// Where this user's root for a machine is; nowhere, where nobody says who the user is. Machines of
/// one name may have state folders of their own, and then each has its own image.
fn place(name: &str, state: &Utf8Path, is_root: bool, user: Option<&str>) -> Option<Utf8PathBuf> {
    let folder = if is_root {
        Utf8PathBuf::from(ROOTS)
    } else {
        let is_name = |user: &&str| !["", ".", ".."].contains(user) && !user.contains('/');
        let user = user.filter(is_name)?;
        Utf8PathBuf::from(format!("{ROOTS}/per-user/{user}"))
    };
    let hash = format!("{:x}", Sha256::digest(state.as_str()));
    Some(folder.join(format!("lucarne-{name}-{}", &hash[..HASH_CHARS])))
}

fn own_place(name: &str, state: &Utf8Path) -> Option<Utf8PathBuf> {
    let user = std::env::var("USER").ok();
    // A service's folder has a name of systemd's beside its own.
    let state = state.canonicalize_utf8().unwrap_or_else(|_| state.into());
    let is_root = rustix::process::geteuid().is_root();
    place(name, &state, is_root, user.as_deref())
}

/// Keeps the image from being collected, or says how to.
pub(super) fn keep(inputs: &Inputs<'_>) {
    let image = &inputs.plan.image;
    let Ok(image) = image.canonicalize_utf8() else {
        return;
    };
    let by_hand = inputs.folders.state.join(BY_HAND);
    if !image.starts_with(STORE) || leads_to(&by_hand, &image) {
        return;
    }
    let root = own_place(&inputs.plan.name, &inputs.folders.state);
    if root.is_some_and(|root| make(&root, &image).is_ok()) {
        return;
    }
    nix_log::say(&format!(
        "warning: Nix may collect `{image}`, which the kept system disk lies on\n  \
         hint: `nix-store --realise {image} --add-root {by_hand}` keeps it"
    ));
}

/// Lets it be collected again, where a root was made here.
pub(super) fn release(name: &str, state: &Utf8Path) {
    if let Some(root) = own_place(name, state) {
        // One that stays keeps an image for longer, no more.
        _ = drop_own(&root);
    }
}

fn leads_to(link: &Utf8Path, image: &Utf8Path) -> bool {
    link.read_link_utf8().is_ok_and(|to| to == image)
}

/// Makes a root; one of ours that leads elsewhere goes.
fn make(root: &Utf8Path, image: &Utf8Path) -> anyhow::Result<()> {
    if leads_to(root, image) {
        return Ok(());
    }
    drop_own(root)?;
    symlink(image, root).with_context(|| format!("cannot make `{root}`"))
}

/// Removes a root that was made here: a link of this user's into the store. Anything else of that
/// name is somebody's.
fn drop_own(root: &Utf8Path) -> anyhow::Result<()> {
    let about = match root.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        about => about?,
    };
    let is_own = about.uid() == rustix::process::geteuid().as_raw();
    let to = root.read_link_utf8().unwrap_or_default();
    ensure!(is_own && to.starts_with(STORE), "`{root}` is somebody's");
    remove(root)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_root_is_the_users_own_or_none() {
        let of = |state: &str, is_root, user| {
            let place = place("office", state.into(), is_root, user);
            place.map(Utf8PathBuf::into_string)
        };
        let at = |is_root, user| of("/state", is_root, user);
        let own = "/nix/var/nix/gcroots/per-user/alice/lucarne-office-7ac1387d";
        assert_eq!(at(false, Some("alice")).as_deref(), Some(own));
        let superuser = "/nix/var/nix/gcroots/lucarne-office-7ac1387d";
        assert_eq!(at(true, None).as_deref(), Some(superuser));
        for user in [None, Some(""), Some(".."), Some("a/../b")] {
            assert_eq!(at(false, user), None, "{user:?}");
        }
        assert_ne!(at(true, None), of("/other", true, None));
    }

    #[test]
    fn only_a_link_into_the_store_is_replaced_or_removed() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let [one, two] = ["/nix/store/1-image", "/nix/store/2-image"].map(Utf8Path::new);
        let root = folder.join("lucarne-office");
        drop_own(&root).expect("is not there");
        make(&root, one).expect("is free");
        make(&root, two).expect("is ours");
        assert!(leads_to(&root, two));
        drop_own(&root).expect("is ours");
        assert!(!root.is_symlink());
        symlink("/srv/image", &root).expect("is free");
        let theirs = folder.join("lucarne-lab");
        fs::create_dir(&theirs).expect("is free");
        for root in [&root, &theirs] {
            make(root, one).expect_err("is somebody's");
            drop_own(root).expect_err("is somebody's");
            root.symlink_metadata().expect("is still there");
        }
    }
}
