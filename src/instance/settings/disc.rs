//! The CD with the settings.

use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;

use anyhow::{Context as _, anyhow};
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
    // The writer of discs fills the file that it finds under this name, with the mode that it has.
    let part = path.with_file_name(format!("{}.part", path.file_name().unwrap_or("config.iso")));
    let cannot = || format!("cannot write `{part}`");
    match fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(cannot);
        }
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(MODE);
    options.open(&part).with_context(cannot)?;
    media::write(&tree, path)
}
