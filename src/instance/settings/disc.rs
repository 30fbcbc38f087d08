//! The CD with the settings.

use anyhow::anyhow;
use camino::Utf8Path;
use lucarne_protocol::settings::{FILE, Settings};

use crate::media::{self, Tree};
use crate::payload::Source;

/// Nobody but who runs the machine reads it.
const MODE: u32 = 0o600;

/// Writes it beside its place and renames it there; one that is there is replaced.
pub fn write(settings: &Settings, path: &Utf8Path) -> anyhow::Result<()> {
    let document = settings.write();
    let document = document.map_err(|what| anyhow!("the machine's settings: {what}"))?;
    let mut tree = Tree::new();
    tree.insert(FILE.to_owned(), Source::Bytes(document.to_vec()));
    media::write(&tree, path, MODE)
}
