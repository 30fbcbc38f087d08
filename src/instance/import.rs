//! Another image as a data disk, and a stopped machine's disk as another image: a copy that
//! appears when it is whole.

use std::time::Duration;

use anyhow::{Context as _, bail};
use camino::Utf8Path;
use clap::ValueEnum;
use serde_json::Value;

use super::part::Part;
use crate::exec::Command;
use crate::output::Traces;
use crate::regular;
use crate::signals::Signals;

/// How long a copy may take: a day, for disks are as large as they are.
const PATIENCE: Duration = Duration::from_secs(86_400);

/// The formats that are read. What an image is, is never guessed from its bytes: whoever wrote a
/// raw disk chose them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Raw,
    Qcow2,
    /// Of Hyper-V.
    Vhdx,
    /// Of older Hyper-V and Azure.
    Vhd,
    /// Of `VMware`.
    Vmdk,
}

impl Format {
    /// What a file's name says that it is.
    #[must_use]
    pub fn of_name(file: &Utf8Path) -> Option<Self> {
        Some(match file.extension()?.to_ascii_lowercase().as_str() {
            "raw" | "img" => Self::Raw,
            "qcow2" => Self::Qcow2,
            "vhdx" => Self::Vhdx,
            "vhd" => Self::Vhd,
            "vmdk" => Self::Vmdk,
            _ => return None,
        })
    }

    /// The word that people use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Qcow2 => "qcow2",
            Self::Vhdx => "vhdx",
            Self::Vhd => "vhd",
            Self::Vmdk => "vmdk",
        }
    }

    /// QEMU's word.
    fn driver(self) -> &'static str {
        match self {
            Self::Vhd => "vpc",
            other => other.as_str(),
        }
    }
}

/// Copies a stopped machine's disk, or another image, into a new qcow2 file, which appears when it
/// is whole.
pub fn convert(
    qemu_img: &Utf8Path,
    from: (&Utf8Path, Format),
    to: &Utf8Path,
    signals: &Signals,
) -> anyhow::Result<()> {
    copy(qemu_img, from, &Part::new(to, false)?, signals)
}

/// The same for an image that becomes a machine's data disk. `replaces`: one that is there already
/// goes.
pub fn import(
    qemu_img: &Utf8Path,
    from: (&Utf8Path, Format),
    to: &Utf8Path,
    replaces: bool,
    signals: &Signals,
) -> anyhow::Result<()> {
    let part = Part::new(to, replaces)?;
    part.give()?;
    copy(qemu_img, from, &part, signals)
}

fn copy(
    qemu_img: &Utf8Path,
    (from, format): (&Utf8Path, Format),
    part: &Part,
    signals: &Signals,
) -> anyhow::Result<()> {
    let from = camino::absolute_utf8(from).context("no current folder")?;
    regular::open(&from).with_context(|| format!("cannot read `{from}`"))?;
    stands_alone(qemu_img, &from, format)?;
    let mut traces = Traces::default();
    traces.whole(part.path().to_owned());
    signals.remove_at_end(&traces);
    let formats = ["-f", format.driver(), "-O", "qcow2"];
    Command::new(qemu_img)
        // Past the host's cache: a whole disk would throw everything else out of it.
        .args(["convert", "-t", "none", "-T", "none"])
        .args(formats)
        .args([from.as_str(), part.path().as_str()])
        .deadline(PATIENCE)
        .run()?;
    part.commit()
}

/// An image that names another file would bring in whatever that is.
fn stands_alone(qemu_img: &Utf8Path, image: &Utf8Path, format: Format) -> anyhow::Result<()> {
    let told = Command::new(qemu_img)
        .args([
            "info",
            "--output=json",
            "-f",
            format.driver(),
            image.as_str(),
        ])
        .run()
        .with_context(|| format!("`{image}` is no {} image", format.as_str()))?;
    let told: Value = serde_json::from_slice(&told.stdout).context("`qemu-img` wrote no JSON")?;
    let outside = [
        &told["backing-filename"],
        &told["format-specific"]["data"]["data-file"],
    ];
    if let Some(other) = outside.iter().find(|name| !name.is_null()) {
        bail!(
            "`{image}` lies on another file: {other}\n\nhint: `qemu-img convert` makes one of both"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_an_image_is() {
        let of = |name: &str| Format::of_name(Utf8Path::new(name));
        assert_eq!(of("a.VHDX"), Some(Format::Vhdx));
        assert_eq!(of("/x/y.img"), Some(Format::Raw));
        assert_eq!(of("a.iso"), None);
        assert_eq!(of("raw"), None);
        assert_eq!(Format::Vhd.driver(), "vpc");
    }
}
