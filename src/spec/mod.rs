//! What the user asked for: a closed mirror of the JSON that Nix evaluation writes.
//!
//! Knows no rules and no defaults: a field that was not said is `None`, so that what is read
//! writes back equal. The rules and defaults are [`crate::plan`]'s.

mod disk;
mod install;
mod json;
mod layer;
mod network;
mod seed;
mod shape;
pub mod step;
#[cfg(test)]
mod tests;
mod walk;
mod windows;
mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use disk::{Bus, Disk, FileSystem, Partition, PartitionKind};
pub use install::{Accel, Compression, Deadlines, Install, Seal};
pub use layer::{LAYER_SCHEMA, LayerDeadlines, LayerInstall, LayerMachine, LayerSpec};
pub use network::{Domain, Interface, Network};
pub use seed::{QemuOptions, UnattendedParams};
#[cfg(feature = "cli")]
pub(crate) use shape::shape_as;
pub use shape::{BYTES_MAX, Shaped, is_of_layer, layer_schema, read, schema, shape, shape_layer};
pub use step::Step;
pub use windows::{Display, RemoteDesktop, Windows};
pub(crate) use words::name_of;

/// The schema that this version reads.
pub const SCHEMA: &str = "lucarne.spec/1";

/// An image, as asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// Always `lucarne.spec/1`.
    pub schema: String,
    /// The image's name, at most 180 characters: part of the derivation's name and of messages.
    pub name: String,
    /// Path of the Windows ISO; `--iso` overrides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows_iso: Option<String>,
    /// Path of the virtio-win ISO; `--virtio-win` overrides it. Needed when a driver is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtio_win_iso: Option<String>,
    /// Which image of `sources/install.wim` to install: its name, what Setup displays for it, its
    /// edition (`Professional`), or its index from 1. Default: the only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<Edition>,
    /// A product key, of 29 characters, which Windows is activated with. Default: none; client
    /// media with licences get the key that Microsoft publishes for their edition, which activates
    /// nothing, for their Setup asks for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_key: Option<String>,
    /// The computer's name, at most 15 bytes. Default: Windows chooses one at random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computer_name: Option<String>,
    /// The time zone, as `tzutil /l` on Windows or IANA names it. Default: `UTC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Who Windows is registered to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Languages, formats and keyboard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// Local accounts by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<BTreeMap<String, User>>,
    /// The built-in Administrator account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub administrator: Option<Administrator>,
    /// Which account is logged on by itself at each start of a machine: one of `users`, or
    /// `Administrator`, with a password in the spec. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_logon: Option<String>,
    /// Whether sysprep generalises Windows at the end of the build, for images that are exported:
    /// each copy then goes through OOBE when it first starts, and has a name and a SID of its own.
    /// Somebody must be able to log on: an account of `users` with a password in the spec, with
    /// Server the Administrator. Nothing goes on top of such an image. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generalize: Option<bool>,
    /// The network, as Windows is told of it while it is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// The domain to belong to. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<Domain>,
    /// Remote Desktop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_desktop: Option<RemoteDesktop>,
    /// Whether `WinRM` listens, in the firewall too. Its service starts with a machine, after its
    /// passwords are set, and not in the build. Server has `PowerShell`'s remoting behind it;
    /// desktops want `Enable-PSRemoting` besides. Default: Windows' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_management: Option<bool>,
    /// The size of the desktop. Default: Windows' choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<Display>,
    /// Switches of Windows. What is not said is left as Windows has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<Windows>,
    /// The system disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<Disk>,
    /// The firmware, and Secure Boot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firmware: Option<Firmware>,
    /// A TPM 2.0. Default: true with UEFI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm: Option<bool>,
    /// Windows 11's checks of the hardware to pass over. Default: none; the machine meets them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bypass_checks: Option<Vec<Check>>,
    /// The machine that installs, and the least that runs the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    /// Drivers of virtio-win to have beside those that the machine's own devices need. Default:
    /// those of every device that QEMU can give a machine, as far as the ISO has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drivers: Option<Vec<String>>,
    /// Folders with drivers of one's own, each with an INF: at most 16, with 1024 files and 256 MiB
    /// in all. The installed Windows has them in its driver store. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_folders: Option<Vec<String>>,
    /// What every image gets unless it is asked otherwise here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defaults: Option<Defaults>,
    /// Settings of the answer file that no option has, by pass, component and path, as Microsoft's
    /// reference names them: a list is a list, a group an attribute set. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_components: Option<ExtraComponents>,
    /// What is done inside Windows once it is installed, in this order within each phase, at most
    /// 1000 steps. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Step>>,
    /// Refused: the Nix half makes steps with `file` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_files: Option<Value>,
    /// Refused: it is of a machine that runs, not of its image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridge_name: Option<Value>,
    /// Refused: the Nix half makes `disk.sizeMib` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_image_size: Option<Value>,
    /// Refused: the Nix half makes a derivation of each; `lucarne layer` does one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<Value>,
    /// Refused: the Nix half makes steps of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_install_script: Option<Value>,
    /// Refused: the Nix half makes steps of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_login_script: Option<Value>,
    /// Refused: the Nix half makes `machine`, `firmware` and `tpm` of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qemu_options: Option<QemuOptions>,
    /// Refused: it is of a machine that runs, not of its image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tap_name: Option<Value>,
    /// Refused: the Nix half makes options of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unattended_params: Option<UnattendedParams>,
    /// How the install runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install: Option<Install>,
    /// How the image is sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
}

/// By pass, component and setting. What stands for a setting is judged with Microsoft's table at
/// hand, which no schema holds.
pub type ExtraComponents = BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>;

/// One image of a WIM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Edition {
    /// Its index, from 1.
    Index(u32),
    /// Its `NAME` in the WIM's XML, its `DISPLAYNAME` or its `EDITIONID`.
    Name(String),
}

/// Who Windows is registered to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Owner {
    /// The person, at most 256 characters. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The company, at most 256 characters. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
}

/// Languages and keyboard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Locale {
    /// The language of Setup and of the desktop; one that the ISO holds. Default: the ISO's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui: Option<String>,
    /// The language of programs without Unicode. Default: `ui`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Formats of dates, numbers and money. Default: `ui`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The keyboard: a locale, or `LLLL:KKKKKKKK`, several joined with `;`. Default: `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
}

/// A local account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// Stands in the store, readable by every user of the host. Default: Setup gets one that is
    /// derived from the spec and thrown away; one that works is set when the machine starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// What the sign-in screen shows. Default: the account's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What the account is for. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Local groups by name, such as `Administrators`. Default: `Users`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
}

/// The built-in Administrator account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Administrator {
    /// Whether anybody can use the account. Default: with a password, and on Server, where it then
    /// has a password that nobody knows until the machine starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
    /// Enables the account with this password, which then stands in the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// The firmware.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Firmware {
    /// UEFI with a GPT disk, or BIOS with an MBR one. Default: `uefi`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<FirmwareKind>,
    /// Whether Secure Boot is on. Default: true with UEFI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure_boot: Option<bool>,
}

/// UEFI with a GPT disk, or BIOS with an MBR one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FirmwareKind {
    Uefi,
    Bios,
}

/// A hardware check of Windows 11's Setup.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Check {
    Tpm,
    SecureBoot,
    Ram,
    Cpu,
    Storage,
}

/// The machine that installs, and the least that runs the image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Machine {
    /// How many cores, from 1 to 255; Windows 11 wants 2. Default: 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
    /// Its memory in MiB, from 2048 to 1048576; Windows 11 wants 4096, Server Core 1024. Default:
    /// 4096.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// QEMU's CPU model. Default: `host` with KVM, `max` with TCG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
}

/// What every image gets unless it is asked otherwise here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Defaults {
    /// Keeps Windows 11 24H2 and later from encrypting C: during the build. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prevent_device_encryption: Option<bool>,
    /// The hardware clock is UTC. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub real_time_is_universal: Option<bool>,
    /// Hibernation and fast start-up are off. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_hibernation: Option<bool>,
    /// Data disks come online on Server too (SAN policy `OnlineAll`). Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online_all_disks: Option<bool>,
    /// Passwords of local accounts never expire. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passwords_never_expire: Option<bool>,
    /// The display never switches off, so that the power button is one press. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_always_on: Option<bool>,
    /// The power button works without a logon. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown_without_logon: Option<bool>,
    /// QEMU's guest agent is installed, from virtio-win's ISO. Default: true where that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_agent: Option<bool>,
}
