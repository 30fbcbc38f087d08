//! Makes an export's folder.

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};

use super::{Facts, Format, files, incus, oci, sound, vhdx, vmdk};
use crate::exec::Command;
use crate::failure::Failure;
use crate::layer::Image;
use crate::nix_log;
use crate::regular;
use crate::seal::flatten;

/// An image's facts in a format, or why it cannot have that format, or is none.
pub fn facts(format: Format, image: &Image) -> Result<Facts, Failure> {
    sound::check(&image.manifest)?;
    let facts = Facts::new(&image.manifest, image.manifest_sha256());
    Ok(format.facts(facts)?)
}

/// Writes an image in a format into an existing, empty folder: the disk, what belongs to it, and
/// last `machine.json`. Equal images give equal bytes.
pub fn make(
    format: Format,
    image: &Image,
    qemu_img: &Utf8Path,
    out: &Utf8Path,
    deadline: Duration,
) -> Result<(), Failure> {
    let facts = facts(format, image)?;
    for note in format.notes(&facts) {
        nix_log::say(&format!("warning: {}", note.with_hint()));
    }
    image.verify(qemu_img)?;
    Making {
        image,
        qemu_img,
        out,
        deadline,
        facts: &facts,
    }
    .all(format)?;
    Ok(())
}

struct Making<'a> {
    image: &'a Image,
    qemu_img: &'a Utf8Path,
    out: &'a Utf8Path,
    deadline: Duration,
    facts: &'a Facts,
}

impl Making<'_> {
    fn all(&self, format: Format) -> anyhow::Result<()> {
        self.disk(format)?;
        if format.has_firmware()
            && let Some((code, vars)) = self.image.firmware()
        {
            self.copy(&code, files::CODE)?;
            self.copy(&vars, files::VARS)?;
        }
        for (name, text) in format.texts(self.facts) {
            self.write(&name, text.as_bytes())?;
        }
        self.write(files::FACTS, self.facts.to_json().as_bytes())
    }

    fn disk(&self, format: Format) -> anyhow::Result<()> {
        match format {
            Format::Raw => self.convert("raw", files::RAW),
            Format::Vhdx => {
                self.convert("vhdx", files::VHDX)?;
                self.settle(files::VHDX, vhdx::settle)
            }
            Format::Vmdk => {
                self.convert("vmdk", files::VMDK)?;
                self.settle(files::VMDK, vmdk::settle)
            }
            Format::Incus => {
                self.qcow2()?;
                self.write(files::INCUS, &incus::archive(self.facts)?)
            }
            Format::Kubevirt => self.container_disk(),
            Format::Qcow2 | Format::Libvirt | Format::Lima | Format::Proxmox => self.qcow2(),
        }
    }

    /// An image's own disk, or the chain's as one.
    fn qcow2(&self) -> anyhow::Result<()> {
        if !self.image.is_layer() {
            return self.copy(&self.image.disk(), files::QCOW2);
        }
        flatten::disk(self.image, self.qemu_img, self.out, self.deadline)?;
        writable(&self.out.join(files::QCOW2))
    }

    /// The disk goes from where it is into the archive. Only a chain's is written twice.
    fn container_disk(&self) -> anyhow::Result<()> {
        let chain = self.image.is_layer();
        if chain {
            self.qcow2()?;
        }
        let own = self.out.join(files::QCOW2);
        let disk = if chain {
            own.clone()
        } else {
            self.image.disk()
        };
        let cannot = || format!("cannot read `{disk}`");
        let mut file = regular::open(&disk).with_context(cannot)?;
        let length = file.metadata().with_context(cannot)?.len();
        let (place, mut archive) = self.begin(files::CONTAINER_DISK)?;
        oci::archive(self.facts, (&mut file, length), &mut archive)
            .with_context(|| format!("cannot write `{place}`"))?;
        if chain {
            fs::remove_file(&own).with_context(|| format!("cannot remove `{own}`"))?;
        }
        writable(&place)
    }

    /// `-W` is left out: it writes blocks in the order in which they are ready.
    fn convert(&self, format: &str, name: &str) -> anyhow::Result<()> {
        let absolute = |path: &Utf8Path| camino::absolute_utf8(path).context("no current folder");
        let (from, to) = (
            absolute(&self.image.disk())?,
            absolute(&self.out.join(name))?,
        );
        Command::new(self.qemu_img)
            .args(["convert", "-f", "qcow2", "-O", format])
            .args([from.as_str(), to.as_str()])
            .deadline(self.deadline)
            .run()?;
        writable(&to)
    }

    /// Puts the image's own numbers where the converter drew some at random.
    fn settle(
        &self,
        name: &str,
        settle: fn(&mut File, &[u8; 32]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let place = self.out.join(name);
        let settled = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&place)
            .map_err(Into::into)
            .and_then(|mut file| settle(&mut file, &Sha256::digest(&self.facts.digest).into()));
        settled.with_context(|| format!("what `qemu-img` wrote to `{place}`"))
    }

    fn begin(&self, name: &str) -> anyhow::Result<(Utf8PathBuf, File)> {
        let place = self.out.join(name);
        let file = File::create(&place).with_context(|| format!("cannot make `{place}`"))?;
        Ok((place, file))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let place = self.out.join(name);
        fs::write(&place, bytes).with_context(|| format!("cannot write `{place}`"))?;
        writable(&place)
    }

    fn copy(&self, from: &Utf8Path, name: &str) -> anyhow::Result<()> {
        let place = self.out.join(name);
        fs::copy(from, &place).with_context(|| format!("cannot copy `{from}` to `{place}`"))?;
        writable(&place)
    }
}

/// Whoever exported it starts from it, which nobody does from an image.
fn writable(path: &Utf8Path) -> anyhow::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o644))
        .with_context(|| format!("cannot make `{path}` writable"))
}
