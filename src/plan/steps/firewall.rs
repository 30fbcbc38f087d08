//! Rules of the firewall's rules.

use core::net::IpAddr;

use lucarne_protocol::step::{Action, Direction, Firewall, FirewallRule, Profile, Verdict};

use super::desk::Desk;
use super::paths;
use crate::plan::rules::wrong_text;
use crate::problem::{attribute, nearest, operand};
use crate::spec::step;

const NAME_MAX: usize = 256;
const COUNT_MAX: usize = 256;
const PROTOCOLS: [&str; 5] = ["any", "tcp", "udp", "icmpv4", "icmpv6"];
/// Words that the firewall has for addresses.
const ADDRESSES: [&str; 6] = [
    "LocalSubnet",
    "DNS",
    "DHCP",
    "WINS",
    "DefaultGateway",
    "Internet",
];

/// A rule, or a group of Windows' own.
pub(super) fn firewall(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: &step::Firewall,
) -> (Action, String) {
    match (&said.name, &said.group) {
        (Some(name), None) => named(desk, at, said, name),
        (None, Some(group)) => of_windows(desk, at, said, group),
        _ => {
            let hint = super::one_of(said.name.is_some());
            desk.problem_of_all(at, "one of `name` and `group` says which rules", hint);
            (
                Action::Firewall(Firewall::DeleteRule(String::new())),
                String::new(),
            )
        }
    }
}

fn of_windows(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: &step::Firewall,
    group: &str,
) -> (Action, String) {
    let at_group = attribute(at, "group");
    // A text that a person sees is another one in another language.
    let resource = group
        .strip_prefix('@')
        .and_then(|rest| rest.split_once(",-"));
    let is_resource = resource.is_some_and(|(file, number)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.%\\".contains(c);
        !file.is_empty() && file.chars().all(plain) && number.parse::<u32>().is_ok()
    });
    if !is_resource {
        let what = format!("{} is no resource of a group", operand(group));
        let hint = "`(Get-NetFirewallRule).Group` lists them, such as `@FirewallAPI.dll,-28752`; \
                    a name is another one in another language";
        desk.problem(&at_group, what, hint);
    }
    if says_rule(said) {
        let hint = "`enable` alone goes with it";
        desk.problem(&at_group, "is said, and a rule too", hint);
    }
    if said.delete == Some(true) {
        let what = "a group of Windows' own cannot be removed";
        let hint = "`enable = false` closes it";
        desk.problem(&attribute(at, "delete"), what, hint);
    }
    let enabled = said.enable.unwrap_or(true);
    let word = if enabled { "Open" } else { "Close" };
    let name = format!("{word} the firewall for {group}");
    let group = group.to_owned();
    (Action::Firewall(Firewall::Group { group, enabled }), name)
}

fn says_rule(said: &step::Firewall) -> bool {
    said.direction.is_some()
        || said.verdict.is_some()
        || said.protocol.is_some()
        || said.local_ports.is_some()
        || said.remote_addresses.is_some()
        || said.program.is_some()
        || said.profiles.is_some()
}

fn named(desk: &mut Desk<'_, '_>, at: &str, said: &step::Firewall, name: &str) -> (Action, String) {
    let at_name = attribute(at, "name");
    let what = wrong_text(name, NAME_MAX)
        .or_else(|| name.contains('|').then(|| "has `|`".to_owned()))
        .or_else(|| {
            name.eq_ignore_ascii_case("all")
                .then(|| "stands for every rule".to_owned())
        });
    if let Some(what) = what {
        desk.problem(
            &at_name,
            what,
            "1 to 256 characters without `|` make a rule's name",
        );
    }
    if said.enable.is_some() {
        let hint = "leave it out: a rule that is made is in force";
        desk.problem(&attribute(at, "enable"), "is of a `group` alone", hint);
    }
    if said.delete == Some(true) {
        if says_rule(said) {
            let hint = "leave all but the name out";
            desk.problem(
                &attribute(at, "delete"),
                "is said, and what the rule is too",
                hint,
            );
        }
        let made = format!("Remove the firewall's rule {name}");
        return (
            Action::Firewall(Firewall::DeleteRule(name.to_owned())),
            made,
        );
    }
    let made = format!("Make the firewall's rule {name}");
    let rule = rule(desk, at, said, name);
    (Action::Firewall(Firewall::Rule(rule)), made)
}

fn rule(desk: &mut Desk<'_, '_>, at: &str, said: &step::Firewall, name: &str) -> FirewallRule {
    let protocol = protocol(desk, &attribute(at, "protocol"), said.protocol.as_deref());
    if let Some(program) = &said.program {
        paths::path(desk, &attribute(at, "program"), program);
    }
    let local_ports = ports(desk, &attribute(at, "localPorts"), said, &protocol);
    FirewallRule {
        name: name.to_owned(),
        direction: match said.direction {
            None | Some(step::Direction::Inbound) => Direction::Inbound,
            Some(step::Direction::Outbound) => Direction::Outbound,
        },
        verdict: match said.verdict {
            None | Some(step::Verdict::Allow) => Verdict::Allow,
            Some(step::Verdict::Block) => Verdict::Block,
        },
        protocol,
        local_ports,
        remote_addresses: addresses(desk, &attribute(at, "remoteAddresses"), said),
        program: said.program.clone(),
        profiles: profiles(desk, &attribute(at, "profiles"), said),
    }
}

fn protocol(desk: &mut Desk<'_, '_>, at: &str, said: Option<&str>) -> String {
    let protocol = said.unwrap_or("any").to_lowercase();
    let number = protocol.parse::<u8>().is_ok() && !protocol.starts_with('+');
    if !number && !PROTOCOLS.contains(&protocol.as_str()) {
        let what = format!("{} is no protocol", operand(&protocol));
        let hint = match nearest(&protocol, PROTOCOLS) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`any`, `tcp`, `udp`, `icmpv4`, `icmpv6` and numbers to 255 are".to_owned(),
        };
        desk.problem(at, what, hint);
    }
    protocol
}

fn ports(desk: &mut Desk<'_, '_>, at: &str, said: &step::Firewall, protocol: &str) -> Vec<String> {
    let said_ports = said.local_ports.as_deref().unwrap_or_default();
    if !said_ports.is_empty() && !["tcp", "udp", "6", "17"].contains(&protocol) {
        let what = format!("the protocol {} has no ports", operand(protocol));
        let protocol = attribute(at.trim_end_matches(".localPorts"), "protocol");
        let problem = crate::problem::Problem::new(at, what).hint("`tcp` and `udp` have");
        desk.rules.problem_of(&[&protocol], problem);
    }
    let paths = desk.elements(at, said_ports, COUNT_MAX);
    let mut ports = Vec::new();
    for (port, at) in said_ports.iter().zip(paths) {
        let text = match port {
            step::Port::One(number) => number.to_string(),
            step::Port::Range(text) => text.clone(),
        };
        let number = |text: &str| {
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<u16>()
                .ok()
                .filter(|number| digits && *number > 0)
        };
        let right = match text.split_once('-') {
            Some((from, to)) => number(from).zip(number(to)).is_some_and(|(a, b)| a <= b),
            None => number(&text).is_some(),
        };
        if !right {
            let what = format!("{} is no port", operand(&text));
            desk.problem(&at, what, "from 1 to 65535, or a range such as `5000-5010`");
        }
        ports.push(text);
    }
    ports
}

fn addresses(desk: &mut Desk<'_, '_>, at: &str, said: &step::Firewall) -> Vec<String> {
    let said = said.remote_addresses.as_deref().unwrap_or_default();
    let paths = desk.elements(at, said, COUNT_MAX);
    for (text, at) in said.iter().zip(paths) {
        if !is_address(text) {
            let what = format!("{} is no address of the firewall's", operand(text));
            let hint = "such as `192.0.2.0/24`, `2001:db8::1`, `192.0.2.1-192.0.2.9` or \
                        `LocalSubnet`";
            desk.problem(&at, what, hint);
        }
    }
    said.to_vec()
}

fn is_address(text: &str) -> bool {
    let address = |text: &str| text.parse::<IpAddr>().ok();
    if let Some((net, bits)) = text.split_once('/') {
        let most = match address(net) {
            Some(IpAddr::V4(_)) => 32,
            Some(IpAddr::V6(_)) => 128,
            None => return false,
        };
        let digits = bits.bytes().all(|b| b.is_ascii_digit());
        return digits && bits.parse::<u8>().is_ok_and(|bits| bits <= most);
    }
    if let Some((from, to)) = text.split_once('-') {
        let (from, to) = (address(from), address(to));
        return from
            .zip(to)
            .is_some_and(|(a, b)| a.is_ipv4() == b.is_ipv4() && a <= b);
    }
    address(text).is_some() || ADDRESSES.contains(&text)
}

fn profiles(desk: &mut Desk<'_, '_>, at: &str, said: &step::Firewall) -> Vec<Profile> {
    let Some(said) = &said.profiles else {
        return Vec::new();
    };
    if said.is_empty() {
        let problem = crate::problem::Problem::new(at, "is empty");
        desk.rules
            .problem(problem.hint("leave it out for all of them"));
    }
    let paths = desk.elements(at, said, COUNT_MAX);
    let mut profiles = Vec::new();
    for (profile, at) in said.iter().zip(paths) {
        let profile = match profile {
            step::Profile::Domain => Profile::Domain,
            step::Profile::Private => Profile::Private,
            step::Profile::Public => Profile::Public,
        };
        if profiles.contains(&profile) {
            desk.problem(&at, "is there twice", "leave one of them out");
        }
        profiles.push(profile);
    }
    profiles
}
