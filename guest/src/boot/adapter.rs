//! A network adapter, told its addresses: the commands, and whether they did it.
//!
//! netsh is told, with each value an argument of its own, and not Windows' IP Helper: an address
//! that `CreateUnicastIpAddressEntry` makes lies beside a DHCP client that goes on asking, and DNS
//! servers have no function before Windows 10 2004. What netsh says is in Windows' language and its
//! exit code says little, so afterwards IP Helper is asked what the adapter has: that decides.
//!
//! The adapter is named to netsh by its index, which no language and no user changes.
//!
//! What an earlier start gave is there still where the system disk was kept. Of a family that
//! nothing is wanted of it is taken back, and DHCP and routers are asked again.

use core::net::IpAddr;

use lucarne_protocol::settings::{Adapter, Address, Mac};

/// An adapter, as `GetAdaptersAddresses` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nic {
    pub mac: Mac,
    pub index: u32,
    /// `{GUID}`: what its key in the registry is called.
    pub guid: String,
    /// Whether it has a link. Without one Windows shows less than it was told.
    pub is_up: bool,
    pub addresses: Vec<IpAddr>,
    pub gateways: Vec<IpAddr>,
    pub dns_servers: Vec<IpAddr>,
    pub manual: Manual,
}

/// What somebody gave an adapter: neither DHCP's nor a router's, nor what is of the link alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manual {
    pub addresses: Vec<Address>,
    /// Of IPv6 alone: those of IPv4 come and go with its addresses.
    pub gateways: Vec<IpAddr>,
    pub dns_servers: Vec<IpAddr>,
}

/// The name servers that a text of the registry's lists (`NameServer` of an interface's key).
#[must_use]
pub fn servers(text: &str) -> Vec<IpAddr> {
    let words = text.split([' ', ',', ';']);
    words.filter_map(|word| word.parse().ok()).collect()
}

/// The one adapter with a MAC.
pub fn find(nics: &[Nic], mac: Mac) -> Result<&Nic, String> {
    let mut found = nics.iter().filter(|nic| nic.mac == mac);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(format!("there is no network adapter {mac}")),
        _ => Err(format!("there are several network adapters {mac}")),
    }
}

/// netsh's arguments, one list for each time that it is run.
#[must_use]
pub fn commands(nic: &Nic, wanted: &Adapter) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    ip_v4(nic, wanted, &mut all);
    ip_v6(nic, wanted, &mut all);
    for v4 in [true, false] {
        dns(nic, wanted, v4, &mut all);
    }
    all
}

fn line(words: &[&str], values: &[String]) -> Vec<String> {
    let words = words.iter().map(|&word| word.to_owned());
    words.chain(values.iter().cloned()).collect()
}

fn ip_v4(nic: &Nic, wanted: &Adapter, all: &mut Vec<Vec<String>>) {
    let name = format!("name={}", nic.index);
    let addresses = wanted.addresses.iter().filter(|it| it.ip.is_ipv4());
    for (n, it) in addresses.enumerate() {
        let mut values = vec![name.clone()];
        // The first takes the place of all that there were, and of DHCP.
        values.extend((n == 0).then(|| "source=static".to_owned()));
        values.push(format!("address={}", it.ip));
        values.push(format!("mask={}", mask(it.prefix)));
        if n == 0 {
            let gateway = wanted.gateways.iter().find(|ip| ip.is_ipv4());
            values.push(gateway.map_or("gateway=none".to_owned(), |ip| format!("gateway={ip}")));
        }
        let verb = if n == 0 { "set" } else { "add" };
        all.push(line(&["interface", "ipv4", verb, "address"], &values));
    }
    let is_v4 = |it: &Address| it.ip.is_ipv4();
    if nic.manual.addresses.iter().any(is_v4) && !wanted.addresses.iter().any(is_v4) {
        let values = [name, "source=dhcp".to_owned()];
        all.push(line(&["interface", "ipv4", "set", "address"], &values));
    }
}

fn ip_v6(nic: &Nic, wanted: &Adapter, all: &mut Vec<Vec<String>>) {
    let interface = format!("interface={}", nic.index);
    let manual = &nic.manual;
    let address = |verb: &str, address: String| {
        let values = [interface.clone(), format!("address={address}")];
        line(&["interface", "ipv6", verb, "address"], &values)
    };
    let route = |verb: &str, ip: &IpAddr| {
        let nexthop = format!("nexthop={ip}");
        let values = ["prefix=::/0".to_owned(), interface.clone(), nexthop];
        line(&["interface", "ipv6", verb, "route"], &values)
    };
    // `add` takes nothing's place, so what is no longer wanted goes first.
    for ip in manual.gateways.iter().filter(|ip| ip.is_ipv6()) {
        if !wanted.gateways.contains(ip) {
            all.push(route("delete", ip));
        }
    }
    for it in manual.addresses.iter().filter(|it| it.ip.is_ipv6()) {
        if !wanted.addresses.contains(it) {
            all.push(address("delete", it.ip.to_string()));
        }
    }
    for it in wanted.addresses.iter().filter(|it| it.ip.is_ipv6()) {
        if !manual.addresses.contains(it) {
            all.push(address("add", it.to_string()));
        }
    }
    for ip in wanted.gateways.iter().filter(|ip| ip.is_ipv6()) {
        if !nic.gateways.contains(ip) {
            all.push(route("add", ip));
        }
    }
}

fn dns(nic: &Nic, wanted: &Adapter, v4: bool, all: &mut Vec<Vec<String>>) {
    let family = if v4 { "ipv4" } else { "ipv6" };
    let name = format!("name={}", nic.index);
    let is_of_family = |ip: &&IpAddr| ip.is_ipv4() == v4;
    let servers = wanted.dns_servers.iter().filter(is_of_family);
    for (n, ip) in servers.clone().enumerate() {
        let mut values = vec![name.clone()];
        let verb = if n == 0 {
            values.push("source=static".to_owned());
            "set"
        } else {
            "add"
        };
        values.push(format!("address={ip}"));
        values.extend((n > 0).then(|| format!("index={}", n + 1)));
        // It would ask each server, and take its time.
        values.push("validate=no".to_owned());
        all.push(line(&["interface", family, verb, "dnsservers"], &values));
    }
    let is_left = nic.manual.dns_servers.iter().any(|ip| is_of_family(&ip));
    if is_left && servers.count() == 0 {
        let values = [name, "source=dhcp".to_owned()];
        all.push(line(&["interface", family, "set", "dnsservers"], &values));
    }
}

/// A network's mask, as IPv4 writes it.
fn mask(prefix: u8) -> IpAddr {
    let host = u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
    IpAddr::V4((!host).into())
}

/// What an adapter was told and does not have, or was not and has.
#[must_use]
pub fn wrong(nic: &Nic, wanted: &Adapter) -> Option<String> {
    let lack = |what: &str, all: &[IpAddr], has: &[IpAddr]| {
        let mut lacking = all.iter().filter(|ip| !has.contains(ip));
        lacking
            .next()
            .map(|ip| format!("{} has no {what} {ip}", wanted.mac))
    };
    let left = |what: &str, has: &[IpAddr], all: &[IpAddr]| {
        let mut left = has.iter().filter(|ip| !all.contains(ip));
        left.next()
            .map(|ip| format!("{} has the {what} {ip} still", wanted.mac))
    };
    let ips = |all: &[Address]| -> Vec<IpAddr> { all.iter().map(|it| it.ip).collect() };
    let (addresses, manual) = (ips(&wanted.addresses), &nic.manual);
    let (servers, gateways) = (&wanted.dns_servers, &wanted.gateways);
    lack("address", &addresses, &nic.addresses)
        .or_else(|| left("address", &ips(&manual.addresses), &addresses))
        .or_else(|| lack("name server", servers, &nic.dns_servers))
        .or_else(|| left("name server", &manual.dns_servers, servers))
        .or_else(|| left("gateway", &manual.gateways, gateways))
        .or_else(|| lack("gateway", gateways, &nic.gateways).filter(|_| nic.is_up))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nic() -> Nic {
        Nic {
            mac: "52:54:00:12:34:56".parse().expect("a MAC"),
            index: 12,
            guid: "{00000000-0000-0000-0000-000000000000}".into(),
            is_up: true,
            addresses: Vec::new(),
            gateways: Vec::new(),
            dns_servers: Vec::new(),
            manual: Manual::default(),
        }
    }

    fn wanted(addresses: &[&str], gateways: &[&str], servers: &[&str]) -> Adapter {
        let ips = |texts: &[&str]| {
            let ips = texts.iter().map(|text| text.parse().expect("an address"));
            ips.collect()
        };
        let addresses = addresses
            .iter()
            .map(|text| text.parse().expect("an address"));
        Adapter {
            mac: nic().mac,
            addresses: addresses.collect(),
            gateways: ips(gateways),
            dns_servers: ips(servers),
            dns_suffix: None,
        }
    }

    fn told(nic: &Nic, wanted: &Adapter) -> Vec<String> {
        let commands = commands(nic, wanted).into_iter();
        commands.map(|line| line.join(" ")).collect()
    }

    #[test]
    fn an_adapter_is_told_each_thing_once() {
        let wanted = wanted(
            &["192.0.2.10/24", "192.0.2.11/31", "2001:db8::10/64"],
            &["192.0.2.1", "fe80::1"],
            &["192.0.2.53", "192.0.2.54", "2001:db8::53"],
        );
        let all = [
            "interface ipv4 set address name=12 source=static address=192.0.2.10 \
             mask=255.255.255.0 gateway=192.0.2.1",
            "interface ipv4 add address name=12 address=192.0.2.11 mask=255.255.255.254",
            "interface ipv6 add address interface=12 address=2001:db8::10/64",
            "interface ipv6 add route prefix=::/0 interface=12 nexthop=fe80::1",
            "interface ipv4 set dnsservers name=12 source=static address=192.0.2.53 validate=no",
            "interface ipv4 add dnsservers name=12 address=192.0.2.54 index=2 validate=no",
            "interface ipv6 set dnsservers name=12 source=static address=2001:db8::53 validate=no",
        ];
        assert_eq!(told(&nic(), &wanted), all);
    }

    #[test]
    fn a_family_that_nothing_is_said_of_is_left_to_dhcp() {
        assert!(told(&nic(), &wanted(&[], &[], &[])).is_empty());
        let all = told(&nic(), &wanted(&["192.0.2.10/32"], &[], &[]));
        let one = "interface ipv4 set address name=12 source=static address=192.0.2.10 \
                   mask=255.255.255.255 gateway=none";
        assert_eq!(all, [one]);
    }

    #[test]
    fn a_start_on_a_kept_disk_changes_what_changed() {
        let before = wanted(
            &["2001:db8::10/64", "2001:db8::99/64"],
            &["fe80::1", "fe80::9"],
            &[],
        );
        let nic = kept(&before);
        let all = told(&nic, &wanted(&["2001:db8::10/64"], &["fe80::1"], &[]));
        assert_eq!(
            all,
            [
                "interface ipv6 delete route prefix=::/0 interface=12 nexthop=fe80::9",
                "interface ipv6 delete address interface=12 address=2001:db8::99",
            ]
        );
        assert!(told(&nic, &before).is_empty());
    }

    /// An adapter that an earlier start told something, and a router something else.
    fn kept(before: &Adapter) -> Nic {
        let mut nic = nic();
        nic.manual = Manual {
            addresses: before.addresses.clone(),
            gateways: before.gateways.clone(),
            dns_servers: before.dns_servers.clone(),
        };
        nic.gateways.clone_from(&before.gateways);
        nic.gateways.push("fe80::a".parse().expect("an address"));
        nic
    }

    #[test]
    fn what_is_no_longer_wanted_is_taken_back() {
        let nic = kept(&wanted(
            &["192.0.2.10/24", "2001:db8::10/64"],
            &["192.0.2.1", "fe80::1"],
            &["192.0.2.53", "2001:db8::53"],
        ));
        let v4 = "interface ipv4 set address name=12 source=dhcp";
        let v6 = [
            "interface ipv6 delete route prefix=::/0 interface=12 nexthop=fe80::1",
            "interface ipv6 delete address interface=12 address=2001:db8::10",
        ];
        let [dns_v4, dns_v6] =
            ["ipv4", "ipv6"].map(|it| format!("interface {it} set dnsservers name=12 source=dhcp"));
        assert_eq!(
            told(&nic, &wanted(&[], &[], &[])),
            [v4, v6[0], v6[1], &dns_v4, &dns_v6]
        );
        // One family is wanted as it was.
        let all = told(&nic, &wanted(&["192.0.2.10/24"], &[], &["192.0.2.53"]));
        assert_eq!(all[1..3], v6);
        assert!(all[0].contains("source=static") && all[0].ends_with("gateway=none"));
        assert!(all[3].contains("address=192.0.2.53"), "{all:?}");
        assert_eq!(all[4..], [dns_v6]);
        let all = told(&nic, &wanted(&["2001:db8::10/64"], &["fe80::1"], &[]));
        assert_eq!(
            all,
            [
                v4,
                &dns_v4,
                "interface ipv6 set dnsservers name=12 source=dhcp"
            ]
        );
    }

    #[test]
    fn name_servers_are_read_as_the_registry_lists_them() {
        let read = servers("192.0.2.53,192.0.2.54 2001:db8::53");
        let texts: Vec<String> = read.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["192.0.2.53", "192.0.2.54", "2001:db8::53"]);
        assert!(servers("").is_empty());
    }

    #[test]
    fn what_an_adapter_has_decides() {
        let mut nic = nic();
        let wanted = wanted(&["192.0.2.10/24"], &["192.0.2.1"], &["192.0.2.53"]);
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let lacks = |nic: &Nic| wrong(nic, &wanted).unwrap_or_default();
        assert_eq!(lacks(&nic), "52:54:00:12:34:56 has no address 192.0.2.10");
        nic.addresses = vec![ip("192.0.2.10")];
        assert!(lacks(&nic).contains("name server"));
        nic.dns_servers = vec![ip("192.0.2.53")];
        assert!(lacks(&nic).contains("gateway 192.0.2.1"));
        nic.is_up = false;
        assert_eq!(lacks(&nic), "", "without a link Windows shows no gateway");
        nic.gateways = vec![ip("192.0.2.1")];
        nic.is_up = true;
        assert_eq!(lacks(&nic), "");
        nic.manual.addresses = vec!["192.0.2.10/24".parse().expect("an address")];
        assert_eq!(lacks(&nic), "");
        // Of each kind something that nobody wants any more.
        nic.manual.dns_servers = vec![ip("192.0.2.53"), ip("2001:db8::53")];
        assert!(lacks(&nic).ends_with("has the name server 2001:db8::53 still"));
        nic.manual.dns_servers.pop();
        nic.manual.gateways = vec![ip("fe80::9")];
        assert!(lacks(&nic).ends_with("has the gateway fe80::9 still"));
        let other = "2001:db8::99/64".parse().expect("an address");
        nic.manual.addresses.push(other);
        assert!(lacks(&nic).ends_with("has the address 2001:db8::99 still"));
    }

    #[test]
    fn an_adapter_is_known_by_its_mac() {
        let other = Nic {
            mac: Mac([2; 6]),
            index: 3,
            ..nic()
        };
        let nics = [other.clone(), nic()];
        assert_eq!(find(&nics, nic().mac).map(|it| it.index), Ok(12));
        assert!(find(&nics[..1], nic().mac).is_err());
        let error = find(&[nic(), nic()], nic().mac).expect_err("two");
        assert!(error.contains("several"));
    }
}
