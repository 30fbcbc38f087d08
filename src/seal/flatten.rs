//! Makes one image of a layer and everything that it lies on.

use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;

use super::pack;
use crate::layer::{DISK, Image};
use crate::manifest::{ClusterCompression, Manifest};
use crate::spec::Compression;

/// Writes an image of the same contents that lies on nothing into an existing, empty folder:
/// `disk.qcow2`, `code.fd` and `vars.fd` with UEFI, and last `manifest.json`.
pub fn flatten(
    image: &Image,
    qemu_img: &Utf8Path,
    out: &Utf8Path,
    deadline: Duration,
) -> anyhow::Result<Manifest> {
    image.verify(qemu_img)?;
    let mut manifest = image.manifest.clone();
    let compression = disk(image, qemu_img, out, deadline)?;
    let disk = out.join(DISK);
    if let Some((code, vars)) = image.firmware() {
        pack::copy(&code, &out.join("code.fd"))?;
        pack::copy(&vars, &out.join("vars.fd"))?;
    }
    manifest.disk.compression = compression;
    manifest.disk.sha256 = pack::finish(&disk)?;
    manifest.inputs.base = None;
    let path = out.join("manifest.json");
    std::fs::write(&path, manifest.to_json()).with_context(|| format!("cannot write `{path}`"))?;
    pack::finish(&path)?;
    Ok(manifest)
}

/// Writes the disk alone, as `disk.qcow2`, compressed as the image is.
pub fn disk(
    image: &Image,
    qemu_img: &Utf8Path,
    out: &Utf8Path,
    deadline: Duration,
) -> anyhow::Result<ClusterCompression> {
    let asked = match image.manifest.disk.compression {
        ClusterCompression::None => Compression::None,
        ClusterCompression::Zstd | ClusterCompression::Zlib => Compression::Zstd,
    };
    let compression = pack::compression(asked, qemu_img, out)?;
    let to = out.join(DISK);
    pack::convert(qemu_img, "qcow2", &image.disk(), &to, compression, deadline)?;
    Ok(compression)
}
