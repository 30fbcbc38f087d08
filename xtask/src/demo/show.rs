//! What the demo ends with: the image's path, its manifest, and what its disk holds.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write as _};

use anyhow::{Context, Result};
use camino::Utf8Path;
use serde_json::Value;

use super::disk;
use crate::root::Root;
use crate::store;

/// All of it, in lines.
pub(super) fn image(tools: &Root, image: &Utf8Path) -> Result<String> {
    let manifest = image.join("manifest.json");
    let text = store::read(tools, &[], &["cat", manifest.as_str()])?;
    let value: Value = serde_json::from_str(&text).context("the manifest is not JSON")?;
    let mut shown = format!("\nimage     {image}\n");
    for name in ["disk.qcow2", "code.fd", "vars.fd", "manifest.json"] {
        let file = image.join(name);
        let size = store::read(tools, &[], &["stat", "--format=%s", file.as_str()])?;
        let kib = size.parse::<u64>().unwrap_or(0) / 1024;
        writeln!(shown, "          {name:14} {kib:>8} KiB")?;
    }
    writeln!(shown, "\nmanifest\n{value:#}")?;
    writeln!(shown, "\ndisk      as Debian's sgdisk and ntfsls read it")?;
    for line in disk::list(tools, &image.join("disk.qcow2"))? {
        writeln!(shown, "  {line}")?;
    }
    Ok(shown)
}

/// Prints it; whoever has read enough (`| head`) is no error.
pub(super) fn say(text: &str) -> Result<()> {
    let said = io::stdout().write_all(text.as_bytes());
    match said {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        said => said.context("cannot write to stdout"),
    }
}
