//! The steps that the guest program does, as `lucarne/steps.json` of the media carries them.
//!
//! Decided and checked: the plan made them, every default is said, and every file that a step
//! needs is a [`Payload`] beside them. The guest program judges nothing but what only it can see.

mod account;
mod check;
mod file;
mod packages;
mod payload;
mod program;
mod registry;
mod service;
mod system;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use account::{Access, Grant, Group, Share, User};
pub use check::Check;
pub use file::{Delete, Directory, Encoding, File, LineEnds, Source};
pub use packages::{Appx, Capability, Certificate, Driver, Feature, Msi, Msix};
pub use payload::Payload;
pub use program::{Argument, ArgumentFile, ExitCodes, Location, Program, Script};
pub use registry::{Change, Data, Hive, Registry};
pub use service::{Kind as TaskKind, NewService, Recovery, Service, Start, State, Task, Trigger};
pub use system::{
    Direction, Environment, Firewall, FirewallRule, Hosts, Power, PowerSource, Profile, Scope,
    Setting, TimeOut, Variable, Verdict,
};

/// The document's schema.
pub const STEPS_SCHEMA: &str = "lucarne.steps/1";

/// The folder on C: that the first specialize command copies the media's `lucarne` folder to.
pub const FOLDER: &str = r"C:\Windows\Lucarne";

/// The answer file of a generalised image's first start, beside the steps.
pub const GENERALIZE_FILE: &str = "generalize.xml";

/// All that a list of steps asks of the guest program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Steps {
    /// Always [`STEPS_SCHEMA`].
    pub schema: String,
    /// In the order in which they are done within their phase.
    pub steps: Vec<Step>,
    /// What is done before the image is sealed.
    pub finish: Finish,
}

/// How long the last start may take to hand unused clusters back to the host, in seconds, once it
/// is idle or [`Finish::idle_sec`] is over.
pub const TRIM_SEC: u64 = 900;

/// What the guest program does after the last step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finish {
    /// The account that built: it gets a random password and is disabled.
    pub build_account: String,
    /// Accounts whose password nobody knows afterwards: each gets a random one. The built-in
    /// Administrator is among them by its English name, and found by its RID (500).
    pub lock_accounts: Vec<String>,
    /// Accounts that nobody is to use: they are disabled besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disable_accounts: Vec<String>,
    /// Who is logged on by itself at each start of a machine. Default: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_logon: Option<AutoLogon>,
    /// How long the last start may take to become idle, in seconds.
    pub idle_sec: u32,
    /// How long sysprep may take to generalise Windows as the last thing of a build, in seconds as
    /// KVM would; its answer file is [`GENERALIZE_FILE`]. Default: Windows is not generalised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generalize_sec: Option<u32>,
    /// The letter that the data disk gets when the machine runs; nothing else may have it.
    pub data_letter: char,
}

/// An account that is logged on by itself, for ever: without `AutoLogonCount`, which Windows would
/// count down to the end of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AutoLogon {
    pub user: String,
    /// Kept as the secret `DefaultPassword` of LSA, not as a value that everybody can read.
    pub password: String,
}

impl fmt::Debug for AutoLogon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AutoLogon")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// One typed unit of provisioning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// Unique in its list, of letters, digits and `-._`.
    pub id: String,
    /// For people.
    pub name: String,
    pub phase: Phase,
    /// How long it may take, in seconds as KVM would; then its whole process tree is ended.
    pub timeout_sec: u32,
    /// When this holds before the step, the step is skipped; when it does not hold after it, the
    /// step failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// Whether Windows restarts after the step. What a program asks for by its exit code is done
    /// besides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reboot: bool,
    pub action: Action,
}

/// When a step is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// While Setup is in that pass, as SYSTEM, before there is any account. No restarts.
    Specialize,
    /// In the build account's session, elevated, before those of SYSTEM.
    Session,
    /// By the service, as SYSTEM.
    System,
    /// By the service, as SYSTEM, at each start of a machine, and at none of the build's.
    Boot,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Action {
    Registry(Registry),
    File(File),
    Directory(Directory),
    Delete(Delete),
    Program(Program),
    Msi(Msi),
    Msix(Msix),
    Service(Service),
    Task(Task),
    Firewall(Firewall),
    Feature(Feature),
    Capability(Capability),
    Appx(Appx),
    Driver(Driver),
    Certificate(Certificate),
    Environment(Environment),
    Power(Power),
    User(User),
    Group(Group),
    Share(Share),
    Hosts(Hosts),
    PowerShell(Script),
    Cmd(Script),
    /// The computer's name, at most 15 characters; it takes effect at the next start.
    ComputerName(String),
    /// A time zone by Windows' name of it.
    TimeZone(String),
    Reboot,
}

#[cfg(test)]
mod tests;
