//! What a machine that runs is asked for: a closed mirror of `lucarne.machine/1`, without rules or
//! defaults, as [`crate::spec`] is of an image's.

mod devices;
mod guest;

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::problem::Problems;
use crate::spec::{Accel, Shaped, shape_as};

pub use devices::{
    Address, Display, ForwardPort, Network, NetworkMode, Protocol, Resolution, Share, Usb, Via,
    Vnc, VncWord,
};
pub use guest::{Account, Certificate, DomainJoin, Guest, Identity, RemoteDesktop, Sid, Ssh};

/// The schema that this version reads.
pub const SCHEMA: &str = "lucarne.machine/1";
/// How to come by one.
const HINT: &str = "`docs/running.md` shows one; `lucarne schema machine` tells its options";

/// A machine, as asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// Always `lucarne.machine/1`.
    pub schema: String,
    /// The machine's name: 1 to 40 small letters, digits and `-`, a letter or digit first.
    pub name: String,
    /// The folder of the image that it runs, as an install, a layer or Nix made it.
    pub image: String,
    /// The virtual hardware. Default: that of the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    /// When the system disk is thrown away. Default: `onStart`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<Reset>,
    /// The system disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_disk: Option<SystemDisk>,
    /// A disk that stays. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_disk: Option<DataDisk>,
    /// How long a TPM keeps its secrets; whether there is one, the image says. Default:
    /// `perInstance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm: Option<Tpm>,
    /// The network. Default: `user`, which needs no rights on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// The screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<Display>,
    /// Whether there is a sound card. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<bool>,
    /// USB devices of the host's to hand over, by their ids, at most 8. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usb: Option<Vec<Usb>>,
    /// PCI devices of the host's to hand over, by their addresses, such as `0000:01:00.0`, at most
    /// 8. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pci: Option<Vec<String>>,
    /// Folders of the host's that the guest sees, at most 8. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shares: Option<Vec<Share>>,
    /// What makes the instance itself. Default: what the image has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// What Windows is told at each start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
    /// When the machine counts as started. Default: `guest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness: Option<Readiness>,
    /// How long Windows may take to shut down, in seconds, from 1 to 86400. Default: 120.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown_timeout_sec: Option<u64>,
    /// Arguments of QEMU's after all others, at most 64. Nothing of them is checked. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_qemu_args: Option<Vec<String>>,
}

/// The virtual hardware.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Machine {
    /// How many cores, from the image's to 255. Default: as many as it was installed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
    /// Its memory in MiB, from the image's to 1048576. Default: as much as it was installed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// QEMU's CPU model. Default: `host` with KVM, `max` with TCG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// How the guest's CPU is run. Default: `kvm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accel: Option<Accel>,
    /// Whether the guest may run machines itself, and Windows its virtualization-based security.
    /// Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nested: Option<bool>,
    /// What the guest's clock starts at, in RFC 3339, UTC. Default: the host's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
}

/// When the system disk is thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Reset {
    /// At each start of the machine.
    OnStart,
    /// At each restart of Windows too.
    OnReboot,
    /// Never: it stays until `lucarne ctl NAME reset`.
    Never,
}

/// The system disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SystemDisk {
    /// What the guest may write to it until it is thrown away, in GiB, from 1 to 65536. Default:
    /// what the host's disk has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size_gib: Option<u64>,
}

/// A disk that stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataDisk {
    /// Its size in GiB, from 1 to 65536. It may grow, and never shrinks.
    pub size_gib: u64,
    /// Its file, an absolute path. Default: `data.qcow2` in the machine's state folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its drive letter, from D to Z. Default: `D`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letter: Option<String>,
    /// Its name in Windows when it is made, at most 32 characters. Default: `Data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// How long a TPM keeps its secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Tpm {
    /// As long as there is the machine.
    PerInstance,
    /// A new one at each start.
    PerStart,
}

/// When a machine counts as started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Readiness {
    /// When the guest said that it is ready.
    Guest,
    /// When it runs.
    Start,
}

/// Reads what can be read of a spec. An error where that is nothing: it is not a JSON object.
pub fn shape(bytes: &[u8]) -> Result<Shaped<Spec>, Problems> {
    shape_as(bytes, &SHAPE, SCHEMA, HINT)
}

/// The JSON Schema of a spec.
#[must_use]
pub fn schema() -> Value {
    SHAPE.clone()
}

/// Made once: it is the same for every spec.
static SHAPE: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(Spec).to_value());
