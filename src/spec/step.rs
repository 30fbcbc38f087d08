//! Steps: what is done inside Windows once it is installed, one typed unit each.
//!
//! A step has exactly one of the fields that say what it does; which one is the plan's to judge,
//! so that each mistake has its path.

mod account;
mod check;
mod file;
mod package;
mod program;
mod registry;
mod service;
mod system;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use account::{Access, Group, Share, UserStep};
pub use check::{StepCheck, ValueCheck};
pub use file::{Directory, Encoding, File, LineEnds};
pub use package::{Appx, Capability, Certificate, Driver, Feature, Msi, Msix};
pub use program::{Argument, ExitCodes, HostFile, Program, Script};
pub use registry::{Registry, Typed, Value};
pub use service::{Service, ServiceStart, ServiceState, Task, TaskChange, Trigger};
pub use system::{
    Direction, Environment, Firewall, Hosts, Port, Power, PowerSource, Profile, Scope, TimeOut,
    TimeOutOf, Verdict,
};

/// One thing to do inside Windows. Exactly one field says what, from `registry` on; `reboot` goes
/// with another one or stands alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// What events and logs call it, unique in the list: 1 to 40 letters, digits and `-._`.
    /// Default: the kind and the place in the list, such as `registry-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it is, for people, at most 256 characters. Default: made from what it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it is done. Default: `system`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// How long it may take before its processes are ended, in seconds as KVM would, from 1 to what
    /// its phase may take: `install.deadlines.stepsSec`, in the specialize pass `specializeSec`.
    /// Default: 1800 for what installs or runs something, else 600, or the phase's limit where that
    /// is less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_sec: Option<u64>,
    /// What tells that it is done already: when that holds the step is skipped, and when it does
    /// not hold after the step, the step failed. Default: none; the step is always done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<StepCheck>,
    /// Whether Windows restarts after it; alone, the step is a restart. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reboot: Option<bool>,
    /// Makes or changes a key of the registry, its values, or removes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<Registry>,
    /// Writes a file, and makes the folders above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
    /// Makes a folder, and those above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<Directory>,
    /// The path of a file or a folder to remove; `*` in the last part stands for any characters,
    /// and `%NAME%` is expanded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<String>,
    /// Runs a program to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<Program>,
    /// Installs a package of Windows Installer, silently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub msi: Option<Msi>,
    /// Provisions an MSIX or Appx package for every account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub msix: Option<Msix>,
    /// Makes, changes or removes a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// Makes, changes or removes a scheduled task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// Makes or removes a rule of the firewall, or switches a group of Windows' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firewall: Option<Firewall>,
    /// Switches an optional feature of Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<Feature>,
    /// Adds or removes a capability, which Windows also calls a feature on demand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capability: Option<Capability>,
    /// Removes Appx packages, provisioned and of each account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appx: Option<Appx>,
    /// Puts drivers into the driver store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<Driver>,
    /// Adds a certificate to a store of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// Changes a variable of the environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// Changes how Windows saves power.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<Power>,
    /// Makes, changes or removes a local account. `users` of the image makes them too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserStep>,
    /// Makes, changes or removes a local group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// Shares a folder over SMB, or ends a share. One of the image's is there as soon as Windows
    /// is: before a machine's start has set its passwords those of the image open it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// Gives names to an address, in the file `hosts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Hosts>,
    /// Runs a `PowerShell` script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_shell: Option<Script>,
    /// Runs a script of cmd's, in ASCII.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cmd: Option<Script>,
    /// The computer's name, from its next start on. The image's `computerName` needs no step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computer_name: Option<String>,
    /// The time zone, as Windows or IANA names it. The image's `timeZone` needs no step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// When a step is done.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// In Setup's specialize pass, as SYSTEM, before there is any account.
    Specialize,
    /// In the session of the account that builds, elevated, before those of `system`.
    Session,
    /// As SYSTEM.
    System,
    /// As SYSTEM, at each start of a machine, and at none of the build's.
    Boot,
}
