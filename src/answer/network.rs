//! The network in the specialize pass, and the firewall's groups that options open.

use core::net::IpAddr;

use crate::plan::{Interface, Plan};
use crate::unattend::{Component, Content, Kind, Node, component, flag, group, item, keyed, leaf};

/// The firewall's groups by their resource: names differ from language to language.
const REMOTE_DESKTOP: &str = "@FirewallAPI.dll,-28752";
const REMOTE_MANAGEMENT: &str = "@FirewallAPI.dll,-30267";

pub(super) fn components(plan: &Plan) -> Vec<Component> {
    let found = [dns_client(plan), tcpip(plan), join(plan), firewall(plan)];
    found.into_iter().flatten().collect()
}

fn dns_client(plan: &Plan) -> Option<Component> {
    let network = &plan.network;
    let mut settings = Vec::new();
    if !network.dns_suffixes.is_empty() {
        let names = values("DomainName", network.dns_suffixes.iter().cloned());
        settings.push(group("DNSSuffixSearchOrder", names));
    }
    let interfaces = network.interfaces.iter();
    let with = interfaces.filter(|interface| interface.has_dns());
    let interfaces: Vec<_> = with.map(dns_interface).collect();
    if !interfaces.is_empty() {
        settings.push(group("Interfaces", interfaces));
    }
    (!settings.is_empty()).then(|| component("Microsoft-Windows-DNS-Client", settings))
}

fn dns_interface(interface: &Interface) -> Node {
    let mut nodes = Vec::new();
    let suffix = interface.dns_suffix.iter();
    nodes.extend(suffix.map(|suffix| leaf("DNSDomain", suffix)));
    if !interface.dns_servers.is_empty() {
        let servers = interface.dns_servers.iter().map(IpAddr::to_string);
        nodes.push(group("DNSServerSearchOrder", values("IpAddress", servers)));
    }
    nodes.push(leaf("Identifier", &interface.identifier));
    item("Interface", nodes)
}

fn tcpip(plan: &Plan) -> Option<Component> {
    let interfaces = plan.network.interfaces.iter();
    let with = interfaces.filter(|interface| interface.has_addresses());
    let interfaces: Vec<_> = with.map(tcpip_interface).collect();
    (!interfaces.is_empty()).then(|| {
        let settings = vec![group("Interfaces", interfaces)];
        component("Microsoft-Windows-TCPIP", settings)
    })
}

/// Its settings stand in the order that the page of `Identifier` wants.
fn tcpip_interface(interface: &Interface) -> Node {
    let has = |v4: bool| interface.addresses.iter().any(|(a, _)| a.is_ipv4() == v4);
    let no_dhcp = || vec![flag("DhcpEnabled", false)];
    let mut nodes = Vec::new();
    nodes.extend(has(true).then(|| group("Ipv4Settings", no_dhcp())));
    nodes.extend(has(false).then(|| group("Ipv6Settings", no_dhcp())));
    nodes.push(leaf("Identifier", &interface.identifier));
    if !interface.addresses.is_empty() {
        let addresses = interface.addresses.iter();
        let addresses = addresses.map(|(address, length)| format!("{address}/{length}"));
        nodes.push(group("UnicastIpAddresses", values("IpAddress", addresses)));
    }
    if !interface.gateways.is_empty() {
        let routes = (0_u32..).zip(&interface.gateways);
        let routes = routes.map(|(number, gateway)| route(number, *gateway));
        nodes.push(group("Routes", routes.collect()));
    }
    item("Interface", nodes)
}

fn route(number: u32, gateway: IpAddr) -> Node {
    let everywhere = match gateway {
        IpAddr::V4(_) => "0.0.0.0/0",
        IpAddr::V6(_) => "::/0",
    };
    item(
        "Route",
        vec![
            // Tells routes of the file apart, and means nothing afterwards.
            leaf("Identifier", number.to_string()),
            leaf("NextHopAddress", gateway.to_string()),
            leaf("Prefix", everywhere),
        ],
    )
}

/// Values of a list, counted from 1 as in the pages' examples.
fn values(name: &'static str, values: impl Iterator<Item = String>) -> Vec<Node> {
    let numbered = (1_u32..).zip(values);
    let nodes = numbered.map(|(number, value)| Node {
        name,
        kind: Kind::Keyed(number.to_string()),
        content: Content::Text(value),
    });
    nodes.collect()
}

fn join(plan: &Plan) -> Option<Component> {
    let setting = if let Some(blob) = &plan.offline_join {
        group("Provisioning", vec![leaf("AccountData", &blob.0)])
    } else {
        leaf("JoinWorkgroup", plan.network.workgroup.as_ref()?)
    };
    let settings = vec![group("Identification", vec![setting])];
    Some(component("Microsoft-Windows-UnattendedJoin", settings))
}

fn firewall(plan: &Plan) -> Option<Component> {
    let desktop = plan.remote_desktop.is_some();
    let groups = [
        (desktop, "LucarneRemoteDesktop", REMOTE_DESKTOP),
        (
            plan.remote_management,
            "LucarneRemoteManagement",
            REMOTE_MANAGEMENT,
        ),
    ];
    let groups = groups.into_iter().filter(|(open, _, _)| *open);
    let groups: Vec<_> = groups
        .map(|(_, key, name)| {
            let nodes = vec![
                flag("Active", true),
                leaf("Group", name),
                leaf("Profile", "all"),
            ];
            keyed("FirewallGroup", key, nodes)
        })
        .collect();
    (!groups.is_empty()).then(|| {
        component(
            "Networking-MPSSVC-Svc",
            vec![group("FirewallGroups", groups)],
        )
    })
}
