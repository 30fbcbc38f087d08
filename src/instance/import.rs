//! Another image as a data disk, and a stopped machine's disk as another image: a copy that
//! appears when it is whole.

use std::time::Duration;

use anyhow::{Context as _, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::ValueEnum;
use serde_json::Value;

use super::disk::place;
use super::part::Part;
use crate::exec::Command;
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
    let to = target(to, replaces);
    if let Some(what) = place::anothers(&to, &[]) {
        bail!("{what}\n\nhint: {}", place::HINT);
    }
    let part = Part::new(&to, replaces)?;
    part.give()?;
    copy(qemu_img, from, &part, signals)
}

/// A link leads to where there is room for the disk: what it leads to is replaced, not the link.
fn target(to: &Utf8Path, replaces: bool) -> Utf8PathBuf {
    let real = replaces.then(|| to.canonicalize_utf8().ok()).flatten();
    real.unwrap_or_else(|| to.to_owned())
}

fn copy(
    qemu_img: &Utf8Path,
    (from, format): (&Utf8Path, Format),
    part: &Part,
    signals: &Signals,
) -> anyhow::Result<()> {
    // Before anything else takes its time: a signal may come meanwhile.
    signals.remove_at_end(&part.traces());
    let from = camino::absolute_utf8(from).context("no current folder")?;
    regular::open(&from).with_context(|| format!("cannot read `{from}`"))?;
    stands_alone(qemu_img, &from, format)?;
    let formats = ["-f", format.driver(), "-O", "qcow2"];
    Command::new(qemu_img)
        // Past the host's cache: a whole disk would throw everything else out of it.
        .args(["convert", "-t", "none", "-T", "none"])
        .args(formats)
        .args([from.as_str(), part.itself().as_str()])
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
    judge(image, &told)
}

/// Whether what `qemu-img` tells of an image is of one that a disk can be made of.
fn judge(image: &Utf8Path, told: &Value) -> anyhow::Result<()> {
    if told["virtual-size"] == 0 {
        bail!(
            "`{image}` is empty: it holds no disk\n\nhint: name the image itself; `qemu-img info` \
             tells what a file holds"
        );
    }
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

    #[test]
    fn an_image_holds_a_disk_and_stands_alone() {
        let told = |told: &Value| judge("a.img".into(), told).map_err(|error| error.to_string());
        let whole = serde_json::json!({ "virtual-size": 512, "format-specific": { "data": {} } });
        assert_eq!(told(&whole), Ok(()));
        let mut other = whole.clone();
        other["virtual-size"] = 0.into();
        let error = told(&other).expect_err("is empty");
        assert!(
            error.starts_with("`a.img` is empty: it holds no disk\n\nhint: "),
            "{error}"
        );
        let mut other = whole;
        other["format-specific"]["data"]["data-file"] = "b.raw".into();
        let error = told(&other).expect_err("is two files");
        assert!(error.contains("lies on another file: \"b.raw\""), "{error}");
    }

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let folder = folder.canonicalize_utf8().expect("is there");
        let (link, disk) = (folder.join("data.qcow2"), folder.join("large.qcow2"));
        std::os::unix::fs::symlink("large.qcow2", &link).expect("is writable");
        assert_eq!(target(&link, true), link, "leads nowhere");
        std::fs::write(&disk, "").expect("is writable");
        assert_eq!(target(&link, true), disk);
        assert_eq!(target(&link, false), link);
        assert_eq!(target(&folder.join("new"), true), folder.join("new"));
    }
}
