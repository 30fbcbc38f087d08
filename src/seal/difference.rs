//! Seals a layer: what differs from the image below it, and nothing else.
//!
//! The guest worked on an overlay. Of each cluster that it wrote, what must not be kept becomes
//! zeros, as in an image; what then equals the image below is left out. An idle Windows writes
//! hundreds of MB that are gone with that: its page file, logs that came and went, clusters that
//! were written with the bytes that they had.
//!
//! No password is searched for: those that nobody asked for went with the base's Setup, whose
//! sealing looked for them, and a layer has none.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use camino::Utf8Path;

use super::inspect::{Inspection, Layout, inspect, unreadable};
use super::{FirmwareFiles, clean, pack, secure_boot, volumes};
use crate::disk::nbd::Nbd;
use crate::disk::{self, Extent, Source};
use crate::exec::Command;
use crate::failure::Failure;
use crate::layer::{DISK, Image};
use crate::manifest::{ClusterCompression, Finish, Input, Manifest, Phase, Step};
use crate::qemu::Served;
use crate::spec::Compression;
use crate::tools::Tools;

/// What qcow2 stores as one; a disk's size is a multiple.
const CLUSTER_BYTES: u64 = 64 << 10;
/// How much is compared at once.
const CHUNK_BYTES: u64 = 2 << 20;

/// What sealing a layer needs.
#[derive(Debug)]
pub struct LayerSealInputs<'a> {
    pub base: &'a Image,
    pub name: &'a str,
    pub compression: Compression,
    pub tools: &'a Tools,
    /// The disk over the base's, which QEMU has closed.
    pub overlay: &'a Utf8Path,
    /// The folder for sockets.
    pub work: &'a Utf8Path,
    /// The firmware, with UEFI.
    pub firmware: Option<FirmwareFiles<'a>>,
    /// An existing, empty folder for the image's files; its owner renames it into its place.
    pub out: &'a Utf8Path,
    pub media: Input,
    pub phases: Vec<Phase>,
    pub steps: Vec<Step>,
    /// What the guest said of its end.
    pub finish: Finish,
    /// RFC 3339, UTC, the guest's clock.
    pub sealed_at: String,
    /// How long reading, comparing and writing may take.
    pub deadline: Duration,
}

/// Checks the layer's disk and writes the image's files: `disk.qcow2` over the base's, `code.fd`
/// and `vars.fd` with UEFI, and last `manifest.json`.
pub fn seal_layer(inputs: &LayerSealInputs<'_>) -> Result<Manifest, Failure> {
    let until = Instant::now() + inputs.deadline;
    let LayerSealInputs { tools, work, .. } = *inputs;
    let base = inputs.base;
    let top = Served::read(tools, inputs.overlay, work, "top")?;
    let below = Served::read(tools, &base.disk(), work, "below")?;
    if top.size() != below.size() {
        return Err(anyhow::anyhow!("the layer's disk has another size than its base's").into());
    }
    let inspection = inspect(&top, &Layout::of_image(&base.manifest))?;
    let secure_boot = secure_boot(base.manifest.firmware.secure_boot, inputs.firmware)?;
    let dropped = dropped(&top, &inspection)?;
    let own = top.own_extents().map_err(of_host)?;

    let compression = pack::compression(inputs.compression, &tools.qemu_img, inputs.out)?;
    let disk = inputs.out.join(DISK);
    create(tools, &disk, &base.disk(), compression)?;
    let compressed = compression != ClusterCompression::None;
    let target = Served::write(tools, &disk, compressed, work, "sealed")?;
    let copy = Copy {
        top: &top,
        below: &below,
        dropped: &dropped,
        until,
    };
    copy.run(&own, &*target)?;
    for served in [target, top, below] {
        served.finish()?;
    }
    let manifest = describe(inputs, inspection, secure_boot, compression)?;
    let path = inputs.out.join("manifest.json");
    std::fs::write(&path, manifest.to_json()).with_context(|| format!("cannot write `{path}`"))?;
    pack::finish(&path)?;
    Ok(manifest)
}

/// The overlay is ours, and so is whoever serves it: what goes wrong is not the guest's.
fn of_host(error: disk::Error) -> Failure {
    Failure::Host(anyhow::Error::new(error).context("cannot read the layer's disk"))
}

/// What must not be kept, in order: files that hold memory, and what no file owns or deleted ones
/// left.
fn dropped(disk: &dyn Source, inspection: &Inspection) -> Result<Vec<Extent>, Failure> {
    let mut dropped = Vec::new();
    for volume in volumes(disk, inspection)? {
        dropped.extend(clean::memory_files(&volume)?);
        dropped.extend(clean::small_files(&volume)?);
    }
    for usage in &inspection.usage {
        dropped.extend(&usage.free);
    }
    dropped.sort_by_key(|extent| extent.offset);
    Ok(dropped)
}

/// Makes the sealed disk, over the base's by its whole path, so that whoever looks for references
/// finds it.
fn create(
    tools: &Tools,
    disk: &Utf8Path,
    below: &Utf8Path,
    compression: ClusterCompression,
) -> anyhow::Result<()> {
    let mut command = Command::new(&tools.qemu_img).args(["create", "-q", "-f", "qcow2"]);
    command = match compression {
        ClusterCompression::Zstd => command.args(["-o", "compression_type=zstd"]),
        ClusterCompression::Zlib => command.args(["-o", "compression_type=zlib"]),
        ClusterCompression::None => command,
    };
    let disk = camino::absolute_utf8(disk).context("no current folder")?;
    let names = ["-F", "qcow2", "-b", below.as_str(), disk.as_str()];
    command.args(names).run()?;
    Ok(())
}

/// Where clusters go.
trait Target {
    fn write(&self, offset: u64, bytes: &[u8]) -> disk::Result<()>;
    fn zero(&self, offset: u64, length: u32) -> disk::Result<()>;
}

impl Target for Nbd {
    fn write(&self, offset: u64, bytes: &[u8]) -> disk::Result<()> {
        self.write_at(offset, bytes)
    }

    fn zero(&self, offset: u64, length: u32) -> disk::Result<()> {
        self.zero_at(offset, length)
    }
}

/// The pass over what the layer wrote.
struct Copy<'a> {
    top: &'a dyn Source,
    below: &'a dyn Source,
    /// In order.
    dropped: &'a [Extent],
    until: Instant,
}

impl Copy<'_> {
    /// Puts what differs into the target, cluster by cluster in order: a compressed disk of equal
    /// contents is then equal too.
    fn run(&self, own: &[Extent], target: &dyn Target) -> Result<(), Failure> {
        let size = self.top.size();
        // Clusters are whole here, whatever a server made of their borders.
        let mut done = 0;
        for extent in own {
            let end = (extent.offset + extent.length).next_multiple_of(CLUSTER_BYTES);
            let end = end.min(size);
            let mut at = (extent.offset - extent.offset % CLUSTER_BYTES).max(done);
            while at < end {
                let length = (end - at).min(CHUNK_BYTES);
                self.chunk(at, length, target)?;
                at += length;
            }
            done = done.max(end);
        }
        Ok(())
    }

    fn chunk(&self, at: u64, length: u64, target: &dyn Target) -> Result<(), Failure> {
        if Instant::now() >= self.until {
            let late = anyhow::anyhow!(
                "sealing took longer than the layer may\n\nhint: `install.deadlines.totalSec` \
                 gives it more time"
            );
            return Err(late.into());
        }
        let length = usize::try_from(length).context("a chunk is small")?;
        let (mut new, mut old) = (vec![0; length], vec![0; length]);
        let fail = |error| unreadable("the layer's disk", error);
        self.top.read_at(at, &mut new).map_err(fail)?;
        mask(at, &mut new, self.dropped);
        self.below.read_at(at, &mut old).map_err(of_host)?;
        put(at, &new, &old, target).map_err(|error| {
            Failure::Host(anyhow::Error::new(error).context("cannot write the sealed disk"))
        })
    }
}

/// Makes zeros of what must not be kept.
fn mask(at: u64, bytes: &mut [u8], dropped: &[Extent]) {
    let end = at + bytes.len() as u64;
    let first = dropped.partition_point(|extent| extent.offset + extent.length <= at);
    for extent in &dropped[first..] {
        if extent.offset >= end {
            return;
        }
        let from = extent.offset.max(at) - at;
        let to = (extent.offset + extent.length).min(end) - at;
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        bytes[place(from)..place(to)].fill(0);
    }
}

/// Hands on the clusters that differ: data one by one, zeros together.
fn put(at: u64, new: &[u8], old: &[u8], target: &dyn Target) -> disk::Result<()> {
    let cluster_bytes = usize::try_from(CLUSTER_BYTES).unwrap_or(usize::MAX);
    let mut zeros: Option<(u64, u32)> = None;
    let clusters = new.chunks(cluster_bytes).zip(old.chunks(cluster_bytes));
    for (place, (new, old)) in (at..).step_by(cluster_bytes).zip(clusters) {
        let is_zeros = new != old && new.iter().all(|byte| *byte == 0);
        if is_zeros {
            let length = u32::try_from(new.len()).unwrap_or(0);
            let (from, so_far) = zeros.unwrap_or((place, 0));
            zeros = Some((from, so_far + length));
            continue;
        }
        if let Some((from, length)) = zeros.take() {
            target.zero(from, length)?;
        }
        if new != old {
            target.write(place, new)?;
        }
    }
    match zeros {
        Some((from, length)) => target.zero(from, length),
        None => Ok(()),
    }
}

/// The base's manifest, with what the layer has of its own.
fn describe(
    inputs: &LayerSealInputs<'_>,
    inspection: Inspection,
    secure_boot: bool,
    compression: ClusterCompression,
) -> anyhow::Result<Manifest> {
    let out = inputs.out;
    let mut manifest = inputs.base.manifest.clone();
    inputs.name.clone_into(&mut manifest.name);
    manifest.windows.contents = inspection.contents;
    if let Some(files) = inputs.firmware {
        manifest.firmware.code_sha256 = Some(pack::copy(files.code, &out.join("code.fd"))?);
        manifest.firmware.vars_sha256 = Some(pack::copy(files.vars, &out.join("vars.fd"))?);
    } else if manifest.firmware.code_sha256.is_some() {
        bail!("the layer left no firmware");
    }
    manifest.firmware.secure_boot = secure_boot;
    manifest.disk.compression = compression;
    manifest.disk.partitions = inspection.partitions;
    manifest.disk.sha256 = pack::finish(&out.join(DISK))?;
    manifest.machine.qemu_version = pack::qemu_version(inputs.tools)?;
    manifest.inputs.media = inputs.media.clone();
    manifest.inputs.base = Some(inputs.base.as_base()?);
    manifest.phases.clone_from(&inputs.phases);
    manifest.steps.extend(inputs.steps.iter().cloned());
    manifest.finish.extend(&inputs.finish);
    manifest.sealed_at.clone_from(&inputs.sealed_at);
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    const CLUSTER: usize = 64 << 10;

    /// What was put where: data by its first byte, zeros by `None`.
    #[derive(Default)]
    struct Put(RefCell<Vec<(u64, usize, Option<u8>)>>);

    impl Target for Put {
        fn write(&self, offset: u64, bytes: &[u8]) -> disk::Result<()> {
            self.0
                .borrow_mut()
                .push((offset, bytes.len(), Some(bytes[0])));
            Ok(())
        }

        fn zero(&self, offset: u64, length: u32) -> disk::Result<()> {
            self.0.borrow_mut().push((offset, length as usize, None));
            Ok(())
        }
    }

    fn of(offset: usize, length: usize) -> Extent {
        Extent {
            offset: offset as u64,
            length: length as u64,
        }
    }

    fn copied(top: &[u8], below: &[u8], own: &[Extent], dropped: &[Extent]) -> Put {
        let (top, below) = (top.to_vec(), below.to_vec());
        let put = Put::default();
        let copy = Copy {
            top: &top,
            below: &below,
            dropped,
            until: Instant::now() + Duration::from_secs(60),
        };
        copy.run(own, &put).expect("copied");
        put
    }

    #[test]
    fn what_equals_the_base_is_left_out() {
        let below = vec![b'a'; 6 * CLUSTER];
        let mut top = below.clone();
        top[2 * CLUSTER] = b'b';
        top[3 * CLUSTER..5 * CLUSTER].fill(0);
        let put = copied(&top, &below, &[of(CLUSTER, 5 * CLUSTER)], &[]);
        let at = |cluster: usize| (cluster * CLUSTER) as u64;
        assert_eq!(
            put.0.into_inner(),
            [(at(2), CLUSTER, Some(b'b')), (at(3), 2 * CLUSTER, None),]
        );
    }

    #[test]
    fn what_must_not_be_kept_is_zeros_and_then_left_out_where_the_base_has_them() {
        let mut below = vec![0; 4 * CLUSTER];
        below[3 * CLUSTER..].fill(b'z');
        // A page file in clusters 0 and half of 1; a file that the layer deleted in 3.
        let top = vec![b'p'; 4 * CLUSTER];
        let dropped = [of(0, CLUSTER + CLUSTER / 2), of(3 * CLUSTER, CLUSTER)];
        let put = copied(
            &top,
            &below,
            &[of(0, 2 * CLUSTER), of(3 * CLUSTER, CLUSTER)],
            &dropped,
        );
        assert_eq!(
            put.0.into_inner(),
            [
                (CLUSTER as u64, CLUSTER, Some(0)),
                (3 * CLUSTER as u64, CLUSTER, None),
            ]
        );
    }

    #[test]
    fn clusters_are_whole_and_come_once() {
        let below = vec![0; 2 * CLUSTER];
        let top = vec![b'x'; 2 * CLUSTER];
        let own = [of(512, 512), of(4096, CLUSTER), of(2 * CLUSTER - 512, 512)];
        let put = copied(&top, &below, &own, &[]);
        let places: Vec<_> = put.0.into_inner().iter().map(|put| put.0).collect();
        assert_eq!(places, [0, CLUSTER as u64]);
    }

    #[test]
    fn masks_reach_over_borders() {
        let masked = |at: u64, dropped: &[Extent]| {
            let mut bytes = [b'x'; 8];
            mask(at, &mut bytes, dropped);
            String::from_utf8_lossy(&bytes).replace('\0', ".")
        };
        assert_eq!(masked(100, &[]), "xxxxxxxx");
        assert_eq!(masked(100, &[of(0, 100), of(108, 5)]), "xxxxxxxx");
        assert_eq!(
            masked(100, &[of(90, 12), of(103, 1), of(107, 9)]),
            "..x.xxx."
        );
        assert_eq!(masked(100, &[of(0, 1000)]), "........");
    }
}
