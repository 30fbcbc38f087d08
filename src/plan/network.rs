//! Rules of the network: the workgroup, and what interfaces do not ask DHCP for.

use core::net::IpAddr;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::addresses::{self, address, host};
use crate::plan::findings::Findings;
use crate::plan::rules::{Rules, wrong_text};
use crate::problem::{Problem, attribute, operand};
use crate::spec;

/// What Windows is in where nobody says it.
const WORKGROUP: &str = "WORKGROUP";
/// `NetBIOS` names have 15 bytes.
const WORKGROUP_MAX: usize = 15;
/// What Windows' own page for workgroups refuses in a name.
const WORKGROUP_FORBIDDEN: &str = "\"/\\[]:|<>+=;,?*";
/// The limits that the options' descriptions tell.
const SUFFIXES_MAX: usize = 20;
const INTERFACES_MAX: usize = 16;
const ADDRESSES_MAX: usize = 16;
const SERVERS_MAX: usize = 8;
const GATEWAYS_MAX: usize = 2;
/// The longest name of DNS in characters, and its longest part.
const DNS_NAME_MAX: usize = 253;
const DNS_PART_MAX: usize = 63;
/// The table's limit of `Identifier`.
const IDENTIFIER_MAX: usize = 256;
/// What Windows refuses in an interface's name.
const IDENTIFIER_FORBIDDEN: &str = "\\/:*?\"<>|";

/// How the elements of lists are read, when two are one, and what one looks like.
type Reader<T> = (
    fn(&str) -> Result<T, String>,
    fn(&T, &T) -> bool,
    &'static str,
);
const NAME: Reader<String> = (
    dns_name,
    |one, other| one.eq_ignore_ascii_case(other),
    "such as `example.org`",
);
/// An address is there once, with whatever prefix.
const ADDRESS: Reader<(IpAddr, u8)> = (
    address,
    |one, other| one.0 == other.0,
    "such as `192.0.2.10/24` or `2001:db8::10/64`",
);
const HOST: Reader<IpAddr> = (
    host,
    |one, other| one == other,
    "such as `192.0.2.1` or `2001:db8::1`",
);

/// What Windows is told of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workgroup: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_suffixes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<Interface>,
}

impl Interface {
    /// Whether something is said of its addresses.
    #[must_use]
    pub fn has_addresses(&self) -> bool {
        !(self.addresses.is_empty() && self.gateways.is_empty())
    }

    /// Whether something is said of its DNS.
    #[must_use]
    pub fn has_dns(&self) -> bool {
        !self.dns_servers.is_empty() || self.dns_suffix.is_some()
    }
}

impl Network {
    /// Whether nothing was said.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// One interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Interface {
    /// Its name, or its MAC address as Windows writes it: `52-54-00-12-34-56`.
    pub identifier: String,
    /// Addresses, each with the length of its prefix.
    pub addresses: Vec<(IpAddr, u8)>,
    pub gateways: Vec<IpAddr>,
    pub dns_servers: Vec<IpAddr>,
    pub dns_suffix: Option<String>,
}

/// The network.
pub(super) fn network(rules: &mut Rules<'_>) -> Network {
    let said = rules.spec.network.clone().unwrap_or_default();
    match &said.workgroup {
        Some(name) => workgroup(rules, name),
        None => usual_workgroup(rules),
    }
    let at = "network.dnsSuffixes";
    let suffixes = said.dns_suffixes.unwrap_or_default();
    let known = list(rules, at, &suffixes, SUFFIXES_MAX, NAME);
    let interfaces = said.interfaces.unwrap_or_default();
    Network {
        workgroup: said.workgroup,
        dns_suffixes: known,
        interfaces: all(rules, &interfaces),
    }
}

/// A computer that is in no domain and no other workgroup is in this one.
fn usual_workgroup(rules: &mut Rules<'_>) {
    let computer = rules.spec.computer_name.as_deref().unwrap_or_default();
    let domain = rules.spec.domain.as_ref();
    let joins = domain.is_some_and(|domain| domain.offline_join.is_some());
    if computer.eq_ignore_ascii_case(WORKGROUP) && !joins {
        let what = format!("{} is the workgroup's name too", operand(computer));
        let hint = "a computer and its workgroup cannot have one name; choose another, or set \
             `network.workgroup`";
        let problem = Problem::new("computerName", what).hint(hint);
        rules.problem_of(&["network.workgroup", "domain"], problem);
    }
}

fn workgroup(rules: &mut Rules<'_>, name: &str) {
    let at = "network.workgroup";
    let bad = name.chars().find(|c| WORKGROUP_FORBIDDEN.contains(*c));
    let computer = rules.spec.computer_name.as_deref();
    let problem = if name.len() > WORKGROUP_MAX {
        let what = format!("has {} bytes, more than {WORKGROUP_MAX}", name.len());
        Problem::new(at, what).hint("a name of NetBIOS holds no more")
    } else if let Some(what) = wrong_text(name, WORKGROUP_MAX) {
        Problem::new(at, what).hint("leave it out for `WORKGROUP`")
    } else if let Some(bad) = bad {
        let what = format!("{} has {}", operand(name), operand(&bad.to_string()));
        let hint = format!(
            "Windows allows none of {} in it",
            operand(WORKGROUP_FORBIDDEN)
        );
        Problem::new(at, what).hint(hint)
    } else if name.trim() != name || name.starts_with('.') {
        let what = "begins or ends with a space, or begins with a period";
        Problem::new(at, what).hint("leave that out")
    } else if computer.is_some_and(|computer| computer.eq_ignore_ascii_case(name)) {
        let hint = "a computer and its workgroup cannot have one name; change one of them";
        Problem::new(at, "is the computer's name too").hint(hint)
    } else {
        return;
    };
    rules.problem_of(&["computerName"], problem);
}

fn all(rules: &mut Rules<'_>, said: &BTreeMap<String, spec::Interface>) -> Vec<Interface> {
    let at = "network.interfaces";
    if said.len() > INTERFACES_MAX {
        let what = format!("has {} interfaces, more than {INTERFACES_MAX}", said.len());
        rules.problem_of_name(Problem::new(at, what).hint("the machine has one card"));
    }
    let mut found: Vec<Interface> = Vec::new();
    for (name, interface) in said.iter().take(INTERFACES_MAX) {
        let at = attribute(at, name);
        let identifier = identifier(rules, &at, name);
        if found
            .iter()
            .any(|other| other.identifier.eq_ignore_ascii_case(&identifier))
        {
            let what = format!("{} is there twice", operand(&identifier));
            rules.problem_of_name(Problem::new(&at, what).hint("leave one of them out"));
        }
        let interface = self::interface(rules, &at, identifier, interface);
        shared(rules, &at, &interface, &found);
        found.push(interface);
    }
    if found
        .iter()
        .any(|interface| !interface.addresses.is_empty())
    {
        let what = "every instance of the image gets the same addresses";
        let hint = "let DHCP give them, unless the image is run once";
        rules.warn(Problem::new(at, what).hint(hint));
    }
    found
}

/// An address that another interface has too.
fn shared(rules: &mut Rules<'_>, at: &str, interface: &Interface, others: &[Interface]) {
    let taken = others.iter().flat_map(|other| &other.addresses);
    let taken: Vec<IpAddr> = taken.map(|(address, _)| *address).collect();
    for (address, _) in &interface.addresses {
        if taken.contains(address) {
            let what = format!("`{address}` is another interface's too");
            let problem = Problem::new(attribute(at, "addresses"), what);
            rules.problem(problem.hint("an address is one interface's: leave one of them out"));
        }
    }
}

/// A MAC address as Windows writes it, in capitals with hyphens.
pub(crate) fn mac(text: &str) -> Option<String> {
    let parts: Vec<_> = text.split([':', '-']).collect();
    let is_byte = |part: &&str| part.len() == 2 && part.chars().all(|c| c.is_ascii_hexdigit());
    let is_mac = parts.len() == 6 && parts.iter().all(is_byte);
    is_mac.then(|| parts.join("-").to_ascii_uppercase())
}

/// An interface's name, or its MAC address with hyphens.
fn identifier(rules: &mut Rules<'_>, at: &str, name: &str) -> String {
    if let Some(mac) = mac(name) {
        return mac;
    }
    let bad = name.chars().find(|c| IDENTIFIER_FORBIDDEN.contains(*c));
    let what = if let Some(what) = wrong_text(name, IDENTIFIER_MAX) {
        format!("the name {what}")
    } else if let Some(bad) = bad {
        format!("the name has {}", operand(&bad.to_string()))
    } else {
        return name.to_owned();
    };
    let hint = "such as `Ethernet`, or a MAC address such as `52-54-00-12-34-56`";
    rules.problem_of_name(Problem::new(at, what).hint(hint));
    name.to_owned()
}

/// What is said of one interface.
pub(crate) fn interface(
    rules: &mut Findings<'_>,
    at: &str,
    identifier: String,
    said: &spec::Interface,
) -> Interface {
    let spec::Interface {
        addresses,
        gateways,
        dns_servers,
        dns_suffix,
    } = said.clone();
    if *said == spec::Interface::default() {
        let hint = "leave it out: an interface that nothing is said of asks DHCP";
        rules.problem(Problem::new(at, "says nothing").hint(hint));
    }
    let path = |field: &str| attribute(at, field);
    let addresses = addresses.unwrap_or_default();
    let addresses = list(
        rules,
        &path("addresses"),
        &addresses,
        ADDRESSES_MAX,
        ADDRESS,
    );
    let said = gateways.unwrap_or_default();
    let gateways = list(rules, &path("gateways"), &said, GATEWAYS_MAX, HOST);
    reachable(rules, at, &addresses, &gateways);
    let servers = dns_servers.unwrap_or_default();
    let dns_servers = list(rules, &path("dnsServers"), &servers, SERVERS_MAX, HOST);
    if let Some(suffix) = &dns_suffix
        && let Err(what) = dns_name(suffix)
    {
        let problem = Problem::new(path("dnsSuffix"), what);
        rules.problem(problem.hint("such as `example.org`"));
    }
    Interface {
        identifier,
        addresses,
        gateways,
        dns_servers,
        dns_suffix,
    }
}

/// Whether each gateway is a router on a network that the interface has an address of.
fn reachable(rules: &mut Findings<'_>, at: &str, addresses: &[(IpAddr, u8)], gateways: &[IpAddr]) {
    let path = attribute(at, "gateways");
    for gateway in gateways {
        let near = addresses
            .iter()
            .find(|near| addresses::is_near(**near, *gateway));
        let local = matches!(gateway, IpAddr::V6(v6) if v6.is_unicast_link_local());
        let odd = near.and_then(|(_, length)| addresses::of_network(*gateway, *length));
        let own = addresses.iter().any(|(address, _)| address == gateway);
        let (what, hint) = if own {
            let hint = "name the router: an interface is not its own way to everywhere";
            (format!("`{gateway}` is the interface's own address"), hint)
        } else if let Some(what) = odd {
            (
                what,
                "name the router, which has an address as other hosts have",
            )
        } else if near.is_none() && !local {
            let hint = "Windows reaches a router only through an address of the router's network";
            let what = format!("`{gateway}` is in no network of the interface's addresses");
            (what, hint)
        } else {
            continue;
        };
        let problem = Problem::new(&path, what).hint(hint);
        rules.problem_of(&[&attribute(at, "addresses")], problem);
    }
    if let [one, other] = gateways
        && one.is_ipv4() == other.is_ipv4()
    {
        let what = "has two of one kind";
        let hint = "one of IPv4 and one of IPv6 can be the way to everywhere";
        rules.problem(Problem::new(&path, what).hint(hint));
    }
}

/// The elements of a list that can be read, each once.
fn list<T>(
    rules: &mut Findings<'_>,
    at: &str,
    said: &[String],
    most: usize,
    (read, same, hint): Reader<T>,
) -> Vec<T> {
    if said.len() > most {
        let what = format!("has {} entries, more than {most}", said.len());
        rules.problem(Problem::new(at, what).hint("leave some out"));
    }
    let paths = rules.elements(at, said.len().min(most));
    let mut found = Vec::new();
    for (text, at) in said.iter().zip(paths) {
        match read(text) {
            Ok(value) if found.iter().any(|other| same(other, &value)) => {
                let what = format!("{} is there twice", operand(text));
                rules.problem(Problem::new(at, what).hint("leave one of them out"));
            }
            Ok(value) => found.push(value),
            Err(what) => {
                rules.problem(Problem::new(at, what).hint(hint));
            }
        }
    }
    found
}

/// A name of DNS.
pub(super) fn dns_name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_part = |part: &str| {
        let ends = part.starts_with('-') || part.ends_with('-');
        (1..=DNS_PART_MAX).contains(&part.len()) && !ends && part.chars().all(fits)
    };
    if text.len() <= DNS_NAME_MAX && text.split('.').all(is_part) {
        Ok(text.to_owned())
    } else {
        Err(format!("{} is no name of DNS", operand(text)))
    }
}
