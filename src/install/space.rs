//! Whether there is room for an install, before it begins.

use anyhow::{Context as _, ensure};
use camino::Utf8Path;

use super::Job;

/// Firmware, its variables and the manifest, which lie beside the sealed disk.
const FIRMWARE_BYTES: u64 = 8 << 20;

/// What is asked of one file system.
struct Room<'a> {
    folder: &'a Utf8Path,
    device: u64,
    free: u64,
    needed: u64,
    hint: &'static str,
}

/// The disk lies in the work folder, and the sealed image is written beside its place while the
/// disk is still there: both may be on one file system.
pub(super) fn check(work: &Utf8Path, out: &Utf8Path, job: &Job<'_>) -> anyhow::Result<()> {
    let (disk, sealed) = estimate(job);
    let spare = job.install().spare_space_mib.saturating_mul(1 << 20);
    let mut work = Room::of(
        work,
        disk.saturating_add(spare),
        "name another folder with `--work`; in a Nix build that is `build-dir` in `nix.conf`",
    )?;
    let out = Room::of(
        out,
        sealed,
        "free some, or name another folder with `--out`; in a Nix build that is the store's disk",
    )?;
    if work.device == out.device {
        work.needed = work.needed.saturating_add(sealed);
        return work.check();
    }
    work.check()?;
    out.check()
}

/// Bytes of the disk, and of the sealed image. Setup fills the disk with the image's files, a page
/// file as large as the memory, and logs; what compression leaves of the files is about two fifths.
///
/// A layer's disk gets what Windows writes anew at each start; what its steps write nobody knows.
fn estimate(job: &Job<'_>) -> (u64, u64) {
    let plan = match job {
        Job::Install(planned) => &planned.plan,
        Job::Layer(layer) => {
            let memory = layer.memory_mib().saturating_mul(1 << 20);
            let disk = memory.min(layer.base.manifest.disk.virtual_bytes);
            return (disk, (disk / 2).saturating_add(FIRMWARE_BYTES));
        }
    };
    let image = &plan.image;
    let files = image.total_bytes.saturating_sub(image.hard_link_bytes);
    let size = plan.disk.size_mib.saturating_mul(1 << 20);
    let memory = plan.machine.memory_mib.saturating_mul(1 << 20);
    let disk = files.saturating_add(memory).min(size);
    (disk, (files / 2).min(size).saturating_add(FIRMWARE_BYTES))
}

impl<'a> Room<'a> {
    fn of(folder: &'a Utf8Path, needed: u64, hint: &'static str) -> anyhow::Result<Self> {
        let path = folder.as_std_path();
        let cannot = || format!("cannot tell the free space of `{folder}`");
        let found = rustix::fs::statvfs(path).with_context(cannot)?;
        let device = rustix::fs::stat(path).with_context(cannot)?.st_dev;
        Ok(Self {
            folder,
            device,
            free: found.f_bavail.saturating_mul(found.f_frsize),
            needed,
            hint,
        })
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.free >= self.needed,
            "`{}` has {} MiB free, and about {} MiB are needed\n\nhint: {}",
            self.folder,
            self.free >> 20,
            self.needed >> 20,
            self.hint
        );
        Ok(())
    }
}
