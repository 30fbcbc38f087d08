//! A host with a network for its machines: what the module makes of a configuration, started by a
//! systemd of the check's own, and a namespace that is the world outside.

use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::LONG;
use super::place::{HOST_PORT, Place, Router};
use crate::expression;
use crate::real::eval::evaluated;
use crate::real::service::{LIMIT, System};
use crate::test::Context;

/// The host's address for its machines, as the defaults have it, and of the prefix.
const ROUTER: (Ipv4Addr, Ipv6Addr) = (
    Ipv4Addr::new(10, 213, 0, 1),
    Ipv6Addr::new(0xfd12, 0x3456, 0x789a, 0, 0, 0, 0, 1),
);
/// What the prefix is the beginning of.
pub(super) const LINK: &str = "fd12:3456:789a::";

/// The host's and another one's address outside.
pub(super) const HOST: (Ipv4Addr, Ipv6Addr) = outside(1);
pub(super) const WORLD: (Ipv4Addr, Ipv6Addr) = outside(2);
const OUTSIDE: &str = "outside";
const WIRE: &str = "wan0";
/// A name that somebody outside knows.
pub(super) const WORLD_NAME: &str = "www.example.org";

const fn outside(last: u8) -> (Ipv4Addr, Ipv6Addr) {
    (
        Ipv4Addr::new(192, 0, 2, last),
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last as u16),
    )
}

/// It runs until it is dropped.
pub(super) struct Host<'a> {
    pub(super) system: System<'a>,
    /// What `tests/nix/network/served.nix` gives.
    pub(super) told: Value,
    pub(super) place: Place,
    pub(super) outside: Place,
}

impl<'a> Host<'a> {
    /// Starts what `lucarne.network` says, for a Windows machine and a guest of microvm.nix.
    pub(super) fn start(context: &'a Context, network: &Value) -> Result<Self> {
        let told = configured(context, network)?;
        let system = System::boot(context, &[])?;
        let outside = world(&system)?;
        let place = Place::open("the host", &system.place("/proc/1/ns/net"))?;
        let mut host = Self {
            system,
            told,
            place,
            outside,
        };
        host.serve()?;
        Ok(host)
    }

    /// Writes and starts what NixOS would.
    fn serve(&mut self) -> Result<()> {
        for (name, text) in entries(&self.told["files"])? {
            if name.ends_with(".network") || name.ends_with(".netdev") {
                let place = format!("/etc/systemd/network/{name}");
                self.system.write(&place, told(&text)?)?;
            }
        }
        self.settings()?;
        // As it is where nobody needs it.
        if self.can_filter_bridges() {
            self.filter_bridges(false)?;
        }
        self.firewall()?;
        for unit in ["systemd-networkd.service", "systemd-networkd.socket"] {
            // They are masked for hosts that need no network.
            fs::remove_file(self.system.place(&format!("/etc/systemd/system/{unit}")))?;
        }
        let services = entries(&self.told["services"])?;
        for (name, service) in &services {
            self.commands(told(&service["command"])?)?;
            let place = format!("/etc/systemd/system/{name}.service");
            self.system.write(&place, told(&service["text"])?)?;
        }
        let names: Vec<_> = services.iter().map(|(name, _)| name.clone()).collect();
        self.system.systemctl(&["daemon-reload"])?;
        self.system
            .systemctl(&["start", "systemd-networkd.service"])?;
        for name in names {
            self.system.systemctl(&["start", &name])?;
            if name.starts_with("dnsmasq") {
                let unit = format!("{name}.service");
                self.system.until(&unit, "started, version")?;
            }
        }
        Ok(())
    }

    /// The kernel's settings, and names in the host's own file.
    fn settings(&self) -> Result<()> {
        for (key, value) in entries(&self.told["sysctl"])? {
            let value = match value.as_bool() {
                Some(on) => i64::from(on),
                None => value.as_i64().context("a setting is no number")?,
            };
            self.system
                .read(&["sysctl", "--write", &format!("{key}={value}")])?;
        }
        let mut hosts = "127.0.0.1 localhost\n".to_owned();
        for (address, names) in entries(&self.told["hosts"])? {
            for name in names.as_array().context("no names")? {
                writeln!(hosts, "{address} {}", told(name)?)?;
            }
        }
        self.system.write("/etc/hosts", &hosts)
    }

    /// What NixOS' own firewall does by its defaults: what is not let in stays out, and so does
    /// what could not be answered by the way it came.
    fn firewall(&self) -> Result<()> {
        let mut rules = vec![
            "iifname lo accept".to_owned(),
            "ct state { established, related } accept".to_owned(),
            "icmpv6 type != nd-redirect accept".to_owned(),
            // The check's own.
            format!("tcp dport {HOST_PORT} accept"),
        ];
        for (interface, ports) in entries(&self.told["firewall"])? {
            for (key, protocol) in [("allowedTCPPorts", "tcp"), ("allowedUDPPorts", "udp")] {
                for port in ports[key].as_array().context("no ports")? {
                    rules.push(format!(
                        "iifname \"{interface}\" {protocol} dport {port} accept"
                    ));
                }
            }
        }
        let text = format!(
            "table inet firewall {{
               chain path {{
                 type filter hook prerouting priority mangle + 10; policy drop;
                 meta nfproto ipv4 udp sport 68 udp dport 67 accept
                 fib saddr . mark . iif oif exists accept
               }}
               chain input {{
                 type filter hook input priority filter; policy drop;
                 {}
               }}
             }}\n",
            rules.join("\n")
        );
        self.system.write("/etc/firewall.nft", &text)?;
        self.system
            .read(&["nft", "--file", "/etc/firewall.nft"])
            .map(drop)
    }

    /// Whether the kernel has `br_netfilter`, which other programs load.
    pub(super) fn can_filter_bridges(&self) -> bool {
        self.system.place("/proc/sys/net/bridge").exists()
    }

    /// Says whether rules are asked of what a bridge passes on, as such a kernel does.
    pub(super) fn filter_bridges(&self, filtered: bool) -> Result<()> {
        for family in ["iptables", "ip6tables"] {
            let setting = format!("net.bridge.bridge-nf-call-{family}={}", u8::from(filtered));
            self.system.read(&["sysctl", "--write", &setting])?;
        }
        Ok(())
    }

    /// Puts a program and its file to the places in the store that a command names.
    fn commands(&self, command: &str) -> Result<()> {
        let files = &self.told["files"];
        let mut words = command
            .split([' ', '='])
            .filter(|word| word.starts_with('/'));
        let program = words.next().context("a command without a program")?;
        let own = program.rsplit('/').next().unwrap_or(program);
        let folder = program.strip_suffix(own).unwrap_or(program);
        self.system.read(&["mkdir", "--parents", folder])?;
        self.system
            .read(&["ln", "--symbolic", &format!("/usr/sbin/{own}"), program])?;
        for place in words {
            let (_, name) = place.split_once("-lucarne-").context("another file")?;
            self.system.write(place, told(&files[name])?)?;
        }
        Ok(())
    }

    /// The address of a card of its own.
    pub(super) fn card(&self, interface: &str) -> Result<String> {
        let file = format!("/sys/class/net/{interface}/address");
        let text = fs::read_to_string(self.system.place(&file));
        Ok(text
            .with_context(|| format!("no `{interface}`"))?
            .trim()
            .to_owned())
    }

    /// For who asks it.
    pub(super) fn router(&self) -> Router<'_> {
        let (v4, v6) = ROUTER;
        let place = &self.place;
        Router { place, v4, v6 }
    }
}

/// Asks Nix for all of it.
fn configured(context: &Context, network: &Value) -> Result<Value> {
    let file = context.repository.join("tests/nix/network/served.nix");
    let arguments = json!({ "network": network, "windows": ["office"], "guests": [LONG] });
    let asked = format!("import {file} ({})", expression::json(&arguments));
    let told = evaluated(context, LIMIT, &["--expr", &asked])?;
    ensure!(told["failed"] == json!([]), "refused: {}", told["failed"]);
    Ok(told)
}

/// A wire to somebody who knows of the host, and nothing of its machines.
fn world(system: &System<'_>) -> Result<Place> {
    let ip = |line: &str| {
        let words: Vec<_> = std::iter::once("ip").chain(line.split(' ')).collect();
        system.read(&words).map(drop)
    };
    ip(&format!("netns add {OUTSIDE}"))?;
    ip(&format!(
        "link add {WIRE} type veth peer name eth0 netns {OUTSIDE}"
    ))?;
    for (of, interface, (v4, v6)) in [
        (String::new(), WIRE, HOST),
        (format!("--netns {OUTSIDE} "), "eth0", WORLD),
    ] {
        ip(&format!("{of}address add {v4}/24 dev {interface}"))?;
        ip(&format!("{of}address add {v6}/64 dev {interface} nodad"))?;
        ip(&format!("{of}link set {interface} up"))?;
    }
    // It answers for its name when the command has ended.
    let (v4, v6) = WORLD;
    let server = format!(
        "ip netns exec {OUTSIDE} dnsmasq --conf-file=/dev/null --no-resolv --no-hosts \
         --pid-file=/run/outside.pid --host-record={WORLD_NAME},{v4},{v6}"
    );
    let words: Vec<_> = server.split(' ').filter(|word| !word.is_empty()).collect();
    system.read(&words)?;
    Place::open(OUTSIDE, &system.place(&format!("/run/netns/{OUTSIDE}")))
}

/// The names and values of a set.
fn entries(set: &Value) -> Result<Vec<(String, Value)>> {
    let set = set.as_object().context("no set")?;
    Ok(set.iter().map(|(k, v)| (k.clone(), v.clone())).collect())
}

/// A text of Nix' own.
pub(super) fn told(value: &Value) -> Result<&str> {
    value
        .as_str()
        .with_context(|| format!("`{value}` is no text"))
}

/// Both addresses of somebody.
pub(super) fn both((v4, v6): (Ipv4Addr, Ipv6Addr)) -> [IpAddr; 2] {
    [v4.into(), v6.into()]
}
