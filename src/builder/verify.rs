//! `lucarne-builder verify`: an image still is what its manifest says.
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
use crate::manifest::Manifest;
use crate::nix_log;
use crate::output::Output;
use crate::seal::sha256;
use crate::tools::Tools;

/// `qemu-img check` reads the tables of a disk of 100 GiB in seconds.
const DEADLINE: Duration = Duration::from_secs(600);

pub(super) fn run(attributes: &Attributes) -> Result<(), Failure> {
    nix_log::set_phase("verify");
    let image: Utf8PathBuf = attributes.get("image")?;
    let tools: Tools = attributes.get("tools")?;
    let output = Output::beside(&attributes.out()?)?;
    let manifest = Manifest::read(&image.join("manifest.json"))?;
    for (name, wanted) in files(&manifest) {
        same(&image.join(name), wanted)?;
    }
    disk(&tools, &image.join("disk.qcow2"), &manifest)?;
    let text = format!("{}: as its manifest says\n", manifest.name);
    let file = output.folder().join("verified.txt");
    fs::write(&file, text).with_context(|| format!("cannot write `{file}`"))?;
    Ok(output.commit()?)
}

/// The image's files with the hashes that the manifest has of them.
fn files(manifest: &Manifest) -> Vec<(&'static str, &str)> {
    let firmware = &manifest.firmware;
    let mut files = vec![("disk.qcow2", manifest.disk.sha256.as_str())];
    files.extend(
        firmware
            .code_sha256
            .as_deref()
            .map(|hash| ("code.fd", hash)),
    );
    files.extend(
        firmware
            .vars_sha256
            .as_deref()
            .map(|hash| ("vars.fd", hash)),
    );
    files
}

fn same(file: &Utf8Path, wanted: &str) -> anyhow::Result<()> {
    let found = sha256(file)?;
    ensure!(
        found == wanted,
        "`{file}` is not the file that was sealed: its SHA-256 is {found}, the manifest's {wanted}"
    );
    Ok(())
}

/// A base stands alone, has the size that was asked for, and its tables are sound.
fn disk(tools: &Tools, disk: &Utf8Path, manifest: &Manifest) -> anyhow::Result<()> {
    let asked = |words: [&str; 2]| {
        Command::new(&tools.qemu_img)
            .args([words[0], "--output=json", "--format=qcow2", words[1]])
            .deadline(DEADLINE)
            .run()
    };
    let info = asked(["info", disk.as_str()])?.stdout;
    let info: Value = serde_json::from_slice(&info).context("`qemu-img info` gave no JSON")?;
    ensure!(
        info.get("backing-filename").is_none(),
        "`{disk}` hangs on another file"
    );
    let bytes = info.get("virtual-size").and_then(Value::as_u64);
    let wanted = manifest.disk.virtual_bytes;
    ensure!(
        bytes == Some(wanted),
        "`{disk}` is not a disk of {wanted} bytes"
    );
    asked(["check", disk.as_str()]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_told() {
        let folder = tempfile::tempdir().expect("the test may write");
        let file = Utf8Path::from_path(folder.path())
            .expect("is UTF-8")
            .join("vars.fd");
        fs::write(&file, "a").expect("is writable");
        let hash = sha256(&file).expect("is there");
        same(&file, &hash).expect("is the same");
        fs::write(&file, "b").expect("is writable");
        let error = same(&file, &hash).expect_err("was changed").to_string();
        assert!(error.contains("is not the file that was sealed"), "{error}");
    }
}
