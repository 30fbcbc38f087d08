//! Booting a large ISO unattended: our overlay, a new ISO, a FAT volume.

use std::fs;

use anyhow::{Result, ensure};

use super::table::Row;
use super::{Bench, in_turn, script};
use crate::room::{self, GIB};
use crate::store;

/// What a Windows ISO has today: with less the rivals would have less to unpack.
const ISO_BYTES_MIN: u64 = 6_000_000_000;
/// The ISO, what is unpacked of it, and what is written anew.
const ROOM_BYTES: u64 = 20 * GIB;

pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>> {
    room::ensure(&bench.folder, ROOM_BYTES, "a large ISO and its copies")?;
    let iso = bench.folder.join("large.iso");
    let make = script("large-iso.sh");
    let parts = bench.empty("parts")?;
    let standin = bench.inputs.iso.as_str();
    let command = [make.as_str(), standin, parts.as_str(), iso.as_str()];
    store::read(&bench.root, &[], &command)?;
    let bytes = fs::metadata(&iso)?.len();
    ensure!(bytes >= ISO_BYTES_MIN, "`{iso}` has {bytes} bytes");
    let rows = vec![editions(bench, iso.as_str())?, boot(bench, iso.as_str())?];
    fs::remove_file(&iso)?;
    Ok(rows)
}

fn editions(bench: &Bench, iso: &str) -> Result<Row> {
    let (lucarne, other) = (bench.programs.lucarne.as_str(), script("editions.sh"));
    let work = bench.folder.join("editions");
    bench.row(
        "editions",
        bench.runs,
        &[
            ("`lucarne iso`", &[lucarne, "iso", iso]),
            ("7z, then wimlib", &[other.as_str(), iso, work.as_str()]),
        ],
    )
}

fn boot(bench: &Bench, iso: &str) -> Result<Row> {
    let answer = bench.folder.join("Autounattend.xml");
    fs::write(&answer, "<unattend/>")?;
    let (remaster, fat) = (script("remaster.sh"), script("fat.sh"));
    let work = bench.folder.join("boot");
    let overlay = bench.programs.overlay.as_str();
    let ways: [(&'static str, &[&str]); 3] = [
        ("overlay", &[overlay, iso, &bench.tools, work.as_str()]),
        (
            "7z, then a new ISO by xorriso",
            &[remaster.as_str(), iso, answer.as_str(), work.as_str()],
        ),
        (
            "7z, then a FAT volume by mtools",
            &[fat.as_str(), iso, answer.as_str(), work.as_str()],
        ),
    ];
    let names = ways.map(|(name, _)| name);
    let row = in_turn("boot", bench.runs, &names, |way| {
        bench.empty("boot")?;
        bench.measure(ways[way].1)
    })?;
    fs::remove_dir_all(&work)?;
    Ok(row)
}
