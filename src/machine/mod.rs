//! The virtual hardware, as data. Installing and running build it here, so the two cannot drift.
//!
//! Where everything sits, in an install and in a run alike. Windows names devices by their place,
//! and a device at a new place is a new device with a driver to install, at each throw-away start:
//!
//! | place | device |
//! |---|---|
//! | 00:01.0 | VGA |
//! | 00:02.0 | NIC; while installing its link is down |
//! | 00:03.0 | the system disk's controller, unless that is the AHCI one |
//! | 00:04.0 | root port, empty while installing: the data disk of a virtio-blk machine |
//! | 00:05.0 | virtio-rng |
//! | 00:06.0 | USB 3: port 1 a tablet, so that a remote pointer is where it seems to be; 2 and 3 |
//! |         | SPICE's redirections, 4 to 15 the host's devices, where a run asks for them |
//! | 00:07.0 | virtio-serial: port 1 the guest agent's, port 2 SPICE's where a run asks for it |
//! | 00:08.0 | sound, where a run asks for it |
//! | 00:09.x | root ports of shared folders, as many as a run asks for |
//! | 00:0a.x | root ports of the host's PCI devices, as many as a run asks for |
//! | 00:1f.2 | AHCI: CD on port 0 (Windows, later empty), CD on port 1 (answer ISO, at a run the |
//! |         | configuration), port 2 the system disk of a SATA machine, port 3 the data disk of |
//! |         | a machine without virtio; with virtio-scsi that is target 1 of 00:03.0 |
//! | ISA | COM1 (firmware and events), COM2 (the user's), pvpanic; TPM (CRB), VM generation id |
//!
//! While installing no second disk is there at all, only its empty place: the answer file's
//! `DiskID` 0 is the system disk because nothing else is a disk.
//!
//! What a run asks for beyond that is new to the image's Windows at each throw-away start. It has
//! a place of its own, which hangs on nothing else that is asked for, and never moves a fixed one.
//!
//! # What is the image's, what the instance's
//!
//! * The UUID and the serial numbers of disks are the image's, as the place of each device is.
//!   Activation and programs that are licensed by machine hang on the UUID, and take another one
//!   for another computer (Parallels/vagrant-parallels#113, apache/cloudstack#8261), which would
//!   be so at each throw-away start. Who tells many instances apart by it gives each its own with
//!   `-uuid` as an extra argument: QEMU takes the last.
//! * The MAC is the instance's, made of its name where none is given: ten machines of one image
//!   may share a network. Windows knows the card by its place, so no other one appears.
//! * The generation id is new at each start that threw the system disk away, and stays while the
//!   disk does: it tells Windows that it was copied back in time, and nothing else.

mod args;
mod cpu;
#[cfg(feature = "cli")]
pub mod run;
#[cfg(test)]
mod tests;

pub use args::args;
#[cfg(feature = "cli")]
pub(crate) use cpu::plain_enlightenments;
pub use cpu::{Facts, Nested, VIRTUALISATION, enlightenments};

use sha2::{Digest as _, Sha256};

use crate::manifest::Manifest;
use crate::plan::{Firmware, LayerPlan, Plan};
use crate::spec::{Bus, FirmwareKind};

/// The machine type: the oldest that every supported QEMU has (9.0 and later), pinned so that a
/// newer QEMU shows Windows the hardware that it was installed on.
pub const TYPE: &str = "pc-q35-9.0";

/// How the guest's CPU is run, decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accel {
    Kvm,
    Tcg,
}

impl Accel {
    /// QEMU's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
        }
    }
}

/// What the machine is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// CDs may start; the disk trades safety at a host's power cut for speed.
    Install,
    /// The same, and no CD starts.
    Layer,
    Run,
}

/// A file behind a disk or a CD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medium {
    /// `raw` or `qcow2`.
    pub format: &'static str,
    /// Its path, relative to the work folder, which is QEMU's current folder.
    pub file: String,
}

impl Medium {
    /// A file as it is.
    #[must_use]
    pub fn raw(file: impl Into<String>) -> Self {
        Self {
            format: "raw",
            file: file.into(),
        }
    }

    /// A qcow2 file, over another or not.
    #[must_use]
    pub fn qcow2(file: impl Into<String>) -> Self {
        Self {
            format: "qcow2",
            file: file.into(),
        }
    }
}

/// One machine. File and socket names are fixed (see [`files`]) or relative to the work folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// What QEMU calls it, for people who look at processes.
    pub name: String,
    /// What its UUID is made from.
    pub identity: String,
    /// QEMU's machine type: Windows sees the hardware that it was installed on.
    pub kind: String,
    pub phase: Phase,
    pub accel: Accel,
    /// QEMU's CPU model with its switches.
    pub cpu: String,
    pub cores: u32,
    pub memory_mib: u64,
    pub firmware: Firmware,
    pub tpm: bool,
    pub bus: Bus,
    pub disk: Medium,
    /// The CDs on AHCI ports 0 and 1; `None` is a drive without a medium.
    pub cds: [Option<Medium>; 2],
    /// What the clock starts at, in UTC; `None` is the host's.
    pub clock: Option<String>,
    pub mac: String,
    /// Whether the guest's disk was copied back in time since it last ran.
    pub rewound: bool,
    pub filling: Filling,
}

/// What a run puts into the places that an install leaves empty, as parts of QEMU's arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filling {
    /// The NIC's other end, whose id is `net`.
    pub net: String,
    /// Switches of the board and of the screen, each behind a comma.
    pub board: String,
    pub screen: String,
    /// Whole options, behind all others.
    pub rest: Vec<String>,
}

impl Default for Filling {
    fn default() -> Self {
        Self {
            // A hub with nothing else on it: the driver is bound, Setup sees no network.
            net: "hubport,id=net,hubid=0".to_owned(),
            board: String::new(),
            screen: String::new(),
            rest: Vec::new(),
        }
    }
}

/// The names in the work folder that the arguments use, short because a socket's path is bounded.
pub mod files {
    pub const CODE: &str = "code.fd";
    pub const VARS: &str = "vars.fd";
    pub const DISK: &str = "disk.raw";
    /// The same over an image's.
    pub const OVERLAY: &str = "disk.qcow2";
    /// The CD of a run.
    pub const CONFIG: &str = "config.iso";
    /// QMP: the helper listens, QEMU connects, so neither waits for the other.
    pub const QMP: &str = "qmp.sock";
    /// COM1: the helper listens.
    pub const COM1: &str = "com1.sock";
    /// COM2: QEMU listens, for whoever wants the guest's console. An install logs it.
    pub const COM2: &str = "com2.sock";
    /// The guest agent's port: QEMU listens.
    pub const AGENT: &str = "agent.sock";
    /// swtpm's control channel: it listens on a socket that the helper made.
    pub const TPM: &str = "tpm.sock";
}

/// Names in the machine that QMP commands and firmware lines refer to.
pub mod ids {
    /// The CD drive on AHCI port 0.
    pub const WINDOWS_CD: &str = "cd0";
    /// The CD drive on AHCI port 1.
    pub const ANSWER_CD: &str = "cd1";
    /// The block node of the medium in the CD drive on AHCI port 0.
    pub const WINDOWS_MEDIUM: &str = "cd0-medium";
    /// The block node of the system disk.
    pub const SYSTEM: &str = "system";
    /// The block node of the data disk.
    pub const DATA: &str = "data";
    /// The NIC.
    pub const NIC: &str = "nic0";
    /// How the firmware names the place of both CD drives, up to the port.
    pub const CD_PLACE: &str = "PciRoot(0x0)/Pci(0x1F,0x2)/Sata(";
    /// The AHCI ports of the CD drives.
    pub const CD_PORTS: [u32; 2] = [0, 1];
}

impl Machine {
    /// The machine of an install, with what was asked of QEMU and the Windows and
    /// answer CDs.
    #[must_use]
    pub fn install(plan: &Plan, accel: Accel, facts: &Facts, cds: [Medium; 2]) -> Self {
        Self {
            name: plan.name.clone(),
            identity: plan.name.clone(),
            kind: TYPE.to_owned(),
            phase: Phase::Install,
            accel,
            cpu: facts.cpu(accel, plan.machine.cpu.as_deref(), Nested::Off),
            cores: plan.machine.cores,
            memory_mib: plan.machine.memory_mib,
            firmware: plan.firmware,
            tpm: plan.tpm,
            bus: plan.disk.bus,
            disk: Medium::raw(files::DISK),
            cds: cds.map(Some),
            clock: plan.install.clock.clone(),
            mac: mac(&plan.name),
            rewound: false,
            filling: Filling::default(),
        }
    }

    /// The machine of a layer: the base's own, with the layer's CD.
    #[must_use]
    pub fn layer(
        plan: &LayerPlan,
        base: &Manifest,
        accel: Accel,
        facts: &Facts,
        answer: Medium,
        clock: Option<String>,
    ) -> Self {
        let (said, least) = (&plan.machine, &base.machine);
        Self {
            name: least.identity.clone(),
            identity: least.identity.clone(),
            kind: TYPE.to_owned(),
            phase: Phase::Layer,
            accel,
            cpu: facts.cpu(accel, said.cpu.as_deref(), Nested::Off),
            cores: said.cores.unwrap_or(least.min_cores),
            memory_mib: said.memory_mib.unwrap_or(least.min_memory_mib),
            firmware: firmware_of(base),
            tpm: least.tpm,
            bus: base.disk.bus,
            disk: Medium::qcow2(files::OVERLAY),
            cds: [None, Some(answer)],
            clock,
            mac: mac(&least.identity),
            rewound: false,
            filling: Filling::default(),
        }
    }

    /// What the guest takes for another one when its disk is another copy.
    fn generation(&self) -> String {
        if self.rewound {
            // QEMU makes one at random.
            "auto".to_owned()
        } else {
            self.uuid("generation")
        }
    }

    /// A UUID that is the identity's.
    fn uuid(&self, what: &str) -> String {
        uuid(what, &self.identity)
    }
}

/// A UUID that is an identity's: fixed, so that equal specs start equal machines.
fn uuid(what: &str, identity: &str) -> String {
    let hash = Sha256::digest(format!("{what}:{identity}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    // Version 8 (made by whoever knows how) of RFC 9562's variant.
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

/// A MAC in QEMU's own range that is a name's.
fn mac(name: &str) -> String {
    let hash = Sha256::digest(format!("mac:{name}"));
    format!("52:54:00:{:02x}:{:02x}:{:02x}", hash[0], hash[1], hash[2])
}

/// The firmware that an image was installed with.
fn firmware_of(image: &Manifest) -> Firmware {
    match image.firmware.kind {
        FirmwareKind::Uefi => Firmware::Uefi {
            secure_boot: image.firmware.secure_boot,
        },
        FirmwareKind::Bios => Firmware::Bios,
    }
}
