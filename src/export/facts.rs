//! What an export says of the machine: the manifest's facts, in one place for every text.

use serde::Serialize;

use crate::machine::{self, plain_enlightenments, run};
use crate::manifest::Manifest;
use crate::spec::{Bus, FirmwareKind};

/// A file's name and its text.
pub type Text = (String, String);

/// The names that an export's files have, each where its format has that file.
pub mod files {
    /// The disk as qcow2, which lies on nothing.
    pub const QCOW2: &str = "disk.qcow2";
    pub const RAW: &str = "disk.raw";
    pub const VHDX: &str = "disk.vhdx";
    pub const VMDK: &str = "disk.vmdk";
    /// OVMF's code and its variables, a pair: only with UEFI.
    pub use crate::machine::files::{CODE, VARS};
    /// `incus image import` takes this and the qcow2.
    pub const INCUS: &str = "incus.tar";
    /// The OCI archive that holds the qcow2 in `/disk`.
    pub const CONTAINER_DISK: &str = "containerdisk.tar";
    /// [`super::Facts`], for programs.
    pub const FACTS: &str = "machine.json";
}

/// The facts of an image's machine. Its network card is always virtio's (`virtio-net-pci`, modern),
/// its board QEMU's q35, its clock UTC, and the guest agent's channel `org.qemu.guest_agent.0`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// The image's name: 1 to 180 letters, digits and `+-._?=`.
    pub name: String,
    /// What the machine's UUID is made from; see [`crate::manifest::Machine::identity`].
    pub identity: String,
    /// What Windows knows the machine by. To another one Windows would be a copy.
    pub uuid: String,
    /// QEMU's machine type, such as `pc-q35-9.0`.
    pub machine_type: String,
    pub firmware: FirmwareKind,
    pub secure_boot: bool,
    /// Whether it had a TPM 2.0, on the CRB interface.
    pub tpm: bool,
    /// What the system disk hangs on in the format: what it was installed on, where that has it.
    pub bus: Bus,
    pub installed_on: Bus,
    /// What Windows starts from: first what it was installed on. Drivers of virtio-win's were made
    /// to start with the kernel, both of them, whatever the disk hung on.
    pub starts_from: Vec<Bus>,
    /// The size of the system disk.
    pub virtual_bytes: u64,
    /// The least that runs it.
    pub cores: u32,
    pub memory_mib: u64,
    /// The Hyper-V enlightenments that a run asks for where the host has them, by QEMU's names
    /// (`hv-relaxed`), each behind what it needs.
    pub hyperv: Vec<&'static str>,
    /// Such as `Windows 11 Pro`.
    pub edition: String,
    /// `Client`, `Server`, `Server Core`, where the WIM says it.
    pub installation_type: Option<String>,
    /// Such as `10.0.26100`, and its last part.
    pub version: String,
    pub build: u32,
    /// `x86`, `amd64`, `arm64`.
    pub architecture: String,
    pub languages: Vec<String>,
    /// Whether sysprep generalised it: its next start begins with OOBE.
    pub generalized: bool,
    /// When the image was sealed: RFC 3339, UTC.
    pub sealed_at: String,
    /// SHA-256 of the image's manifest, which holds the hashes of all its files.
    pub digest: String,
}

impl Facts {
    /// The facts of an image's manifest.
    #[must_use]
    pub fn new(image: &Manifest, manifest_sha256: &str) -> Self {
        Self {
            name: image.name.clone(),
            identity: image.machine.identity.clone(),
            uuid: run::uuid(image),
            machine_type: image.machine.kind.clone(),
            firmware: image.firmware.kind,
            secure_boot: image.firmware.secure_boot,
            tpm: image.machine.tpm,
            bus: image.disk.bus,
            installed_on: image.disk.bus,
            starts_from: starts_from(image),
            virtual_bytes: image.disk.virtual_bytes,
            cores: image.machine.min_cores,
            memory_mib: image.machine.min_memory_mib,
            hyperv: plain_enlightenments().collect(),
            edition: image.windows.edition.clone(),
            installation_type: image.windows.installation_type.clone(),
            version: image.windows.version.clone(),
            build: image.windows.build,
            architecture: image.windows.architecture.clone(),
            languages: image.windows.languages.clone(),
            generalized: image.finish.generalized.is_some(),
            sealed_at: image.sealed_at.clone(),
            digest: manifest_sha256.to_owned(),
        }
    }

    /// A MAC in QEMU's own range for a machine of a name, the same each time.
    #[must_use]
    pub fn mac(&self, machine: &str) -> String {
        machine::run::own_mac(&self.identity, machine)
    }

    /// The file's bytes: pretty JSON and a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self)
            .unwrap_or_else(|error| unreachable!("plain data with string keys: {error}"));
        json.push('\n');
        json
    }
}

/// The buses whose drivers start with Windows' kernel. Windows has drivers of AHCI and NVMe too,
/// but puts `StartOverride` beside those that it did not start from at first.
fn starts_from(image: &Manifest) -> Vec<Bus> {
    let virtio = [Bus::VirtioScsi, Bus::VirtioBlk].into_iter();
    let virtio = virtio.filter(|_| image.inputs.virtio_win_iso.is_some());
    let others = virtio.filter(|bus| *bus != image.disk.bus);
    std::iter::once(image.disk.bus).chain(others).collect()
}
