//! The network in the specialize pass: interfaces, the firewall's groups, workgroup and domain.
//! Written from Microsoft's pages of the components TCPIP, DNS-Client, MPSSVC-Svc and
//! `UnattendedJoin`.

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

#[cfg(test)]
mod tests {
    use super::*;

    /// The specialize pass with one component.
    fn checked(name: &str, settings: &str) -> Result<()> {
        let text = format!(
            "<unattend xmlns=\"{}\" xmlns:wcm=\"{}\"><settings pass=\"specialize\">\
             <component name=\"{name}\" processorArchitecture=\"amd64\" \
             publicKeyToken=\"31bf3856ad364e35\" language=\"neutral\" versionScope=\"nonSxS\">\
             {settings}</component></settings></unattend>",
            super::super::tree::UNATTEND,
            super::super::tree::WCM
        );
        check(&Answer::read(text.as_bytes()).expect("a right envelope"))
    }

    #[track_caller]
    fn refused(name: &str, settings: &str, because: &str) {
        let error = format!("{:#}", checked(name, settings).expect_err(because));
        assert!(
            error.contains(because),
            "`{error}` is not about `{because}`"
        );
    }

    #[test]
    fn interfaces_are_what_the_pages_show() {
        let interface = |settings: &str| {
            format!("<Interfaces><Interface wcm:action=\"add\">{settings}</Interface></Interfaces>")
        };
        let tcpip = "Microsoft-Windows-TCPIP";
        let off = "<Ipv4Settings><DhcpEnabled>false</DhcpEnabled></Ipv4Settings>";
        let name = "<Identifier>Ethernet</Identifier>";
        let address = |text: &str| {
            format!(
                "<UnicastIpAddresses><IpAddress wcm:action=\"add\" wcm:keyValue=\"1\">{text}\
                 </IpAddress></UnicastIpAddresses>"
            )
        };
        let right = address("192.0.2.1/24");
        checked(tcpip, &interface(&format!("{off}{name}{right}"))).expect("as on the page");
        let refused = |settings: String, because: &str| {
            refused(tcpip, &interface(&settings), because);
        };
        refused(format!("{name}{off}{right}"), "another order");
        refused(format!("{off}{right}"), "without a name");
        refused(format!("{name}{right}"), "beside DHCP's");
        refused(
            format!("{off}{name}{}", address("192.0.2/24")),
            "the address",
        );
        refused(format!("{off}{name}{}", address("192.0.2.1/33")), "33 bits");
        let route = "<Routes><Route wcm:action=\"add\"><Identifier>1</Identifier>\
             <NextHopAddress>192.0.2.1</NextHopAddress><Prefix>::/0</Prefix></Route></Routes>";
        refused(format!("{name}{route}"), "by way of");
    }

    #[test]
    fn a_join_needs_no_network() {
        let join = "Microsoft-Windows-UnattendedJoin";
        let identification =
            |settings: &str| format!("<Identification>{settings}</Identification>");
        let workgroup = "<JoinWorkgroup>LAB</JoinWorkgroup>";
        let blob = "<Provisioning><AccountData>QUJD</AccountData></Provisioning>";
        checked(join, &identification(workgroup)).expect("a workgroup");
        checked(join, &identification(blob)).expect("a domain");
        let refused = |settings: &str, because: &str| {
            refused(join, &identification(settings), because);
        };
        refused("<JoinDomain>example.org</JoinDomain>", "no network");
        refused(&format!("{workgroup}{blob}"), "a workgroup and a domain");
        refused(&blob.replace("QUJD", "?"), "not base64");
        refused(&workgroup.replace("LAB", "A-NAME-TOO-LONG."), "NetBIOS");
    }

    #[test]
    fn firewall_groups_are_open_or_closed() {
        let firewall = "Networking-MPSSVC-Svc";
        let group = "<FirewallGroup wcm:action=\"add\" wcm:keyValue=\"1\"><Active>true</Active>\
             <Group>@FirewallAPI.dll,-28752</Group><Profile>all</Profile></FirewallGroup>";
        let groups = |groups: &str| format!("<FirewallGroups>{groups}</FirewallGroups>");
        checked(firewall, &groups(group)).expect("as on the page");
        let refused = |text: &str, because: &str| refused(firewall, &groups(text), because);
        refused(&format!("{group}{group}"), "have the key");
        refused(&group.replace(" wcm:keyValue=\"1\"", ""), "without a key");
        refused(&group.replace("<Active>true</Active>", ""), "neither open");
        refused(&group.replace(">all<", ">home<"), "no profile");
    }
}
