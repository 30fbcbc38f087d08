//! Disks as the programs of others read them: raw, whole or one partition.

use std::time::Duration;

use anyhow::{Context as _, Result};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::test::Context;

/// No disk of the stand-in's takes longer.
const LIMIT: Duration = Duration::from_secs(600);

/// A part of a disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) offset_bytes: u64,
    pub(super) size_bytes: u64,
}

impl Part {
    /// The partition that Windows is on, as an image's manifest has it.
    pub(super) fn of_windows(manifest: &Value) -> Result<Self> {
        let disk = &manifest["disk"];
        let mut partitions = disk["partitions"].as_array().into_iter().flatten();
        let windows = partitions.find(|one| one["number"] == disk["windowsPartition"]);
        let windows = windows.context("the manifest has no Windows partition")?;
        let number = |name: &str| windows[name].as_u64().with_context(|| name.to_owned());
        Ok(Self {
            offset_bytes: number("offsetBytes")?,
            size_bytes: number("sizeBytes")?,
        })
    }
}

/// Writes a disk, or a part of it, into the check's folder: sparse, as a file that holds nothing
/// else.
pub(super) fn raw_of(
    context: &Context,
    qcow2: &Utf8Path,
    part: Option<Part>,
) -> Result<Utf8PathBuf> {
    let name = qcow2.file_name().context("a disk without a name")?;
    let raw = context.folder.join(format!("{name}.raw"));
    let (offset, size) = match part {
        Some(part) => (part.offset_bytes, format!(",size={}", part.size_bytes)),
        None => (0, String::new()),
    };
    // A comma would begin another option.
    let file = qcow2.as_str().replace(',', ",,");
    let from = format!(
        "driver=raw,offset={offset}{size},file.driver=qcow2,file.file.driver=file,\
         file.file.filename={file}"
    );
    let convert = ["qemu-img", "convert", "-O", "raw", "--image-opts", &from];
    context.read(LIMIT, &[&convert[..], &[raw.as_str()]].concat())?;
    Ok(raw)
}
