//! A containerDisk: an OCI archive of one layer, which holds one qcow2 in `/disk` (KubeVirt's user
//! guide, "containerDisk": owner 107, QEMU's in its containers). OCI's image-spec 1.1: an image
//! layout in a tar archive.

use std::io::{self, Read, Seek, SeekFrom, Write};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tar::Header;

use super::{Facts, tarball};

/// QEMU's user and group in KubeVirt's containers.
const OWNER: u64 = 107;
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// Not compressed again: the disk is.
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// A blob by its hash.
struct Blob {
    sha256: String,
    size: u64,
}

/// Writes an image's archive. The disk, of so many bytes, is read once and written once: a blob's
/// name is its hash, so its entry's name is put in when it has gone by.
pub(super) fn archive(
    image: &Facts,
    (disk, length): (&mut impl Read, u64),
    archive: &mut (impl Write + Seek),
) -> anyhow::Result<()> {
    archive.write_all(tarball::folder("blobs/", 0)?.as_bytes())?;
    archive.write_all(tarball::folder("blobs/sha256/", 0)?.as_bytes())?;
    let layer = self::layer(disk, length, archive)?;
    let config = blob(archive, &config(image, &layer))?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG, &config),
        "layers": [descriptor(LAYER, &layer)],
    });
    let manifest = blob(archive, &manifest)?;
    let mut entry = descriptor(MANIFEST, &manifest);
    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": "latest" });
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry],
    });
    tarball::put(archive, "index.json", index.to_string().as_bytes())?;
    let layout = json!({ "imageLayoutVersion": "1.0.0" });
    tarball::put(archive, "oci-layout", layout.to_string().as_bytes())?;
    tarball::end(archive)
}

/// The image's configuration. Its platform is that of the container which holds the disk.
fn config(image: &Facts, layer: &Blob) -> Value {
    let architecture = if image.architecture == "arm64" {
        "arm64"
    } else {
        "amd64"
    };
    json!({
        "created": image.sealed_at,
        "architecture": architecture,
        "os": "linux",
        "config": {
            "Labels": {
                "org.opencontainers.image.title": image.name,
                "org.opencontainers.image.description": image.edition,
                "org.opencontainers.image.version": image.version,
            },
        },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{}", layer.sha256)] },
    })
}

fn layer(
    disk: &mut impl Read,
    length: u64,
    archive: &mut (impl Write + Seek),
) -> anyhow::Result<Blob> {
    let begin = archive.stream_position()?;
    archive.write_all(Header::new_gnu().as_bytes())?;
    let mut layer = Hashing {
        inner: &mut *archive,
        hash: Sha256::new(),
        size: 0,
    };
    layer.write_all(tarball::folder("disk/", OWNER)?.as_bytes())?;
    layer.write_all(tarball::file("disk/disk.qcow2", length, OWNER)?.as_bytes())?;
    let read = io::copy(&mut disk.take(length), &mut layer).context("cannot copy the disk")?;
    ensure!(
        read == length,
        "the disk has {read} bytes, and had {length}"
    );
    tarball::fill(&mut layer, length)?;
    tarball::end(&mut layer)?;
    let layer = layer.blob();
    archive.seek(SeekFrom::Start(begin))?;
    archive.write_all(tarball::file(&name(&layer), layer.size, 0)?.as_bytes())?;
    archive.seek(SeekFrom::End(0))?;
    Ok(layer)
}

fn blob(archive: &mut impl Write, value: &Value) -> anyhow::Result<Blob> {
    let bytes = value.to_string().into_bytes();
    let blob = Blob {
        sha256: format!("{:x}", Sha256::digest(&bytes)),
        size: bytes.len() as u64,
    };
    tarball::put(archive, &name(&blob), &bytes)?;
    Ok(blob)
}

fn name(blob: &Blob) -> String {
    format!("blobs/sha256/{}", blob.sha256)
}

fn descriptor(kind: &str, blob: &Blob) -> Value {
    json!({ "mediaType": kind, "digest": format!("sha256:{}", blob.sha256), "size": blob.size })
}

/// Hashes what goes through.
struct Hashing<W> {
    inner: W,
    hash: Sha256,
    size: u64,
}

impl<W> Hashing<W> {
    fn blob(self) -> Blob {
        Blob {
            sha256: format!("{:x}", self.hash.finalize()),
            size: self.size,
        }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
