//! What will be done: the spec checked against the real media. Nothing after it re-checks.

mod accounts;
mod addresses;
mod disk;
mod domain;
mod drivers;
mod edition;
mod extra;
mod findings;
mod generalize;
mod groups;
mod install;
mod key;
mod layer;
mod layout;
mod locales;
mod logon;
mod minimum;
mod names;
mod network;
mod partitions;
mod passwords;
mod rules;
mod secure_boot;
mod show;
mod steps;
mod system;
mod tables;
mod windows;

use std::fmt;

use lucarne_protocol::step::Steps;
use serde::Serialize;

use crate::problem::{Problem, Problems};
use crate::spec::{Accel, Check, Compression, Shaped, Spec};
use crate::unattend::Pass;
use crate::virtio_win::VirtioWin;
use crate::windows_iso::boot::Foreseen;
use crate::windows_iso::{Image, WindowsIso};

#[cfg(feature = "cli")]
pub(crate) use disk::SIZE_MIB_MAX as DISK_MIB_MAX;
pub use domain::OfflineJoin;
pub(crate) use drivers::OF_DISKS;
#[cfg(feature = "cli")]
pub(crate) use findings::Findings;
#[cfg(feature = "cli")]
pub(crate) use install::{CORES_MAX, MEMORY_MIB_MAX, clock, cpu_model};
#[cfg(feature = "cli")]
pub(crate) use layer::at_starts;
pub use layer::{LayerMachine, LayerPlan, layer, layer_payloads};
pub use layout::{Disk, FileSystem, Firmware, Partition, Role};
#[cfg(feature = "cli")]
pub(crate) use names::{check_computer_name, wrong_image_name};
pub use network::{Interface, Network};
#[cfg(feature = "cli")]
pub(crate) use network::{interface, mac};
pub use steps::{Contents, Host, HostKind, Payload};
pub(crate) use steps::{TEXT_MAX, Unreadable, cmd_script, power_shell_script, wrong_part};
pub use windows::{Display, RemoteDesktop, Windows};

/// The one architecture whose firmware, machine and drivers are here.
const ARCHITECTURE: &str = "amd64";

/// What a plan is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// Media and images, of the one architecture that they are built for.
    #[default]
    Install,
    /// An answer file alone, of any architecture that Windows has.
    Answer,
    /// More steps on top of an image.
    Layer,
}

/// What is known of the real media. `None` where a file was not read: what hangs on it is then
/// not checked, and an answer file can still be written when the spec says edition and language.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    pub windows: Option<&'a WindowsIso>,
    pub virtio_win: Option<&'a VirtioWin>,
    /// What the firmware will do with the Windows ISO, where its variables are at hand.
    pub boot: Option<&'a Foreseen>,
    pub purpose: Purpose,
}

/// Plans a spec, or tells every problem that it has.
pub fn plan(spec: &Spec, facts: &Facts<'_>) -> Result<Plan, Problems> {
    check(
        &Shaped {
            spec: spec.clone(),
            problems: Vec::new(),
        },
        facts,
    )
}

/// The same for a spec that was read in parts: its problems of shape, and those of the rules over
/// the parts that could be read.
pub fn check(shaped: &Shaped, facts: &Facts<'_>) -> Result<Plan, Problems> {
    rules::check(shaped, facts)
}

/// The files that a spec's steps need, whatever else is wrong with it.
#[must_use]
pub fn payloads(shaped: &Shaped, facts: &Facts<'_>) -> Vec<Payload> {
    rules::payloads(shaped, facts)
}

/// An install, decided. Every default is resolved, every rule has been applied.
///
/// Serialised as `plan.json` for people and tests; passwords stay out of it, and nothing reads it
/// back: planning is pure, so whoever has the spec and the media plans again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Always `lucarne.plan/1`.
    pub schema: &'static str,
    pub name: String,
    /// The chosen image of the Windows ISO. Where the ISO was not read it is what the spec says of
    /// it, and what that leaves open is 0 or `None`: its index when the spec says a name.
    pub image: Image,
    /// What Windows is activated with.
    pub product_key: Option<String>,
    /// What Setup is given so that it asks for none: the product key, or one of its edition that
    /// activates nothing.
    pub setup_key: Option<String>,
    pub computer_name: Option<String>,
    pub time_zone: TimeZone,
    pub owner: Owner,
    pub locale: Locale,
    /// The user's accounts, by name.
    pub accounts: Vec<Account>,
    /// The built-in Administrator's. Server's Setup asks for one when the answer file has none.
    pub administrator_password: Option<Password>,
    /// Logs on once, for the first-logon command.
    pub build_account: Account,
    /// Whether sysprep generalises Windows at the end.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub generalize: bool,
    #[serde(skip_serializing_if = "Network::is_usual")]
    pub network: Network,
    /// Kept out of `plan.json`, as passwords are.
    #[serde(skip)]
    pub offline_join: Option<OfflineJoin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_desktop: Option<RemoteDesktop>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub remote_management: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<Display>,
    #[serde(skip_serializing_if = "Windows::is_usual")]
    pub windows: Windows,
    pub disk: Disk,
    pub firmware: Firmware,
    pub tpm: bool,
    /// Sorted, each once.
    pub bypass_checks: Vec<Check>,
    pub machine: Machine,
    /// In the order in which they go onto the media.
    pub drivers: Vec<Driver>,
    /// Folders with the user's own drivers, which go onto the media as they are. `plan.json` has
    /// their names alone: a path of the store in it would drag them into the media's closure.
    #[serde(serialize_with = "steps::names_of_hosts")]
    pub driver_folders: Vec<String>,
    pub defaults: Defaults,
    /// What no option has, by pass in Setup's order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_components: Vec<Pass>,
    /// What the guest program does, and where it stops.
    #[serde(serialize_with = "steps::without_passwords")]
    pub steps: Steps,
    /// The files that steps need, by their paths on the media.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payloads: Vec<Payload>,
    pub install: Install,
    pub compression: Compression,
    /// What is allowed but worth a word, such as a password that the store will hold.
    #[serde(skip)]
    pub warnings: Vec<Problem>,
}

impl Plan {
    /// `plan.json`.
    #[must_use]
    #[allow(clippy::missing_panics_doc, reason = "never: its keys are strings")]
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("a plan's keys are strings");
        json + "\n"
    }
}

/// Who Windows is registered to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    pub name: Option<String>,
    pub organization: Option<String>,
}

/// The time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeZone {
    /// Windows' name of it.
    pub name: String,
    /// The IANA name that the spec has in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
}

/// Languages and keyboard, each said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Locale {
    pub ui: String,
    pub system: String,
    pub user: String,
    pub input: String,
}

/// A local account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    pub name: String,
    pub password: Password,
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub groups: Vec<String>,
}

/// A password that the answer file carries.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Password {
    /// Kept out of `plan.json` and of debug output.
    #[serde(skip)]
    pub text: String,
    /// Nobody asked for it: derived from the spec because Setup wants one, so whoever can read the
    /// store can compute it. The guest program puts a random one in its place before sealing.
    pub throw_away: bool,
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Password")
            .field("throw_away", &self.throw_away)
            .finish_non_exhaustive()
    }
}

/// The machine that installs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    pub cores: u32,
    pub memory_mib: u64,
    /// `None`: the accelerator's best, which is asked of QEMU.
    pub cpu: Option<String>,
}

/// When a driver is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// By Setup, which hands it on to the installed Windows, where a disk's driver then starts
    /// with the kernel.
    Setup,
    /// By the installed Windows when it first starts.
    Windows,
}

/// A driver that goes onto the media.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Driver {
    /// virtio-win's name, such as `vioscsi`.
    pub name: String,
    /// Its folder on the virtio-win ISO, such as `vioscsi/w11/amd64`, as the ISO spells it. `None`
    /// only where that ISO was not read.
    pub folder: Option<String>,
    pub stage: Stage,
}

/// What every image gets unless it is asked otherwise; see [`crate::spec::Defaults`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent switches, as in the spec"
)]
pub struct Defaults {
    pub prevent_device_encryption: bool,
    pub real_time_is_universal: bool,
    pub no_hibernation: bool,
    pub online_all_disks: bool,
    pub passwords_never_expire: bool,
    pub display_always_on: bool,
    pub shutdown_without_logon: bool,
    pub guest_agent: bool,
}

/// How the install runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Install {
    pub accel: Accel,
    pub deadlines: Deadlines,
    pub stall_sec: u64,
    /// RFC 3339 in UTC; `None` is the host's clock.
    pub clock: Option<String>,
    pub spare_space_mib: u64,
    /// Whether Setup is to write a line to COM1 while it is in Windows PE, which nothing but a
    /// selftest asks for: nobody knows yet whether a real one has a port of that name.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub beacon: bool,
}

/// How long each phase may take, in seconds under KVM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deadlines {
    pub firmware_sec: u64,
    #[serde(rename = "windowsPESec")]
    pub windows_pe_sec: u64,
    pub specialize_sec: u64,
    pub steps_sec: u64,
    pub shutdown_sec: u64,
    pub settle_sec: u64,
    pub total_sec: u64,
}
