//! What compression saves, and what it costs a machine: the same disk sealed with it and without,
//! then read by QEMU's own reader, in order and in places.

use std::fs;

use anyhow::{Context as _, Result};
use camino::Utf8PathBuf;

use super::table::{Row, Way};
use super::{Bench, seal};
use crate::real::disk::{self, MIB};
use crate::room::{self, GIB};
use crate::test::Context;

/// What `seal.compression` may be.
const KINDS: [&str; 2] = ["zstd", "none"];
/// The disk, a copy of it, and what is sealed of both kinds.
const ROOM_BYTES: u64 = 8 * GIB;
/// Reads of 4 KiB, each in another cluster of 64 KiB than the one before.
const READS: &str = "20000";
const READ_BYTES: &str = "4096";
/// An odd number of such blocks, so that later rounds meet other blocks than the first did.
const STRIDE_BYTES: &str = "1052672";

pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let context = Context::at(bench.empty("compression")?);
    room::ensure(&context.folder, ROOM_BYTES, "a disk and its images")?;
    let made = seal::disk(&context)?;
    let copy = context.folder.join("copy.raw");
    let mut sealing = Vec::new();
    let mut disks = Vec::new();
    for kind in KINDS {
        let spec = context.folder.join(format!("{kind}.json"));
        fs::write(&spec, seal::spec(kind))?;
        let out = context.folder.join(kind);
        let words = [
            bench.programs.seal.as_str(),
            spec.as_str(),
            &bench.tools,
            copy.as_str(),
            out.as_str(),
        ];
        let mut costs = Vec::new();
        for _ in 0..bench.runs {
            context.read(disk::LIMIT, &["rm", "-rf", out.as_str()])?;
            fs::create_dir(&out)?;
            // Sealing changes the disk.
            made.copy("copy.raw")?;
            costs.push(bench.measure(&words)?);
        }
        let disk = out.join("disk.qcow2");
        let bytes = fs::metadata(&disk)
            .with_context(|| format!("no `{disk}`"))?
            .len();
        let name = format!("{kind}: {} MiB", bytes / MIB);
        sealing.push(Way { name, costs });
        disks.push((kind, disk));
    }
    let sealing = Row {
        name: "compression: sealing",
        ways: sealing,
    };
    let whole = read(bench, "compression: all of it", &disks, &whole)?;
    let places = read(bench, "compression: 20,000 × 4 KiB", &disks, &places)?;
    fs::remove_dir_all(&context.folder)?;
    Ok(vec![sealing, whole, places])
}

/// Times a command of each disk, in turn.
fn read(
    bench: &Bench,
    name: &'static str,
    disks: &[(&'static str, Utf8PathBuf)],
    command: &dyn Fn(&str) -> Vec<String>,
) -> Result<Row> {
    let commands: Vec<_> = disks
        .iter()
        .map(|(_, disk)| command(disk.as_str()))
        .collect();
    let names: Vec<_> = disks.iter().map(|(kind, _)| *kind).collect();
    super::in_turn(name, bench.runs, &names, |way| {
        let words: Vec<_> = commands[way].iter().map(String::as_str).collect();
        bench.measure(&words)
    })
}

/// Everything in order, to nowhere.
fn whole(disk: &str) -> Vec<String> {
    let nowhere = "driver=null-co,size=1T";
    let words = [
        "qemu-img",
        "convert",
        "-n",
        "-f",
        "qcow2",
        "--target-image-opts",
        disk,
        nowhere,
    ];
    words.map(str::to_owned).to_vec()
}

/// Blocks here and there, one at a time, as a system that starts reads.
fn places(disk: &str) -> Vec<String> {
    let head = ["qemu-img", "bench", "-f", "qcow2", "-d", "1", "-c", READS];
    let rest = ["-s", READ_BYTES, "-S", STRIDE_BYTES, disk];
    [&head[..], &rest]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect()
}
