//! The network in the specialize pass: interfaces, the firewall's groups, workgroup and domain.
//! Written from Microsoft's pages of the components TCPIP, DNS-Client, MPSSVC-Svc and
//! UnattendedJoin.

use std::net::IpAddr;

use anyhow::{Context as _, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Answer, tree::Element, truth};

/// The order that the pages of `Interface` want of its settings, and of `Route`.
const INTERFACE: [&str; 5] = [
    "Ipv4Settings",
    "Ipv6Settings",
    "Identifier",
    "UnicastIpAddresses",
    "Routes",
];
const ROUTE: [&str; 4] = ["Identifier", "Metric", "NextHopAddress", "Prefix"];

/// Checks what the pass says of the network.
pub fn check(answer: &Answer) -> Result<()> {
    for name in ["TCPIP", "DNS-Client"] {
        let component = answer.component("specialize", name);
        let interfaces = component.and_then(|component| component.child("Interfaces"));
        let interfaces = interfaces
            .into_iter()
            .flat_map(|list| list.all("Interface"));
        let mut seen = Vec::new();
        for interface in interfaces {
            let identifier = interface.text_at("Identifier").unwrap_or_default();
            ensure!(
                !identifier.is_empty(),
                "`{name}` has an interface without a name"
            );
            let lower = identifier.to_lowercase();
            ensure!(!seen.contains(&lower), "`{name}` has `{identifier}` twice");
            seen.push(lower);
            check_interface(name, interface).with_context(|| format!("of `{identifier}`"))?;
        }
    }
    check_join(answer)?;
    check_firewall(answer)
}

fn check_interface(component: &str, interface: &Element) -> Result<()> {
    if component == "TCPIP" {
        check_order(interface, &INTERFACE)?;
    }
    let addresses = interface.child("UnicastIpAddresses");
    for entry in addresses.into_iter().flat_map(|list| list.all("IpAddress")) {
        let (address, length) = entry.text.split_once('/').unwrap_or((&entry.text, "8"));
        let address = address_of(address)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length: u32 = length
            .parse()
            .with_context(|| format!("the prefix `{length}`"))?;
        ensure!(length <= most, "a prefix of {length} bits");
        let settings = if address.is_ipv4() {
            "Ipv4Settings"
        } else {
            "Ipv6Settings"
        };
        let dhcp = interface.child(settings).map(|s| truth(s, "DhcpEnabled"));
        let dhcp = dhcp.transpose()?.flatten();
        ensure!(dhcp == Some(false), "`{address}` beside DHCP's address");
    }
    let servers = interface.child("DNSServerSearchOrder");
    for entry in servers.into_iter().flat_map(|list| list.all("IpAddress")) {
        address_of(&entry.text)?;
    }
    let mut routes = Vec::new();
    let list = interface.child("Routes");
    for route in list.into_iter().flat_map(|list| list.all("Route")) {
        check_order(route, &ROUTE)?;
        let identifier = route.text_at("Identifier").unwrap_or_default();
        let number: u32 = identifier
            .parse()
            .with_context(|| format!("the route `{identifier}`"))?;
        ensure!(
            !routes.contains(&number),
            "two routes are called `{number}`"
        );
        routes.push(number);
        let hop = route
            .text_at("NextHopAddress")
            .map(address_of)
            .transpose()?;
        let prefix = route.text_at("Prefix").unwrap_or_default();
        let network = prefix
            .split_once('/')
            .map(|(network, _)| network.parse::<IpAddr>());
        if let (Some(hop), Some(network)) = (hop, network.transpose()?) {
            ensure!(
                hop.is_ipv4() == network.is_ipv4(),
                "`{prefix}` by way of `{hop}`"
            );
        }
    }
    Ok(())
}

fn check_order(element: &Element, order: &[&str]) -> Result<()> {
    let place = |child: &Element| order.iter().position(|name| *name == child.name);
    let places: Vec<_> = element.children.iter().filter_map(place).collect();
    ensure!(
        places.is_sorted(),
        "`{}` has its settings in another order",
        element.name
    );
    Ok(())
}

fn address_of(text: &str) -> Result<IpAddr> {
    text.parse()
        .with_context(|| format!("the address `{text}`"))
}

fn check_join(answer: &Answer) -> Result<()> {
    let component = answer.component("specialize", "UnattendedJoin");
    let Some(identification) = component.and_then(|c| c.child("Identification")) else {
        return Ok(());
    };
    // Nobody answers, and the machine has no network: the join would time out after minutes.
    ensure!(
        identification.child("JoinDomain").is_none(),
        "a domain to join, and no network"
    );
    let workgroup = identification.text_at("JoinWorkgroup");
    let blob = identification.text_at("Provisioning/AccountData");
    ensure!(
        workgroup.is_none() || blob.is_none(),
        "a workgroup and a domain"
    );
    if let Some(name) = workgroup {
        ensure!(
            (1..=15).contains(&name.len()) && !name.contains(|c| "\\/:*?\"<>|".contains(c)),
            "`{name}` is no name of NetBIOS"
        );
    }
    if let Some(blob) = blob {
        let bytes = STANDARD
            .decode(blob)
            .context("what joins the domain is not base64")?;
        ensure!(!bytes.is_empty(), "what joins the domain is empty");
    }
    Ok(())
}

fn check_firewall(answer: &Answer) -> Result<()> {
    let mut components = answer.components("specialize");
    let firewall = components.find(|one| one.attribute("name") == Some("Networking-MPSSVC-Svc"));
    let groups = firewall.and_then(|component| component.child("FirewallGroups"));
    let mut keys = Vec::new();
    for group in groups
        .into_iter()
        .flat_map(|list| list.all("FirewallGroup"))
    {
        let key = group
            .attribute("wcm:keyValue")
            .context("a group without a key")?;
        ensure!(!keys.contains(&key), "two groups have the key `{key}`");
        keys.push(key);
        truth(group, "Active")?.context("a group that is neither open nor closed")?;
        let name = group.text_at("Group").unwrap_or_default();
        ensure!(!name.is_empty(), "a group without a name");
        let profile = group.text_at("Profile").unwrap_or("all");
        ensure!(
            ["all", "domain", "private", "public"].contains(&profile),
            "no profile is called `{profile}`"
        );
    }
    Ok(())
}
