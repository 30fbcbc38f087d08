//! What a Windows ISO holds, read without root, mount or extraction.

pub mod boot;
#[doc(hidden)]
pub mod hostile;
mod release;
mod setup_files;
mod tree;
mod wim;
mod xml;

use std::os::unix::fs::FileExt as _;

use anyhow::{Context as _, bail, ensure};
use camino::Utf8Path;
use hadris_storage::sync::BlockDevice;
use serde::Serialize;

use crate::optical::{self, Volume};
use crate::regular;
use boot::Boots;
use tree::{Folder, HostFile, Tree};

pub use release::{Kind, Release};
pub use setup_files::EiCfg;
#[doc(hidden)]
pub use xml::images as images_of;

/// Where the images may be: whole, in the stronger compression, or the first part of several.
const INSTALL_FILES: [&str; 3] = ["install.wim", "install.esd", "install.swm"];
/// The folder that they are in.
const SOURCES: &str = "sources";
const EI_CFG: &str = "ei.cfg";
const PID_TXT: &str = "PID.txt";

/// What the files of a Windows ISO are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Files {
    #[default]
    Udf,
    Joliet,
    Iso9660,
    /// A folder that an ISO was unpacked into.
    Directory,
    /// A WIM by itself.
    Wim,
}

/// The facts that planning needs of a Windows ISO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowsIso {
    pub files: Files,
    /// The size; a folder has none.
    pub bytes: Option<u64>,
    /// The volume's label; empty where there is none.
    pub label: String,
    /// The file that the images are in, as the ISO spells it, such as `sources/install.wim`.
    pub install_file: String,
    /// The images of that file, in the order of their indexes.
    pub images: Vec<Image>,
    /// What the boot catalogue offers, in its order.
    pub boot_images: Vec<BootImage>,
    pub boots: Boots,
    /// What `sources/ei.cfg` says, where there is one.
    pub ei_cfg: Option<EiCfg>,
    /// The product key of `sources/PID.txt`, where there is one: nobody is told it.
    pub pid: Option<String>,
    /// Why one of these two is taken as absent, where Setup might read more of it.
    pub passed_over: Vec<String>,
}

/// One entry of the boot catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BootImage {
    /// `bios`, `uefi`, or the platform's number in hexadecimal.
    pub platform: String,
    /// The sector of 2048 bytes where it starts.
    pub sector: u32,
    /// How many sectors of 512 bytes the catalogue says that it has; often 1, and then untrue.
    pub count: u16,
    /// The file of the ISO that holds the same bytes, where there is one.
    pub file: Option<String>,
}

/// One image of `sources/install.wim`, as its XML tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// From 1.
    pub index: u32,
    /// `NAME`: what the answer file selects by. Not always what Setup displays.
    pub name: String,
    pub display_name: Option<String>,
    pub description: Option<String>,
    /// `EDITIONID`, such as `Professional` or `ServerStandard`.
    pub edition_id: Option<String>,
    /// `INSTALLATIONTYPE`: `Client`, `Server`, `Server Core`.
    pub installation_type: Option<String>,
    /// The answer file's word for it: `x86`, `amd64`, `arm64`.
    pub architecture: String,
    /// Major, minor and build, such as 10, 0, 26100.
    pub version: (u32, u32, u32),
    /// `SPBUILD`: the update that it holds, such as 1742.
    pub revision: Option<u32>,
    pub languages: Vec<String>,
    pub default_language: Option<String>,
    /// `TOTALBYTES`, which counts a hard link as often as it occurs.
    pub total_bytes: u64,
    /// `HARDLINKBYTES`.
    pub hard_link_bytes: u64,
    /// Whether it ends working after its trial: it takes no product key.
    pub evaluation: bool,
}

impl Image {
    /// The version with the update, where that is told, such as `10.0.26100.1742`.
    #[must_use]
    pub fn version_text(&self) -> String {
        let (major, minor, build) = self.version;
        let revision = self.revision.map(|revision| format!(".{revision}"));
        format!("{major}.{minor}.{build}{}", revision.unwrap_or_default())
    }
}

/// Reads the facts of a Windows ISO.
pub fn read(path: &Utf8Path) -> anyhow::Result<WindowsIso> {
    let mut volume = optical::open(path)?;
    facts(&mut volume).with_context(|| format!("cannot read `{path}` as a Windows ISO"))
}

/// The same of an open disc.
pub fn facts<D: BlockDevice>(volume: &mut Volume<D>) -> anyhow::Result<WindowsIso> {
    let files = match volume.format() {
        optical::Format::Udf => Files::Udf,
        optical::Format::Joliet => Files::Joliet,
        optical::Format::Iso9660 => Files::Iso9660,
    };
    let mut iso = of_sources(volume)?;
    (iso.boot_images, iso.boots) = boot::images(volume)?;
    iso.files = files;
    iso.label = volume.label();
    iso.bytes = Some(volume.bytes());
    Ok(iso)
}

/// Reads whatever holds a Windows: an ISO, the folder that one was unpacked into, or a WIM by
/// itself. An install takes an ISO alone, which [`read`] is for.
pub fn look(path: &Utf8Path) -> anyhow::Result<WindowsIso> {
    if path.is_dir() {
        let mut folder = Folder::new(path);
        return in_folder(&mut folder)
            .with_context(|| format!("cannot read `{path}` as an unpacked Windows ISO"));
    }
    let cannot = || format!("cannot read `{path}`");
    let file = regular::open(path).with_context(cannot)?;
    let bytes = file.metadata().with_context(cannot)?.len();
    let mut start = [0; 8];
    let read = file.read_at(&mut start, 0).with_context(cannot)?;
    let mut iso = if wim::is_start(&start[..read]) {
        bare(path).with_context(cannot)?
    } else {
        let mut volume = optical::of(file).with_context(cannot)?;
        facts(&mut volume).with_context(|| format!("cannot read `{path}` as a Windows ISO"))?
    };
    iso.bytes = Some(bytes);
    Ok(iso)
}

fn in_folder(folder: &mut Folder) -> anyhow::Result<WindowsIso> {
    let mut iso = of_sources(folder)?;
    iso.boots = boot::in_folder(folder)?;
    iso.files = Files::Directory;
    Ok(iso)
}

/// A WIM, whose folder does not matter; what Setup reads beside one is not looked at.
fn bare(path: &Utf8Path) -> anyhow::Result<WindowsIso> {
    let name = path.file_name().unwrap_or(path.as_str());
    let file = HostFile::new(path, name.to_owned())?;
    let mut folder = Folder::new(path.parent().unwrap_or(path));
    Ok(WindowsIso {
        files: Files::Wim,
        images: windows_images(wim::read(&mut folder, &file)?.images, name)?,
        install_file: name.to_owned(),
        ..WindowsIso::default()
    })
}

/// What the folder `sources` tells. It is listed once: it has a thousand files.
fn of_sources<T: Tree>(tree: &mut T) -> anyhow::Result<WindowsIso> {
    let files = tree.files(SOURCES)?;
    let found = INSTALL_FILES
        .iter()
        .find_map(|name| tree::named::<T>(&files, name));
    let Some(install) = found else {
        let mut names = tree.root_names()?;
        names.sort();
        names.truncate(8);
        bail!(
            "it has no `{SOURCES}/install.wim`, nor one ending in `.esd` or `.swm`; its root \
             holds: {}",
            names.join(", ").escape_debug()
        );
    };
    let path = T::path(install).to_owned();
    let wim = wim::read(tree, install)?;
    // Of a split WIM `install.swm` is the first part, `install2.swm` the second.
    for part in 2..=wim.parts {
        let name = format!("install{part}.swm");
        ensure!(
            tree::named::<T>(&files, &name).is_some(),
            "`{path}` is the first of {} parts, and `{SOURCES}/{name}` is missing",
            wim.parts
        );
    }
    let mut passed_over = Vec::new();
    Ok(WindowsIso {
        images: windows_images(wim.images, &path)?,
        install_file: path,
        ei_cfg: small(tree, &files, EI_CFG, setup_files::ei_cfg, &mut passed_over)?,
        pid: small(tree, &files, PID_TXT, setup_files::pid, &mut passed_over)?.flatten(),
        passed_over,
        ..WindowsIso::default()
    })
}

/// There is an image, and each is a Windows. Microsoft's ESDs hold Setup's own files and two
/// Windows PE beside it, which nobody installs; the others keep their indexes.
fn windows_images(mut images: Vec<Image>, file: &str) -> anyhow::Result<Vec<Image>> {
    ensure!(!images.is_empty(), "`{file}` holds no image");
    if images.iter().any(is_installed) {
        images.retain(is_installed);
    }
    // A WIM may hold anything; what is no Windows has no architecture.
    if let Some(other) = images.iter().find(|image| image.architecture.is_empty()) {
        bail!(
            "image {} of `{file}` is no Windows: it has no architecture",
            other.index
        );
    }
    Ok(images)
}

/// Whether an image is one that Setup installs.
fn is_installed(image: &Image) -> bool {
    let kind = image.installation_type.as_deref().unwrap_or_default();
    !image.architecture.is_empty() && !kind.eq_ignore_ascii_case("WindowsPE")
}

/// Reads a small file, where there is one. Whoever made the ISO may have written one that Setup
/// reads in its own way: that is no reason to read nothing of the ISO.
fn small<T: Tree, V>(
    tree: &mut T,
    files: &[T::File],
    name: &str,
    parse: impl FnOnce(&[u8]) -> anyhow::Result<V>,
    passed_over: &mut Vec<String>,
) -> anyhow::Result<Option<V>> {
    let Some(file) = tree::named::<T>(files, name) else {
        return Ok(None);
    };
    let path = T::path(file).escape_debug();
    let bytes = T::bytes(file);
    if bytes > setup_files::BYTES_MAX {
        let most = setup_files::BYTES_MAX;
        passed_over.push(format!("`{path}` has {bytes} bytes, more than {most}"));
        return Ok(None);
    }
    let parsed = parse(&tree.read(file, setup_files::BYTES_MAX)?);
    let told = parsed.map_err(|error| passed_over.push(format!("`{path}`: {error:#}")));
    Ok(told.ok())
}

#[cfg(test)]
mod tests;
