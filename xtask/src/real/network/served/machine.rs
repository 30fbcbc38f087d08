//! A machine on the network: a TAP interface that QEMU has open as it has a machine's, and on its
//! other side not a machine but a namespace with networkd, which asks for addresses as one does.

use std::net::{Ipv4Addr, Ipv6Addr};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::host::{Host, told};
use super::place::Place;

/// The machine's own view of the check's host: what differs from machine to machine is in `/srv`.
const UNIT: (&str, &str) = (
    "/etc/systemd/system/machine@.service",
    "[Unit]
Description=The network of machine %i
[Service]
Type=notify
ExecStart=/usr/lib/systemd/systemd-networkd
User=systemd-network
AmbientCapabilities=CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_RAW
NetworkNamespacePath=/run/netns/%i
RuntimeDirectory=machine-%i
BindPaths=/run/machine-%i:/run/systemd/netif
TemporaryFileSystem=/etc/systemd/network:ro
BindReadOnlyPaths=/srv/%i/eth0.network:/etc/systemd/network/eth0.network
BindReadOnlyPaths=/srv/%i/machine-id:/etc/machine-id
BindReadOnlyPaths=/srv/%i/hosts:/etc/hosts
BindReadOnlyPaths=/srv/%i/resolv.conf:/etc/resolv.conf
# Else it would wait for udev.
ReadOnlyPaths=/sys
",
);
const WAIT: &str = "/usr/lib/systemd/systemd-networkd-wait-online";
/// QEMU without a machine: frames go from one interface to the other. It has both open when its
/// unit has started.
const QEMU: &str = "--service-type=forking qemu-system-x86_64 -machine none -nodefaults \
                    -no-user-config -display none -daemonize";

/// How a machine says who it is.
#[derive(Clone, Copy)]
pub(super) enum Says {
    /// By its card, as Windows does.
    Card,
    /// By its `machine-id`, as networkd does by itself.
    Itself,
}

pub(super) struct Machine {
    pub(super) name: String,
    pub(super) mac: String,
    /// Its interface on the host.
    pub(super) tap: String,
    pub(super) host_name: String,
    pub(super) v4: Ipv4Addr,
    pub(super) v6: Option<Ipv6Addr>,
    pub(super) place: Place,
}

impl Machine {
    /// Plugs one of the registry's in, with its own card and its own interface on the host.
    pub(super) fn start(host: &Host<'_>, name: &str, says: Says) -> Result<Self> {
        let own = &host.told["registry"][name];
        let mac = told(&own["mac"])?;
        let tap = told(&own["tap"])?;
        let place = plug(host, name, tap, mac, says)?;
        let v6 = match &own["address6"] {
            Value::Null => None,
            address => Some(told(address)?.parse()?),
        };
        Ok(Self {
            name: name.to_owned(),
            mac: mac.to_owned(),
            tap: tap.to_owned(),
            host_name: told(&own["hostName"])?.to_owned(),
            v4: told(&own["address"])?.parse()?,
            v6,
            place,
        })
    }

    /// Ends it, its interface too, and starts it anew.
    pub(super) fn restart(self, host: &Host<'_>, says: Says) -> Result<Self> {
        let Self { name, tap, .. } = self;
        // QEMU has ended then, and holds no interface any more.
        for unit in [unit(&name), wire_unit(&name)] {
            host.system.systemctl(&["stop", &unit])?;
        }
        host.system.read(&["ip", "link", "delete", &tap])?;
        host.system.read(&["ip", "netns", "delete", &name])?;
        Self::start(host, &name, says)
    }

    /// Runs a command where the machine is.
    fn read(&self, host: &Host<'_>, words: &[&str]) -> Result<String> {
        let pid = host.system.show(&unit(&self.name), "MainPID")?;
        let enter = ["nsenter", "--target", &pid, "--mount", "--net", "--"];
        host.system.read(&[&enter, words].concat())
    }

    /// Waits until it has what it asked for, which is what the registry says and no more.
    pub(super) fn has_its_addresses(&self, host: &Host<'_>, length: u8) -> Result<()> {
        let mut wait = vec![WAIT, "--timeout=120", "--interface=eth0:routable", "--ipv4"];
        wait.extend(self.v6.map(|_| "--ipv6"));
        self.read(host, &wait)?;
        let json = self.read(host, &["ip", "-json", "address", "show", "dev", "eth0"])?;
        let shown: Value = serde_json::from_str(&json)?;
        let all = shown[0]["addr_info"].as_array().context("no addresses")?;
        let global = all.iter().filter(|address| address["scope"] == "global");
        let found: Vec<_> = global
            .map(|it| Ok(format!("{}/{}", told(&it["local"])?, it["prefixlen"])))
            .collect::<Result<_>>()?;
        let mut wanted = vec![format!("{}/{length}", self.v4)];
        wanted.extend(self.v6.map(|address| format!("{address}/128")));
        ensure!(
            found == wanted,
            "`{}` has {found:?}, not {wanted:?}",
            self.name
        );
        Ok(())
    }

    /// What networkd was told: servers of names, domains.
    fn state(&self, host: &Host<'_>, key: &str) -> Result<Vec<String>> {
        let file = host
            .system
            .place(&format!("/run/machine-{}/state", self.name));
        let text = std::fs::read_to_string(&file)?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        let words = line.unwrap_or_default().split(' ');
        Ok(words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect())
    }

    /// The servers of names that it was told: by DHCP, and by a router's own address on its link.
    pub(super) fn servers(&self, host: &Host<'_>) -> Result<Vec<String>> {
        let servers = self.state(host, "DNS")?.into_iter();
        let scoped = |server: String| {
            let is_link = server.starts_with("fe80:") && !server.contains('%');
            if is_link { server + "%eth0" } else { server }
        };
        Ok(servers.map(scoped).collect())
    }

    /// The addresses of a name, or the name of an address, by one of those servers.
    pub(super) fn resolves(
        &self,
        host: &Host<'_>,
        server: &str,
        database: &str,
        name: &str,
    ) -> Result<Vec<String>> {
        let domains = self.state(host, "DOMAINS")?.join(" ");
        let text = format!("nameserver {server}\nsearch {domains}\n");
        // In its place: what is bound is the file.
        let file = host
            .system
            .place(&format!("/srv/{}/resolv.conf", self.name));
        std::fs::write(file, text)?;
        let said = self.read(host, &["getent", database, name]);
        let said = said.with_context(|| format!("`{server}` does not know `{name}`"))?;
        let column = usize::from(database == "hosts");
        let words = said
            .lines()
            .filter_map(|line| line.split_whitespace().nth(column));
        let mut words: Vec<_> = words.map(str::to_owned).collect();
        words.dedup();
        Ok(words)
    }

    /// Tells it whose card another machine is, so that it asks nobody.
    pub(super) fn knows(&self, host: &Host<'_>, address: &str, mac: &str) -> Result<()> {
        let known = [
            "ip",
            "neighbour",
            "replace",
            address,
            "lladdr",
            mac,
            "dev",
            "eth0",
        ];
        self.read(host, &known).map(drop)
    }
}

/// QEMU's.
fn wire_unit(name: &str) -> String {
    format!("wire-{name}.service")
}

fn unit(name: &str) -> String {
    format!("machine@{name}.service")
}

/// Makes the interface as a machine's start does, and whoever is on its other side.
pub(super) fn plug(host: &Host<'_>, name: &str, tap: &str, mac: &str, says: Says) -> Result<Place> {
    let system = &host.system;
    let run = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        system.read(&words).map(drop)
    };
    let wire = |id: &str, interface: &str| {
        format!(
            " -netdev tap,id={id},ifname={interface},script=no,downscript=no \
             -netdev hubport,id={id}-hub,hubid=0,netdev={id}"
        )
    };
    run(&format!("ip netns add {name}"))?;
    // The other side's name is nobody's, until it is the machine's first card.
    for interface in [tap, "card"] {
        run(&format!("ip tuntap add {interface} mode tap"))?;
    }
    run(&format!(
        "systemd-run --quiet --unit={} {QEMU}{}{}",
        wire_unit(name),
        wire("host", tap),
        wire("card", "card")
    ))?;
    run(&format!(
        "ip link set card address {mac} name eth0 netns {name}"
    ))?;
    run(&format!("ip link set {tap} up"))?;

    let who = match says {
        Says::Card => ("ClientIdentifier=mac", "DUIDType=link-layer"),
        Says::Itself => ("ClientIdentifier=duid", "DUIDType=vendor"),
    };
    let network = format!(
        "[Match]\nName=eth0\n[Network]\nDHCP=yes\nIPv6AcceptRA=yes\nIPv6PrivacyExtensions=no\n\
         [DHCPv4]\n{}\nUseDomains=yes\n\
         [DHCPv6]\n{}\nUseDomains=yes\n[IPv6AcceptRA]\nUseDomains=yes\n",
        who.0, who.1
    );
    let id = mac.replace(':', "").repeat(3);
    for (file, text) in [
        ("eth0.network", network.as_str()),
        ("machine-id", &format!("{id:.32}\n")),
        ("hosts", "127.0.0.1 localhost\n"),
        ("resolv.conf", ""),
    ] {
        system.write(&format!("/srv/{name}/{file}"), text)?;
    }
    system.write(UNIT.0, UNIT.1)?;
    system.systemctl(&["daemon-reload"])?;
    system.systemctl(&["start", &unit(name)])?;
    Place::open(name, &system.place(&format!("/run/netns/{name}")))
}
