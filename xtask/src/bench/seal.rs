//! Sealing a disk: ours, and the conversion alone.

use std::fs;

use anyhow::Result;

use super::table::Row;
use super::{Bench, in_turn};
use crate::real::disk::{self, Disk, MIB};
use crate::test::Context;

/// What the Windows volume has room for; about half of it is used.
const VOLUME_BYTES: u64 = 2048 * MIB;
/// Programs and libraries of the tool root: as Windows' own files, some of it can be compressed.
const CONTENTS: &str = "/usr/lib/x86_64-linux-gnu";

pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let context = Context::at(bench.empty("seal")?);
    let made = disk(&context)?;
    let (out, copy) = (context.folder.join("out"), context.folder.join("copy.raw"));
    let other = context.folder.join("other.qcow2");
    let file = context.folder.join("spec.json");
    fs::write(&file, spec("zstd"))?;
    let ours = [
        bench.programs.seal.as_str(),
        file.as_str(),
        &bench.tools,
        copy.as_str(),
        out.as_str(),
    ];
    let head = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-c"];
    let rest = ["-o", "compression_type=zstd", copy.as_str(), other.as_str()];
    let theirs = [&head[..], &rest].concat();
    let ways: [(&'static str, &[&str]); 2] = [("sealing", &ours), ("`qemu-img convert`", &theirs)];
    let names = ways.map(|(name, _)| name);
    let row = in_turn("seal", bench.runs, &names, |way| {
        for old in [&out, &copy, &other] {
            context.read(disk::LIMIT, &["rm", "-rf", old.as_str()])?;
        }
        fs::create_dir(&out)?;
        // Sealing changes the disk.
        made.copy("copy.raw")?;
        bench.measure(ways[way].1)
    })?;
    fs::remove_dir_all(&context.folder)?;
    Ok(vec![row])
}

/// A disk as an install leaves it.
pub(super) fn disk(context: &Context) -> Result<Disk> {
    let tree = disk::tree(context, &[])?;
    let libraries = tree.join("Windows/System32/DriverStore");
    context.read(disk::LIMIT, &["cp", "-rL", CONTENTS, libraries.as_str()])?;
    let volume = disk::ntfs(context, &tree, VOLUME_BYTES)?;
    let made = disk::gpt(context, &volume)?;
    for done in [
        tree.as_str(),
        volume.as_str(),
        context.folder.join("t.wim").as_str(),
    ] {
        context.read(disk::LIMIT, &["rm", "-r", done])?;
    }
    Ok(made)
}

/// The sealing reads neither ISO; the plan wants to know of them.
pub(super) fn spec(compression: &str) -> String {
    serde_json::json!({
        "schema": "lucarne.spec/1",
        "name": "bench",
        "edition": "Any",
        "locale": { "ui": "en-US" },
        "windowsIso": "/none.iso",
        "virtioWinIso": "/none.iso",
        "seal": { "compression": compression },
    })
    .to_string()
}
