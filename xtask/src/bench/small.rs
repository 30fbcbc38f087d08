//! What takes milliseconds.

use std::fs;

use anyhow::Result;

use super::table::Row;
use super::{Bench, script};
use crate::store;

/// Of the machine's noise a short run has more.
const MORE_RUNS: usize = 5;

pub(super) fn start(bench: &Bench) -> Result<Vec<Row>> {
    let lucarne = bench.programs.lucarne.as_str();
    let imports = "import argparse, json, subprocess, xml.etree.ElementTree";
    let row = bench.row(
        "start",
        bench.runs * MORE_RUNS,
        &[
            ("`lucarne --version`", &[lucarne, "--version"]),
            ("Python with its imports", &["python3", "-c", imports]),
        ],
    )?;
    Ok(vec![row])
}

pub(super) fn check(bench: &Bench) -> Result<Vec<Row>> {
    let lucarne = bench.programs.lucarne.as_str();
    let (iso, virtio_win) = (bench.inputs.iso.as_str(), bench.virtio_win()?);
    let isos = ["--iso", iso, "--virtio-win", virtio_win];
    let template = script("template.nix");
    let row = bench.row(
        "check",
        bench.runs * MORE_RUNS,
        &[
            (
                "`lucarne check` with both ISOs",
                &[&[lucarne, "check", &bench.spec], &isos[..]].concat(),
            ),
            (
                "Nix evaluates a template",
                &["nix-instantiate", "--eval", "--strict", template.as_str()],
            ),
        ],
    )?;
    Ok(vec![row])
}

/// The answer ISO: ours reads the drivers out of virtio-win's ISO as well.
pub(super) fn media(bench: &Bench) -> Result<Vec<Row>> {
    let lucarne = bench.programs.lucarne.as_str();
    let (iso, virtio_win) = (bench.inputs.iso.as_str(), bench.virtio_win()?);
    let (out, tree) = (bench.folder.join("media"), bench.empty("media-tree")?);
    let other = bench.folder.join("other.iso");
    let head = [lucarne, "media", &bench.spec, "--iso", iso];
    let rest = ["--virtio-win", virtio_win, "--out", out.as_str()];
    let ours = [&head[..], &rest].concat();
    // The rivals write the same files, which are there already.
    bench.measure(&ours)?;
    let answer = out.join("answer.iso");
    let unpack = format!("-o{tree}");
    store::read(
        &bench.root,
        &[],
        &["7z", "x", "-y", "-bso0", "-bsp0", &unpack, answer.as_str()],
    )?;
    let names = ["-J", "-V", "LUCARNE", "-o", other.as_str(), tree.as_str()];
    let xorriso = ["xorriso", "-report_about", "SORRY", "-as", "mkisofs"];
    let ways: [(&'static str, &[&str]); 3] = [
        ("`lucarne media`", &ours),
        ("xorriso", &[&xorriso[..], &names].concat()),
        (
            "genisoimage",
            &[&["genisoimage", "-quiet"], &names[..]].concat(),
        ),
    ];
    let names = ways.map(|(name, _)| name);
    let row = super::in_turn("media", bench.runs * MORE_RUNS, &names, |way| {
        if out.exists() {
            fs::remove_dir_all(&out)?;
        }
        if other.exists() {
            fs::remove_file(&other)?;
        }
        bench.measure(ways[way].1)
    })?;
    Ok(vec![row])
}
