//! Rules of the network card and what it is connected to.

use core::net::Ipv4Addr;

use super::Rules;
use super::spec::{self, ForwardPort, Network as Said, NetworkMode};
use crate::machine::run::{Forward, Network, Protocol};
use crate::plan::mac;
use crate::problem::{attribute, operand};

/// `IFNAMSIZ` of Linux with its end.
const INTERFACE_MAX: usize = 15;
const FORWARDS_MAX: usize = 64;

/// The card's address, where one is given, and what the card is connected to.
pub(super) fn network(rules: &mut Rules<'_>) -> (Option<String>, Network) {
    let said = rules.spec.network.clone().unwrap_or_default();
    let mode = said.mode.unwrap_or(NetworkMode::User);
    foreign(rules, &said, mode);
    let link = match mode {
        NetworkMode::User => Network::User {
            ssh: said.ssh.unwrap_or(true),
            forwards: forwards(rules, said.forward_ports.as_deref().unwrap_or_default()),
        },
        NetworkMode::Bridge => tap(rules, &said),
        NetworkMode::None => Network::None,
    };
    (said.mac.and_then(|text| card(rules, &text)), link)
}

/// What is said of another mode than the one that is asked for would have no effect.
fn foreign(rules: &mut Rules<'_>, said: &Said, mode: NetworkMode) {
    let (user, bridge) = (NetworkMode::User, NetworkMode::Bridge);
    for (field, is_there, of, word) in [
        ("bridge", said.bridge.is_some(), bridge, "bridge"),
        ("tap", said.tap.is_some(), bridge, "bridge"),
        ("ssh", said.ssh == Some(true), user, "user"),
        ("forwardPorts", said.forward_ports.is_some(), user, "user"),
    ] {
        if is_there && mode != of {
            let what = format!("is of the mode `{word}`, and the network is in another");
            let hint = format!("leave it out, or set `network.mode` to `{word}`");
            let at = attribute("network", field);
            let problem = crate::problem::Problem::new(at, what).hint(hint);
            rules.findings.problem_of(&["network.mode"], problem);
        }
    }
}

/// A card's address of its own: what is a group's would be heard by all.
fn card(rules: &mut Rules<'_>, text: &str) -> Option<String> {
    let at = "network.mac";
    let hint = "such as `52:54:00:12:34:56`";
    let Some(mac) = mac(text) else {
        rules.problem(at, format!("{} is no MAC address", operand(text)), hint);
        return None;
    };
    let mac = mac.replace('-', ":").to_ascii_lowercase();
    let first = u8::from_str_radix(&mac[..2], 16).unwrap_or_default();
    if first & 1 == 1 || mac == "00:00:00:00:00:00" {
        rules.problem(at, format!("{} is no card's address", operand(text)), hint);
    }
    Some(mac)
}

fn tap(rules: &mut Rules<'_>, said: &Said) -> Network {
    if let Some(bridge) = &said.bridge {
        interface(rules, "network.bridge", bridge);
    }
    let tap = said.tap.clone().unwrap_or_default();
    if said.tap.is_none() {
        let hint = "name the TAP interface that the machine is to have on its bridge";
        let problem = crate::problem::Problem::new("network.tap", "is missing").hint(hint);
        rules.findings.problem_of(&["network.mode"], problem);
    } else {
        interface(rules, "network.tap", &tap);
    }
    Network::Tap {
        name: tap,
        bridge: said.bridge.clone(),
    }
}

/// A problem where a text cannot be the name of an interface of Linux'.
fn interface(rules: &mut Rules<'_>, at: &str, name: &str) {
    let fits = |c: char| c.is_ascii_graphic() && !"/:%,".contains(c);
    let dots = name == "." || name == "..";
    if name.is_empty() || name.len() > INTERFACE_MAX || dots || !name.chars().all(fits) {
        let what = format!("{} cannot be an interface's name", operand(name));
        let hint = format!("1 to {INTERFACE_MAX} letters, digits and `-._` make one");
        rules.problem(at, what, hint);
    }
}

fn forwards(rules: &mut Rules<'_>, said: &[ForwardPort]) -> Vec<Forward> {
    let mut found: Vec<Forward> = Vec::new();
    for (said, at) in rules.elements("network.forwardPorts", said, FORWARDS_MAX) {
        let address = address(rules, &attribute(&at, "address"), said.address.as_deref());
        let Some(address) = address else { continue };
        let forward = Forward {
            address,
            host_port: port(rules, &attribute(&at, "hostPort"), said.host_port),
            guest_port: port(rules, &attribute(&at, "guestPort"), said.guest_port),
            protocol: match said.protocol {
                None | Some(spec::Protocol::Tcp) => Protocol::Tcp,
                Some(spec::Protocol::Udp) => Protocol::Udp,
            },
        };
        let same = |other: &&Forward| {
            let of = |f: &Forward| (f.host_port, f.protocol);
            let all = other.address.is_unspecified() || forward.address.is_unspecified();
            of(other) == of(&forward) && (all || other.address == forward.address)
        };
        if found.iter().any(|other| same(&other)) {
            let what = format!(
                "port {} of the host leads to another one too",
                said.host_port
            );
            rules.problem(&at, what, "give each a port of its own");
        }
        if said.host_port < 1024 {
            let what = format!("only root may listen on port {}", said.host_port);
            rules.warn(&at, what, "take a port from 1024 on");
        }
        found.push(forward);
    }
    found
}

/// QEMU's own network listens on IPv4 alone.
fn address(rules: &mut Rules<'_>, at: &str, said: Option<&str>) -> Option<Ipv4Addr> {
    let Some(text) = said else {
        return Some(Ipv4Addr::LOCALHOST);
    };
    let address = text.parse().ok();
    if address.is_none() {
        let what = format!("{} is no IPv4 address", operand(text));
        rules.problem(at, what, "such as `127.0.0.1`, or `0.0.0.0` for all");
    }
    address
}

fn port(rules: &mut Rules<'_>, at: &str, said: u32) -> u16 {
    if let Ok(port @ 1..) = u16::try_from(said) {
        return port;
    }
    let what = format!("{said} is not from 1 to 65535");
    rules.problem(at, what, "22 is SSH's, 3389 Remote Desktop's");
    1
}
