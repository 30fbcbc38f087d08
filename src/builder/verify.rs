//! `lucarne-builder verify`: an image, and all that it lies on, still is what its manifest says.
//!
//! What comes out of a store may have come from another machine, through a cache or by hand.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::builder::attributes::Attributes;
use crate::exec::Command;
use crate::failure::Failure;
use crate::layer::Image;
use crate::manifest::Manifest;
use crate::nix_log;
use crate::output::Output;
use crate::tools::Tools;

/// `qemu-img check` reads the tables of a disk of 100 GiB in seconds.
const DEADLINE: Duration = Duration::from_secs(600);

pub(super) fn run(attributes: &Attributes) -> Result<(), Failure> {
    nix_log::set_phase("verify");
    let image: Utf8PathBuf = attributes.get("image")?;
    let tools: Tools = attributes.get("tools")?;
    let output = Output::beside(&attributes.out()?)?;
    let image = Image::open(&image)?;
    image.verify(&tools.qemu_img)?;
    disk(&tools, &image.disk(), &image.manifest)?;
    let text = format!("{}: as its manifest says\n", image.manifest.name);
    let file = output.folder().join("verified.txt");
    fs::write(&file, text).with_context(|| format!("cannot write `{file}`"))?;
    Ok(output.commit()?)
}

/// The disk has the size that was asked for, and its tables are sound.
fn disk(tools: &Tools, disk: &Utf8Path, manifest: &Manifest) -> anyhow::Result<()> {
    let asked = |words: [&str; 2]| {
        Command::new(&tools.qemu_img)
            .args([words[0], "--output=json", "--format=qcow2", words[1]])
            .deadline(DEADLINE)
            .run()
    };
    let info = asked(["info", disk.as_str()])?.stdout;
    let info: Value = serde_json::from_slice(&info).context("`qemu-img info` gave no JSON")?;
    let bytes = info.get("virtual-size").and_then(Value::as_u64);
    let wanted = manifest.disk.virtual_bytes;
    ensure!(
        bytes == Some(wanted),
        "`{disk}` is not a disk of {wanted} bytes"
    );
    asked(["check", disk.as_str()]).map(|_| ())
}
