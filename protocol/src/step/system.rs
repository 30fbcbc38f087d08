//! Firewall, environment, power and names of hosts.

use serde::{Deserialize, Serialize};

/// Opens or closes something in the firewall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Firewall {
    /// Makes a rule, or replaces one of that name.
    Rule(FirewallRule),
    /// Takes a rule away. One that is not there is as good.
    DeleteRule(String),
    /// Switches a group of Windows' own rules, named by its resource, such as
    /// `@FirewallAPI.dll,-28752`, which is the same in every language.
    Group { group: String, enabled: bool },
}

/// A rule of the firewall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FirewallRule {
    pub name: String,
    pub direction: Direction,
    pub verdict: Verdict,
    /// `any`, `tcp`, `udp`, `icmpv4`, `icmpv6` or a number of IANA's.
    pub protocol: String,
    /// Ports and ranges, such as `5000-5010`. None stands for all.
    pub local_ports: Vec<String>,
    /// Addresses and nets, or `LocalSubnet`. None stands for all.
    pub remote_addresses: Vec<String>,
    /// Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// None stands for all.
    pub profiles: Vec<Profile>,
}

/// Which way the first packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    Inbound,
    Outbound,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    Allow,
    Block,
}

/// What kind of network a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Profile {
    Domain,
    Private,
    Public,
}

/// Changes a variable of the environment, for programs that start later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Environment {
    pub name: String,
    pub scope: Scope,
    pub variable: Variable,
}

/// Whose variable it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    Machine,
    /// Of each account, those to come included.
    EveryUser,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Variable {
    /// One that holds `%` can refer to others (`REG_EXPAND_SZ`).
    Set(String),
    Delete,
    /// Adds elements to a list such as `PATH`, at its end; those that are in it stay where they
    /// are.
    Append(Vec<String>),
    /// At its begin.
    Prepend(Vec<String>),
}

/// Changes how Windows saves power. What is absent is left as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Power {
    /// The plan in force, by its GUID; set before the time-outs, which are the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hibernation: Option<bool>,
    pub time_outs: Vec<TimeOut>,
}

/// After how long without use something sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimeOut {
    pub of: Setting,
    pub source: PowerSource,
    /// In minutes; 0 is never.
    pub minutes: u32,
}

/// What sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Setting {
    Monitor,
    Disk,
    Standby,
    Hibernate,
}

/// What the machine runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PowerSource {
    Mains,
    Battery,
}

/// Gives names to an address, in the file `hosts`, and takes them from others of its family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hosts {
    pub address: String,
    pub names: Vec<String>,
}
