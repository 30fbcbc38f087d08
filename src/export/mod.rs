//! An image for engines that are not ours: its disk in their format, and texts that tell them the
//! machine that Windows was installed in.
//!
//! Equal images give equal bytes in every format, whatever a converter draws at random.

mod common;
mod facts;
pub mod incus;
pub mod libvirt;
pub mod lima;
mod make;
pub mod manifests;
mod oci;
pub mod proxmox;
mod sound;
mod tarball;
#[cfg(test)]
mod tests;
mod vhdx;
mod vmdk;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use sha2::{Digest as _, Sha256};

use crate::problem::{Problem, Problems, operand};
use crate::spec::Bus;

pub use facts::{Facts, Text, files};
pub use make::{facts, make};

/// What an image can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The disk alone, as long as it is, with holes.
    Raw,
    /// The disk alone, on nothing.
    Qcow2,
    /// The disk alone, for whoever reads Hyper-V's.
    Vhdx,
    /// The disk alone, for whoever reads VMware's.
    Vmdk,
    /// A split image: `incus image import incus.tar disk.qcow2`.
    Incus,
    /// A containerDisk and its manifests.
    Kubevirt,
    /// A domain.
    Libvirt,
    /// A template.
    Lima,
    /// A machine's configuration.
    Proxmox,
}

impl Format {
    pub const ALL: [Self; 9] = [
        Self::Raw,
        Self::Qcow2,
        Self::Vhdx,
        Self::Vmdk,
        Self::Incus,
        Self::Kubevirt,
        Self::Libvirt,
        Self::Lima,
        Self::Proxmox,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Qcow2 => "qcow2",
            Self::Vhdx => "vhdx",
            Self::Vmdk => "vmdk",
            Self::Incus => "incus",
            Self::Kubevirt => "kubevirt",
            Self::Libvirt => "libvirt",
            Self::Lima => "lima",
            Self::Proxmox => "proxmox",
        }
    }

    /// What the engine's machines have a disk on, of what an image may hang on; `None` where the
    /// format is a file's alone, and no machine's.
    ///
    /// Sources: KubeVirt's `disk.bus` (virtio, scsi, sata), Incus' `io.bus` (virtio-scsi,
    /// virtio-blk, nvme), qm(1) (scsi, virtio, sata), libvirt's `target` (nvme only since 11.5),
    /// and Lima's QEMU driver, which has virtio-blk alone.
    #[must_use]
    pub fn buses(self) -> Option<&'static [Bus]> {
        match self {
            Self::Raw | Self::Qcow2 | Self::Vhdx | Self::Vmdk => None,
            Self::Incus => Some(&[Bus::VirtioScsi, Bus::VirtioBlk, Bus::Nvme]),
            Self::Kubevirt | Self::Libvirt | Self::Proxmox => {
                Some(&[Bus::VirtioScsi, Bus::VirtioBlk, Bus::Sata])
            }
            Self::Lima => Some(&[Bus::VirtioBlk]),
        }
    }

    /// An image's facts in this format: with the bus that the engine's disk hangs on, the image's
    /// own where the engine has it, else another that Windows starts from.
    pub fn facts(self, mut image: Facts) -> Result<Facts, Problems> {
        let Some(buses) = self.buses() else {
            return Ok(image);
        };
        let mut usable = image.starts_from.iter().filter(|bus| buses.contains(bus));
        if let Some(bus) = usable.next() {
            image.bus = *bus;
            return Ok(image);
        }
        let what = format!(
            "the Windows of `{}` starts from {}, and `{}` has no such disk",
            image.name,
            words(&image.starts_from),
            self.as_str()
        );
        let hint = format!(
            "install it with {}, or with `virtioWinIso`: its drivers start from both buses of \
             virtio's",
            words(buses)
        );
        Err(Problems(vec![Problem::new("disk.bus", what).hint(hint)]))
    }

    /// What is worth a word, and stops nothing.
    #[must_use]
    pub fn notes(self, image: &Facts) -> Vec<Problem> {
        let mut notes = Vec::new();
        let bus = image.bus.as_str();
        let foreign = match self {
            Self::Vhdx => Some("Hyper-V's machines have"),
            // Theirs are AHCI and NVMe too.
            Self::Vmdk if !matches!(image.bus, Bus::Sata | Bus::Nvme) => {
                Some("VMware's machines have")
            }
            _ => None,
        };
        if let Some(whose) = foreign {
            let what = format!(
                "`{}` is installed on `{bus}`, and {whose} no such disk: the file is for tools \
                 that read it",
                image.name
            );
            let hint = "for its machines install the image there, with drivers of their own";
            notes.push(Problem::new("disk.bus", what).hint(hint));
        }
        if image.generalized {
            let what = format!(
                "`{}` is generalised: its next start begins with OOBE",
                image.name
            );
            notes.push(Problem::new("generalize", what));
        }
        if image.installed_on != image.bus {
            let what = format!(
                "`{}` is installed on `{}`, and `{}` gives it a disk on `{bus}`, whose driver \
                 starts with the kernel too",
                image.name,
                image.installed_on.as_str(),
                self.as_str()
            );
            notes.push(Problem::new("disk.bus", what));
        }
        notes
    }

    /// Whether QEMU's own firmware goes with the disk: where the engine takes the user's.
    fn has_firmware(self) -> bool {
        matches!(self, Self::Raw | Self::Qcow2 | Self::Libvirt)
    }

    /// The texts that go with the disk.
    #[must_use]
    pub fn texts(self, image: &Facts) -> Vec<Text> {
        match self {
            Self::Raw | Self::Qcow2 | Self::Vhdx | Self::Vmdk => Vec::new(),
            Self::Incus => incus::texts(image),
            Self::Kubevirt => manifests::texts(image),
            Self::Libvirt => libvirt::texts(image),
            Self::Lima => lima::texts(image),
            Self::Proxmox => proxmox::texts(image),
        }
    }
}

/// Bytes that are an image's own, for what a format wants to be drawn at random.
fn own_bytes(format: &str, what: &str, digest: &[u8; 32]) -> [u8; 16] {
    let hash = Sha256::new()
        .chain_update(format!("{format}:{what}:"))
        .chain_update(digest)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes
}

/// Buses for a message.
fn words(buses: &[Bus]) -> String {
    let words: Vec<_> = buses.iter().map(|bus| operand(bus.as_str())).collect();
    words.join(" or ")
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}
