//! What a sealed disk holds, read by programs that are not ours.

use std::fs;

use anyhow::{Context, Result};
use camino::Utf8Path;

use crate::root::{self, Root};
use crate::store;

/// Microsoft's basic data partition, as sgdisk numbers it.
const BASIC_DATA: &str = "0700";

/// The partition table, and the top folder of each NTFS in it.
pub(super) fn list(tools: &Root, disk: &Utf8Path) -> Result<Vec<String>> {
    let folder = root::cache()?.join("demo/disk");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{folder}`"))?;
    let (raw, part) = (folder.join("disk.raw"), folder.join("part.raw"));
    // Sparse, so that only what the disk holds is written.
    let convert = [
        "qemu-img",
        "convert",
        "-O",
        "raw",
        disk.as_str(),
        raw.as_str(),
    ];
    store::read(tools, &[], &convert)?;
    let table = store::read(tools, &[], &["sgdisk", "--print", raw.as_str()])?;
    let mut lines = Vec::new();
    for row in table
        .lines()
        .skip_while(|line| !line.starts_with("Number"))
        .skip(1)
    {
        lines.push(row.to_owned());
        let words: Vec<&str> = row.split_whitespace().collect();
        let [_, first, last, _, _, BASIC_DATA, ..] = words[..] else {
            continue;
        };
        let (first, last): (u64, u64) = (first.parse()?, last.parse()?);
        let from = format!(
            "driver=raw,offset={},size={},file.driver=file,file.filename={raw}",
            first * 512,
            (last + 1 - first) * 512
        );
        let cut = [
            "qemu-img",
            "convert",
            "-O",
            "raw",
            "--image-opts",
            &from,
            part.as_str(),
        ];
        store::read(tools, &[], &cut)?;
        let names = store::read(tools, &[], &["ntfsls", "--force", part.as_str()])?;
        let mut names: Vec<&str> = names
            .lines()
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort_unstable();
        lines.push(format!("      {}", names.join("  ")));
    }
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove `{folder}`"))?;
    Ok(lines)
}
