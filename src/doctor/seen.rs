//! What was seen of a host, as data: the report has it, and the tests read what was recorded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A host's surroundings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seen {
    pub system: System,
    pub kvm: Kvm,
    /// Whether the tools are those of a table that somebody gave.
    pub tools_given: bool,
    pub tools: Vec<Tool>,
    /// The firmware's variables with keys, where there is a file of them.
    pub keys: Option<Keys>,
    pub nix: Option<Nix>,
    pub folders: Vec<Folder>,
    /// The host's memory, and what of it is free now.
    pub memory_mib: u64,
    pub memory_free_mib: u64,
}

/// The system, and who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct System {
    /// `ID` and `ID_LIKE` of `os-release`.
    pub names: Vec<String>,
    pub root: bool,
    /// The names of the user's groups.
    pub groups: Vec<String>,
    /// Whether the host has the group of the machines that are services.
    pub has_own_group: bool,
}

impl System {
    pub(super) fn is_nixos(&self) -> bool {
        self.names.iter().any(|name| name == "nixos")
    }

    pub(super) fn is_debian(&self) -> bool {
        self.names.iter().any(|name| name == "debian")
    }
}

/// KVM, and how it did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kvm {
    /// The CPU's own flag for it, `vmx` or `svm`.
    pub flag: Option<String>,
    /// Whether this host is a virtual machine itself.
    pub nested: bool,
    /// `/dev/kvm`, with a driver behind it.
    pub device: Option<Device>,
    /// What QEMU was let do, in this order.
    pub trials: Vec<Trial>,
    /// Why it could not be let do anything, where that is not KVM's fault.
    pub trouble: Option<String>,
}

/// `/dev/kvm`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Device {
    /// Its group, by name or number.
    pub group: String,
    /// Whether everybody may use it.
    pub for_all: bool,
    /// Why this user cannot open it.
    pub refused: Option<String>,
}

/// A tiny guest under QEMU, and its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trial {
    /// With KVM, or emulated.
    pub kvm: bool,
    /// With the mode that firmware with Secure Boot lives in.
    pub smm: bool,
    pub end: End,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// The guest did all it should.
    Done,
    /// QEMU stopped the machine, for KVM gave up on it.
    InternalError,
    /// QEMU ended, with these words.
    Ended(String),
    /// Nothing came of it in so many seconds.
    Silent(u64),
}

/// A tool or a file of the firmware's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tool {
    /// Its name in the table of tools.
    pub name: String,
    /// Where it is.
    pub path: Option<String>,
    /// What it says of itself.
    pub version: Option<String>,
    /// Why it does not run, or cannot be read.
    pub trouble: Option<String>,
}

/// Secure Boot's keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Keys {
    /// The file of them.
    pub path: String,
    /// Why it cannot be read.
    pub trouble: Option<String>,
    /// Why Secure Boot is off with them.
    pub off: Option<String>,
    /// The certificates in `db`.
    pub trusted: Vec<String>,
    /// Those of them that `dbx` bars.
    pub revoked: Vec<String>,
}

/// Nix as it is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Nix {
    pub path: String,
    /// What it says of itself.
    pub version: Option<String>,
    /// Why its settings are not known.
    pub trouble: Option<String>,
    pub experimental_features: Vec<String>,
    pub system_features: Vec<String>,
    /// `true`, `false` or `relaxed`.
    pub sandbox: String,
    /// Whether other machines build for this one.
    pub has_builders: bool,
    /// Whether the users that builds run as are in the group of `/dev/kvm`; unknown where Nix
    /// builds as who calls it.
    pub builds_in_group: Option<bool>,
}

/// A folder that fills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Folder {
    pub purpose: Purpose,
    pub path: String,
    pub free_mib: u64,
    /// Whether it is gone with the host's memory.
    pub in_memory: bool,
    /// Why this user cannot write there, where this user is the one who will.
    pub refused: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// Where an install by hand works.
    Work,
    /// Where Nix builds.
    NixBuild,
    /// Where images go that Nix built.
    NixStore,
    /// Where machines' data disks are.
    State,
    /// Where machines' throw-away disks are.
    Cache,
}
