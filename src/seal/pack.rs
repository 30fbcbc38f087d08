//! Writes the image's files.

use std::fs::{self, Permissions};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;
use sha2::{Digest as _, Sha256};

use crate::exec::Command;
use crate::manifest::ClusterCompression;
use crate::regular;
use crate::spec::Compression;
use crate::tools::Tools;

/// The name of the probe's file in the image's folder, removed again.
const PROBE: &str = "probe.qcow2";

/// The compression that is asked for, or what `qemu-img` has instead.
pub(super) fn compression(
    asked: Compression,
    qemu_img: &Utf8Path,
    out: &Utf8Path,
) -> anyhow::Result<ClusterCompression> {
    if asked == Compression::None {
        return Ok(ClusterCompression::None);
    }
    // Only its attempt tells what it was built with: Debian 12's has no zstd.
    let probe = Command::new(qemu_img)
        .args(["create", "-q", "-f", "qcow2"])
        .args(["-o", "compression_type=zstd", PROBE, "64K"])
        .dir(out)
        .output()?;
    let path = out.join(PROBE);
    if probe.status.success() {
        fs::remove_file(&path).with_context(|| format!("cannot remove `{path}`"))?;
        return Ok(ClusterCompression::Zstd);
    }
    let known = Command::new(qemu_img)
        .args(["create", "-q", "-f", "qcow2", PROBE, "64K"])
        .dir(out)
        .run();
    // Whatever else is wrong is told as it is.
    known?;
    fs::remove_file(&path).with_context(|| format!("cannot remove `{path}`"))?;
    Ok(ClusterCompression::Zlib)
}

/// Converts a disk of a format. `-W` is left out: it writes clusters in the order in which they are
/// ready, so that equal disks would differ.
pub(super) fn convert(
    qemu_img: &Utf8Path,
    format: &str,
    from: &Utf8Path,
    disk: &Utf8Path,
    compression: ClusterCompression,
    deadline: Duration,
) -> anyhow::Result<()> {
    let from = camino::absolute_utf8(from).context("no current folder")?;
    let disk = camino::absolute_utf8(disk).context("no current folder")?;
    let options: &[&str] = match compression {
        ClusterCompression::Zstd => &["-c", "-o", "compression_type=zstd"],
        ClusterCompression::Zlib => &["-c", "-o", "compression_type=zlib"],
        ClusterCompression::None => &[],
    };
    Command::new(qemu_img)
        .args(["convert", "-f", format, "-O", "qcow2"])
        .args(options.iter().copied())
        .args([from.as_str(), disk.as_str()])
        .deadline(deadline)
        .run()?;
    Ok(())
}

/// What QEMU says that its version is.
pub(super) fn qemu_version(tools: &Tools) -> anyhow::Result<String> {
    let output = Command::new(&tools.qemu).arg("--version").run()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text
        .lines()
        .next()
        .and_then(|line| line.split_once("version "))
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .filter(|version| version.len() < 64);
    version
        .map(Into::into)
        .with_context(|| format!("`{}` does not tell its version", tools.qemu))
}

/// Copies a file into the image: its hash.
pub(super) fn copy(from: &Utf8Path, to: &Utf8Path) -> anyhow::Result<String> {
    fs::copy(from, to).with_context(|| format!("cannot copy `{from}` to `{to}`"))?;
    finish(to)
}

/// Makes a file of the image read-only: its hash.
pub(super) fn finish(path: &Utf8Path) -> anyhow::Result<String> {
    fs::set_permissions(path, Permissions::from_mode(0o444))
        .with_context(|| format!("cannot make `{path}` read-only"))?;
    sha256(path)
}

/// A file's SHA-256, in hexadecimal.
pub fn sha256(path: &Utf8Path) -> anyhow::Result<String> {
    let mut file = regular::open(path).with_context(|| format!("cannot open `{path}`"))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let length = file
            .read(&mut buffer)
            .with_context(|| format!("cannot read `{path}`"))?;
        if length == 0 {
            return Ok(format!("{:x}", hash.finalize()));
        }
        hash.update(&buffer[..length]);
    }
}
