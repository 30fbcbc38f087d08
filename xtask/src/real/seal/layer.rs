//! Two overlays of one content: what is kept of them is the same, bit for bit.

use std::fs;
use std::ops::Range;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use super::image::{Disk, LIMIT, MIB, gpt, noise, ntfs, tree};
use super::{Sealer, WINDOWS_BYTES};
use crate::parts;
use crate::real::chain;
use crate::real::raw::raw_of;
use crate::test::{Context, Outcome};

/// What the layer made, longer than a cluster of qcow2.
const MADE: &[u8] = &[b'm'; 200_000];
const PAGE_BYTES: usize = 4_000_000;
/// A piece of the page file that is in no other file: all noise begins alike.
const PIECE: Range<usize> = 3_500_000..3_600_000;

pub(super) fn layer(context: &Context) -> Result<Outcome> {
    let sealer = Sealer::new(context, "")?;
    let volume = ntfs(context, &tree(context, &[])?, WINDOWS_BYTES)?;
    let disk = gpt(context, &volume)?;
    let base = disk.copy("base.raw")?;
    let (base, code, said) = sealer.seal(&base, "base")?;
    ensure!(code == 0, "the base was not sealed: {said}");

    let contents = contents(context, &disk, &volume)?;
    let overlays = overlays(context, &contents, &base.join("disk.qcow2"))?;
    let mut own = Vec::new();
    for overlay in &overlays {
        own.push(chain::read(context, overlay, true)?.1);
    }
    ensure!(own[0] != own[1], "both overlays hold the same clusters");
    let program = parts::example("difference")?;
    let mut outs = Vec::new();
    for (place, overlay) in overlays.iter().enumerate() {
        let out = context.folder.join(format!("layer-{place}"));
        fs::create_dir(&out)?;
        let files = [
            &program,
            &sealer.tools,
            &base,
            overlay,
            &context.folder,
            &out,
        ];
        context.read(LIMIT, &files.map(|path| path.as_str()))?;
        outs.push(out);
    }
    for file in ["disk.qcow2", "manifest.json", "code.fd", "vars.fd"] {
        let same = fs::read(outs[0].join(file))? == fs::read(outs[1].join(file))?;
        ensure!(same, "equal layers gave another `{file}`");
    }
    kept(context, &outs[0].join("disk.qcow2"), disk.windows)?;
    Ok(Outcome::Passed)
}

/// Two disks of a layer that made a file: they differ in what must not be kept alone, the page
/// file and a free cluster.
fn contents(context: &Context, disk: &Disk, volume: &Utf8Path) -> Result<[Disk; 2]> {
    let page = noise(PAGE_BYTES);
    for (name, bytes) in [("pagefile.sys", page.as_slice()), ("made.txt", MADE)] {
        let file = context.folder.join("copied");
        fs::write(&file, bytes)?;
        let copy = ["ntfscp", "-q", volume.as_str(), file.as_str(), name];
        context.read(LIMIT, &copy)?;
    }
    let first = disk.copy("first.raw")?;
    first.write(disk.windows, &fs::read(volume)?)?;
    let second = first.copy("second.raw")?;
    let at = second.find(&page[PIECE])?;
    second.write(
        at.context("the page file is not whole")?,
        &vec![b'p'; PIECE.len()],
    )?;
    let last_free = disk.windows + WINDOWS_BYTES - 64 * 4096;
    second.write(last_free, b"what a deleted file left")?;
    Ok([first, second])
}

/// The one holds every cluster, in order, as if Windows had written all of them; the other one
/// those alone that are not empty, in whatever order they came.
fn overlays(context: &Context, contents: &[Disk; 2], base: &Utf8Path) -> Result<[Utf8PathBuf; 2]> {
    let [whole, sparse] = ["whole.qcow2", "sparse.qcow2"].map(|name| context.folder.join(name));
    let convert = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2"];
    let over = ["-F", "qcow2", "-B", base.as_str(), "-S", "0"];
    let files = [contents[0].path.as_str(), whole.as_str()];
    context.read(LIMIT, &[&convert[..], &over, &files].concat())?;
    let files = ["-W", contents[1].path.as_str(), sparse.as_str()];
    context.read(LIMIT, &[&convert[..], &files].concat())?;
    let over = [
        "-f",
        "qcow2",
        "-F",
        "qcow2",
        "-b",
        base.as_str(),
        sparse.as_str(),
    ];
    context.read(LIMIT, &[&["qemu-img", "rebase"], &over[..]].concat())?;
    Ok([whole, sparse])
}

/// The layer's disk has the file that it made, without what must not be kept, and is small.
fn kept(context: &Context, qcow2: &Utf8Path, windows: u64) -> Result<()> {
    context.read(LIMIT, &["qemu-img", "check", qcow2.as_str()])?;
    let size = fs::metadata(qcow2)?.len();
    ensure!(size < MIB, "the difference has {size} bytes");
    let path = raw_of(context, qcow2, None)?;
    let disk = Disk { path, windows };
    ensure!(disk.find(MADE)?.is_some(), "what the layer made is gone");
    let page = disk.find(&noise(PAGE_BYTES)[PIECE])?;
    ensure!(page.is_none(), "the page file was kept");
    Ok(())
}
