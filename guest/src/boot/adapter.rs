//! A network adapter, told its addresses: the commands, and whether they did it.
//!
//! netsh is told, with each value an argument of its own, and not Windows' IP Helper: an address
//! that `CreateUnicastIpAddressEntry` makes lies beside a DHCP client that goes on asking, and DNS
//! servers have no function before Windows 10 2004. What netsh says is in Windows' language and its
//! exit code says little, so afterwards IP Helper is asked what the adapter has: that decides.
//!
//! The adapter is named to netsh by its index, which no language and no user changes.

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
    /// What somebody gave it: neither DHCP's nor a router's, nor those of the link alone.
    pub manual: Vec<Address>,
    pub addresses: Vec<IpAddr>,
    pub gateways: Vec<IpAddr>,
    pub dns_servers: Vec<IpAddr>,
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
        let servers = wanted.dns_servers.iter().filter(|ip| ip.is_ipv4() == v4);
        dns(nic, v4, servers, &mut all);
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
}

fn ip_v6(nic: &Nic, wanted: &Adapter, all: &mut Vec<Vec<String>>) {
    let interface = format!("interface={}", nic.index);
    let mut v6 = wanted
        .addresses
        .iter()
        .filter(|it| it.ip.is_ipv6())
        .peekable();
    if v6.peek().is_none() {
        return;
    }
    // `add` takes nothing's place: what an earlier start gave, on a disk that was kept, goes.
    let old = nic.manual.iter().filter(|it| it.ip.is_ipv6());
    for it in old.filter(|it| !wanted.addresses.contains(it)) {
        let values = [interface.clone(), format!("address={}", it.ip)];
        all.push(line(&["interface", "ipv6", "delete", "address"], &values));
    }
    for it in v6.filter(|it| !nic.manual.contains(it)) {
        let values = [interface.clone(), format!("address={it}")];
        all.push(line(&["interface", "ipv6", "add", "address"], &values));
    }
    for ip in wanted.gateways.iter().filter(|ip| ip.is_ipv6()) {
        if !nic.gateways.contains(ip) {
            let values = [
                "prefix=::/0".to_owned(),
                interface.clone(),
                format!("nexthop={ip}"),
            ];
            all.push(line(&["interface", "ipv6", "add", "route"], &values));
        }
    }
}

fn dns<'a>(
    nic: &Nic,
    v4: bool,
    servers: impl Iterator<Item = &'a IpAddr>,
    all: &mut Vec<Vec<String>>,
) {
    let family = if v4 { "ipv4" } else { "ipv6" };
    for (n, ip) in servers.enumerate() {
        let mut values = vec![format!("name={}", nic.index)];
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
}

/// A network's mask, as IPv4 writes it.
fn mask(prefix: u8) -> IpAddr {
    let host = u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
    IpAddr::V4((!host).into())
}

/// What an adapter was told and does not have.
#[must_use]
pub fn missing(nic: &Nic, wanted: &Adapter) -> Option<String> {
    let lack = |what: &str, all: &[IpAddr], has: &[IpAddr]| {
        let mut lacking = all.iter().filter(|ip| !has.contains(ip));
        lacking
            .next()
            .map(|ip| format!("{} has no {what} {ip}", wanted.mac))
    };
    let addresses: Vec<IpAddr> = wanted.addresses.iter().map(|it| it.ip).collect();
    let here = lack("address", &addresses, &nic.addresses)
        .or_else(|| lack("name server", &wanted.dns_servers, &nic.dns_servers));
    if nic.is_up {
        here.or_else(|| lack("gateway", &wanted.gateways, &nic.gateways))
    } else {
        here
    }
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
            manual: Vec::new(),
            addresses: Vec::new(),
            gateways: Vec::new(),
            dns_servers: Vec::new(),
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
        let mut nic = nic();
        nic.manual = vec![
            "2001:db8::10/64".parse().expect("an address"),
            "2001:db8::99/64".parse().expect("an address"),
        ];
        nic.gateways = vec!["fe80::1".parse().expect("an address")];
        let all = told(&nic, &wanted(&["2001:db8::10/64"], &["fe80::1"], &[]));
        assert_eq!(
            all,
            ["interface ipv6 delete address interface=12 address=2001:db8::99"]
        );
    }

    #[test]
    fn what_an_adapter_has_decides() {
        let mut nic = nic();
        let wanted = wanted(&["192.0.2.10/24"], &["192.0.2.1"], &["192.0.2.53"]);
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let lacks = |nic: &Nic| missing(nic, &wanted).unwrap_or_default();
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
