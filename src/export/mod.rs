//! An image for engines that are not ours: its disk in their format, and texts that tell them the
//! machine that Windows was installed in.
//!
//! Equal images give equal bytes in every format, whatever a converter draws at random.

mod facts;
pub mod libvirt;
pub mod lima;
pub mod manifests;
pub mod proxmox;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::problem::{Problem, Problems, operand};
use crate::spec::Bus;

pub use facts::{Facts, Text, files};

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

    /// The texts that go with the disk.
    #[must_use]
    pub fn texts(self, image: &Facts) -> Vec<Text> {
        match self {
            Self::Raw | Self::Qcow2 | Self::Vhdx | Self::Vmdk | Self::Incus => Vec::new(),
            Self::Kubevirt => manifests::texts(image),
            Self::Libvirt => libvirt::texts(image),
            Self::Lima => lima::texts(image),
            Self::Proxmox => proxmox::texts(image),
        }
    }
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
