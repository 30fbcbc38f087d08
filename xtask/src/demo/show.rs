//! What the demo ends with: the image's path, its manifest, and what its disk holds.

use anyhow::{Context, Result};
use camino::Utf8Path;
use serde_json::Value;

use super::disk;
use crate::root::Root;
use crate::store;

/// Prints all of it.
pub(super) fn image(tools: &Root, image: &Utf8Path) -> Result<()> {
    let manifest = image.join("manifest.json");
    let text = store::read(tools, &[], &["cat", manifest.as_str()])?;
    let value: Value = serde_json::from_str(&text).context("the manifest is not JSON")?;
    println!("\nimage     {image}");
    for name in ["disk.qcow2", "code.fd", "vars.fd", "manifest.json"] {
        let file = image.join(name);
        let size = store::read(tools, &[], &["stat", "--format=%s", file.as_str()])?;
        println!(
            "          {name:14} {:>8} KiB",
            size.parse::<u64>().unwrap_or(0) / 1024
        );
    }
    println!("\nmanifest\n{value:#}");
    println!("\ndisk      as Debian's sgdisk and ntfsls read it");
    for line in disk::list(tools, &image.join("disk.qcow2"))? {
        println!("  {line}");
    }
    Ok(())
}
