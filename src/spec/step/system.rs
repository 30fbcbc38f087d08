//! Steps of the firewall, the environment, power and names of hosts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule of the firewall, or a group of Windows' own rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Firewall {
    /// The rule's name, at most 256 characters; one of that name is replaced. Default: `group` says
    /// what is switched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Which way the first packet goes. Default: `inbound`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// What becomes of it. Default: `allow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// `any`, `tcp`, `udp`, `icmpv4`, `icmpv6`, or a number of IANA's. Default: `any`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// Ports of this computer, as integers or as ranges such as `5000-5010`. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_ports: Option<Vec<Port>>,
    /// Addresses and networks of others, such as `192.0.2.0/24`, or `LocalSubnet`. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_addresses: Option<Vec<String>>,
    /// The program that it is for. Default: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The kinds of networks that it is for. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profiles: Option<Vec<Profile>>,
    /// Whether the rule is removed. One that is not there is as good. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<bool>,
    /// A group of Windows' own rules by its resource, such as `@FirewallAPI.dll,-28752` for Remote
    /// Desktop, which is the same in every language. Default: `name` says a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether the group's rules are in force. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
}

/// A port, or a range of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Port {
    One(u32),
    Range(String),
}

/// Which way the first packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    Inbound,
    Outbound,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    Allow,
    Block,
}

/// A kind of network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Profile {
    Domain,
    Private,
    Public,
}

/// A variable of the environment. Exactly one of `value`, `append`, `prepend` and `delete` is
/// there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Environment {
    /// Its name, at most 255 characters.
    pub name: String,
    /// What it becomes, at most 32766 characters; `%NAME%` in it refers to others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Elements to add at the end of a list such as `PATH`; those in it stay where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub append: Option<Vec<String>>,
    /// Elements to add at its begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prepend: Option<Vec<String>>,
    /// Whether it is removed. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<bool>,
    /// Whose it is. Default: `machine`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// Whose a variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    Machine,
    /// Of each account, those to come included.
    EveryUser,
}

/// How Windows saves power. What is not said is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Power {
    /// The plan in force, by its GUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Whether Windows can hibernate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hibernation: Option<bool>,
    /// After how long without use something sleeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_outs: Option<Vec<TimeOut>>,
}

/// After how long without use something sleeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimeOut {
    /// What sleeps.
    pub of: TimeOutOf,
    /// What the machine runs on then. Default: either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<PowerSource>,
    /// After how long, in minutes, from 0 to 71582788; 0 is never.
    pub minutes: u32,
}

/// What sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TimeOutOf {
    Monitor,
    Disk,
    Standby,
    Hibernate,
}

/// What a machine runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PowerSource {
    Mains,
    Battery,
}

/// Names of an address. They are taken from other addresses of its family: a name may have one of
/// IPv4 and one of IPv6.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hosts {
    /// The address, of IPv4 or IPv6.
    pub address: String,
    /// Names of hosts, at most 9 a line.
    pub names: Vec<String>,
}
