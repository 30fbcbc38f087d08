//! Space and memory.

use super::super::seen::{Folder, Purpose};
use super::{Finding, Level, Seen};

const GIB: u64 = 1 << 10;
/// What an install of Windows 11 needs beside the ISO: about 20 GiB of files, a page file of the
/// memory's size, and the sealed image. The install itself counts exactly, for its own ISO.
const INSTALL_MIB: u64 = 40 * GIB;
/// The sealed image alone.
const IMAGE_MIB: u64 = 15 * GIB;
/// What a machine's disks soon have.
const MACHINE_MIB: u64 = 10 * GIB;
/// A machine's memory unless it is said otherwise, and what QEMU, its TPM and the host have beside.
const MEMORY_MIB: u64 = 4 * GIB;
const BESIDE_MIB: u64 = GIB / 2;

pub(super) fn judge(seen: &Seen, found: &mut Vec<Finding>) {
    found.extend(seen.folders.iter().map(folder));
    found.push(memory(seen));
}

fn folder(folder: &Folder) -> Finding {
    let (what_for, needed, way) = match folder.purpose {
        Purpose::Work => (
            "an install by hand works",
            INSTALL_MIB,
            "free some, or name another folder with `--work` and `--out`",
        ),
        Purpose::NixBuild => (
            "Nix builds",
            INSTALL_MIB,
            "free some, or set `build-dir` in `nix.conf` to a folder on another disk",
        ),
        Purpose::NixStore => ("Nix keeps images", IMAGE_MIB, "free some: `nix store gc`"),
        Purpose::State => (
            "machines keep data disks",
            MACHINE_MIB,
            "free some, or set `XDG_STATE_HOME` to a folder on another disk",
        ),
        Purpose::Cache => (
            "machines have throw-away disks",
            MACHINE_MIB,
            "free some, or set `XDG_CACHE_HOME` to a folder on another disk",
        ),
    };
    let (path, free) = (&folder.path, folder.free_mib / GIB);
    if let Some(refused) = &folder.refused {
        let what = format!("`{path}`, where {what_for}, cannot be written to: {refused}");
        // There may be room enough.
        let way = way.strip_prefix("free some, or ").unwrap_or(way);
        return Finding::new("space", Level::Warning, what).hint(way);
    }
    let has = format!("`{path}`, where {what_for}, has {free} GiB free");
    if folder.in_memory {
        let what = format!("{has}, in memory: a disk of Windows would fill it");
        return Finding::new("space", Level::Warning, what).hint(way);
    }
    if folder.free_mib < needed {
        let what = format!("{has}, and about {} GiB are needed", needed / GIB);
        return Finding::new("space", Level::Warning, what).hint(way);
    }
    Finding::new("space", Level::Ok, has)
}

fn memory(seen: &Seen) -> Finding {
    let needed = MEMORY_MIB + BESIDE_MIB;
    let (all, free) = (seen.memory_mib, seen.memory_free_mib);
    let has = format!("{free} of {all} MiB of memory are free");
    let what = format!("{has}, and a machine has {MEMORY_MIB} MiB unless it is said otherwise");
    if all < needed {
        return Finding::new("memory", Level::Problem, what).hint(
            "`machine.memoryMib` may be less for Windows 10 and Server; Windows 11 wants it",
        );
    }
    if free < needed {
        let hint = "end what needs it, or set `machine.memoryMib` to less";
        return Finding::new("memory", Level::Warning, what).hint(hint);
    }
    Finding::new("memory", Level::Ok, has)
}
