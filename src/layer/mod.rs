//! Images as something to lie on: found whole, with everything that they lie on themselves, before
//! anything is put over them.
//!
//! A layer's `disk.qcow2` names the disk below it by its path and holds nothing of it, so whatever
//! changes below a layer breaks it. Its manifest holds the hashes of its base's manifest and disk,
//! and each of them those of the next one down.

mod qcow2;
#[cfg(test)]
pub(crate) mod tests;

use std::io::ErrorKind;

use anyhow::{Context as _, anyhow, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::exec::Command;
use crate::failure::in_own_words;
use crate::machine::files;
use crate::manifest::{Base, Manifest};
use crate::seal::sha256;

#[cfg(feature = "cli")]
pub(crate) use self::qcow2::Foreign;
pub(crate) use self::qcow2::Header;

/// How many images may lie below a layer. QEMU opens each of them, and a read that none of the
/// upper ones answers asks them all.
pub const DEPTH_MAX: u32 = 32;
/// The disk of an image.
pub const DISK: &str = "disk.qcow2";

const AGAIN: &str = "nothing may write to an image; build it again";
const GONE_HINT: &str = "a layer needs what it lies on for as long as it is used: build that again \
     from the same inputs, or the layer too; `lucarne flatten` makes an image that needs nothing";

/// A sealed image in its folder.
#[derive(Clone, Debug)]
pub struct Image {
    folder: Utf8PathBuf,
    pub manifest: Manifest,
    manifest_sha256: String,
}

impl Image {
    /// Reads the manifest of the image in a folder. A link to the folder is followed: a layer must
    /// not hang on it.
    pub fn open(folder: &Utf8Path) -> anyhow::Result<Self> {
        let hint = "name the folder that an install or a layer made";
        let whole = folder.canonicalize_utf8();
        let folder = whole
            .map_err(|error| anyhow!("there is no image `{folder}`: {error}\n\nhint: {hint}"))?;
        let (manifest, text) = Manifest::read_with_text(&folder.join("manifest.json"))?;
        Ok(Self {
            folder,
            manifest,
            manifest_sha256: format!("{:x}", Sha256::digest(text)),
        })
    }

    /// The hash of its manifest, which holds those of all its files.
    #[must_use]
    pub fn manifest_sha256(&self) -> &str {
        &self.manifest_sha256
    }

    #[must_use]
    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    #[must_use]
    pub fn disk(&self) -> Utf8PathBuf {
        self.folder.join(DISK)
    }

    /// The firmware's code and variables, with UEFI.
    #[must_use]
    pub fn firmware(&self) -> Option<(Utf8PathBuf, Utf8PathBuf)> {
        self.manifest.firmware.code_sha256.as_ref()?;
        Some((self.folder.join(files::CODE), self.folder.join(files::VARS)))
    }

    /// Whether it lies on another one.
    #[must_use]
    pub fn is_layer(&self) -> bool {
        self.manifest.inputs.base.is_some()
    }

    /// How many images lie below it, as its manifest says.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.manifest
            .inputs
            .base
            .as_ref()
            .map_or(0, |base| base.depth)
    }

    /// What a layer on it says of it.
    pub fn as_base(&self) -> anyhow::Result<Base> {
        ensure!(
            self.manifest.finish.generalized.is_none(),
            "`{}` is generalised: its next start goes through OOBE, and nothing can be put on top \
             of it\n\nhint: add these steps to the image's own `steps`, or leave `generalize` out",
            self.manifest.name
        );
        let depth = self.depth();
        ensure!(
            depth < DEPTH_MAX,
            "`{}` is a layer over {depth} images, and no more than {DEPTH_MAX} may lie below one\
             \n\nhint: `lucarne flatten` (in Nix `image.flatten`) makes one image of them, to go \
             on from",
            self.manifest.name
        );
        Ok(Base {
            name: self.manifest.name.clone(),
            manifest_sha256: self.manifest_sha256.clone(),
            disk_sha256: self.manifest.disk.sha256.clone(),
            depth: depth + 1,
        })
    }

    /// Whether it and everything that it lies on is what was sealed. Reads all of it.
    pub fn verify(&self, qemu_img: &Utf8Path) -> anyhow::Result<()> {
        let mut image = self.clone();
        for _ in 0..=DEPTH_MAX {
            image.is_whole()?;
            match image.below(qemu_img)? {
                Some(below) => image = below,
                None => return Ok(()),
            }
        }
        bail!("`{}` lies on more than {DEPTH_MAX} images", self.folder)
    }

    /// Whether the files that QEMU opens are there, and the small ones those that were sealed. Of
    /// the disk only its start is looked at.
    pub fn may_start(&self) -> anyhow::Result<()> {
        self.header()?;
        self.is_sealed(self.small())
    }

    /// The files of the firmware, with the hashes that they were sealed with.
    fn small(&self) -> Vec<(&'static str, &str)> {
        let Manifest { firmware, .. } = &self.manifest;
        let files = [
            (files::CODE, &firmware.code_sha256),
            (files::VARS, &firmware.vars_sha256),
        ];
        let files = files.into_iter();
        files
            .filter_map(|(name, hash)| Some((name, hash.as_deref()?)))
            .collect()
    }

    /// Whether its own files are those that were sealed.
    fn is_whole(&self) -> anyhow::Result<()> {
        let mut wanted = self.small();
        wanted.push((DISK, &self.manifest.disk.sha256));
        self.is_sealed(wanted)
    }

    fn is_sealed(&self, files: Vec<(&str, &str)>) -> anyhow::Result<()> {
        for (name, wanted) in files {
            let file = self.folder.join(name);
            let found = sha256(&file).map_err(|error| {
                anyhow!("cannot read `{file}` of the image: {error:#}\n\nhint: {AGAIN}")
            })?;
            ensure!(
                found == wanted,
                "`{file}` is not the file that was sealed: its SHA-256 is {found}, the manifest's \
                 {wanted}\n\nhint: {AGAIN}"
            );
        }
        Ok(())
    }

    /// The start of its disk, which is what its manifest describes and holds its own data. Whoever
    /// made it chose what else it names, which QEMU would open with this user's rights.
    fn header(&self) -> anyhow::Result<Header> {
        let (disk, bytes) = (self.disk(), self.manifest.disk.virtual_bytes);
        let header = Header::read(&disk).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                anyhow!("the image's disk is gone: there is no `{disk}`\n\nhint: {AGAIN}")
            }
            // It may be whole.
            _ => anyhow!("cannot read the image's disk `{disk}`: {error}"),
        })?;
        let what = match header {
            None => "is no qcow2 file".to_owned(),
            Some(header) => match header.foreign {
                Some(foreign) => foreign.as_str().to_owned(),
                None if header.virtual_bytes == bytes => return Ok(header),
                None => format!(
                    "is a disk of {} bytes, and its manifest's has {bytes}",
                    header.virtual_bytes
                ),
            },
        };
        bail!("the image's disk `{disk}` {what}\n\nhint: {AGAIN}")
    }

    /// The image that it lies on, where it does.
    fn below(&self, qemu_img: &Utf8Path) -> anyhow::Result<Option<Self>> {
        let (disk, name) = (self.disk(), &self.manifest.name);
        let above = self.header()?.lies_on_another;
        let below = above.then(|| backing(qemu_img, &disk)).transpose()?;
        let below = below.flatten();
        let (base, place) = match (&self.manifest.inputs.base, below) {
            (None, None) => return Ok(None),
            (Some(base), Some(place)) => (base, place),
            (None, Some(place)) => {
                bail!("`{disk}` hangs on `{place}`, of which its manifest says nothing")
            }
            (Some(base), None) => bail!(
                "`{disk}` stands alone, and its manifest says that it lies on `{}`",
                base.name
            ),
        };
        let folder = place.parent().unwrap_or(&place);
        let said = format!("`{name}` lies on the image `{}` at `{folder}`", base.name);
        let image = Self::open(folder).map_err(|error| {
            let (cause, _) = in_own_words(&error);
            anyhow!("{said}, which is gone: {cause}\n\nhint: {GONE_HINT}")
        })?;
        ensure!(
            place.file_name() == Some(DISK)
                && image.manifest_sha256 == base.manifest_sha256
                && image.manifest.disk.sha256 == base.disk_sha256,
            "{said}, which is another one by now\n\nhint: {GONE_HINT}"
        );
        Ok(Some(image))
    }
}

/// The file that a qcow2 lies on, as it names it.
fn backing(qemu_img: &Utf8Path, disk: &Utf8Path) -> anyhow::Result<Option<Utf8PathBuf>> {
    let info = Command::new(qemu_img)
        .args(["info", "--output=json", "--format=qcow2", disk.as_str()])
        .run()?;
    read_backing(&info.stdout).with_context(|| format!("`qemu-img info` of `{disk}`"))
}

fn read_backing(info: &[u8]) -> anyhow::Result<Option<Utf8PathBuf>> {
    let info: Value = serde_json::from_slice(info).context("it is no JSON")?;
    let text = |key: &str| info.get(key).and_then(Value::as_str);
    let Some(place) = text("backing-filename") else {
        return Ok(None);
    };
    // A relative one would be another file in another folder, and a format that is not named is
    // guessed from what a guest has written.
    ensure!(
        place.starts_with('/'),
        "it lies on `{place}`, which is no absolute path"
    );
    ensure!(
        text("backing-filename-format") == Some("qcow2"),
        "it does not say that what it lies on is qcow2"
    );
    Ok(Some(place.into()))
}
