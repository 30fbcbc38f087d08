//! The network of machines as it is served: the real dnsmasq, networkd and nftables, which a
//! configuration of the module's starts in a host of the check's own, and machines that ask them.
//!
//! A machine here is whatever asks on its own TAP interface: Windows and Linux are not seen.

mod host;
mod machine;
mod place;

use std::net::IpAddr;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use self::host::{HOST, Host, LINK, WORLD, WORLD_NAME, both};
use self::machine::{Machine, Says};
use crate::test::{Check, Context, Outcome};

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "network/bridged",
        shows: "machines have their addresses and names, reach out and each other, and are reached",
        run: bridged,
    },
    Check {
        name: "network/bridged-filtered",
        shows: "the same where the kernel asks rules of what a bridge passes on, as with Docker",
        run: bridged_filtered,
    },
    Check {
        name: "network/isolated",
        shows: "machines on a bridge reach the host and out, and not each other",
        run: isolated,
    },
    Check {
        name: "network/routed",
        shows: "machines with one address each reach out and each other by the host's routes",
        run: routed,
    },
    Check {
        name: "network/routed-isolated",
        shows: "machines with one address each reach the host and out, and not each other",
        run: routed_isolated,
    },
    Check {
        name: "network/networkd",
        shows: "networkd's own server gives machines their own addresses",
        run: networkd,
    },
];

/// A guest's name that is too long for an interface, so that it is cut.
const LONG: &str = "machine-with-a-long-name";
/// As it is called by itself.
const BRIDGE: &str = "lucarne";
/// Nobody's card.
const STRANGER: &str = "52:54:00:00:00:99";
const HTTP: u16 = 80;
const FORWARDED: u16 = 8080;
/// Of UDP, at one address alone.
const TALK: u16 = 5060;
/// As the subnet has it.
const LENGTH: u8 = 24;

/// What most checks configure, and more.
fn network(more: Value) -> Value {
    let mut network = json!({
        "ipv6": { "prefix": format!("{LINK}/64") },
        "dns": { "servers": [WORLD.0] },
        "nat": { "enable": true },
        "forwards": [
            { "port": FORWARDED, "machine": "office", "machinePort": HTTP },
            { "port": TALK, "machine": LONG, "protocol": "udp", "listen": HOST.0 },
        ],
    });
    if let (Some(network), Value::Object(more)) = (network.as_object_mut(), more) {
        network.extend(more);
    }
    network
}

/// The host and both of its machines, which have their addresses.
struct Network<'a> {
    host: Host<'a>,
    office: Machine,
    long: Machine,
}

impl<'a> Network<'a> {
    fn start(context: &'a Context, network: &Value) -> Result<Self> {
        Self::on(Host::start(context, network)?)
    }

    fn on(host: Host<'a>) -> Result<Self> {
        let office = Machine::start(&host, "office", Says::Card)?;
        let long = Machine::start(&host, LONG, Says::Itself)?;
        for machine in [&office, &long] {
            machine.has_its_addresses(&host, LENGTH)?;
        }
        Ok(Self { host, office, long })
    }

    /// Each one and the other one.
    fn pairs(&self) -> [(&Machine, &Machine); 2] {
        [(&self.office, &self.long), (&self.long, &self.office)]
    }

    /// Each knows the other, itself and somebody outside by name, from each server it was told.
    fn names(&self) -> Result<()> {
        let router = self.host.router();
        let routers = [router.v4.to_string(), router.v6.to_string()];
        for (machine, other) in self.pairs() {
            let servers = machine.servers(&self.host)?;
            let all = routers.iter().all(|router| servers.contains(router));
            ensure!(all, "`{}` asks {servers:?}", machine.name);
            for server in &servers {
                let asked = |database: &str, name: &str| {
                    machine.resolves(&self.host, server, database, name)
                };
                for known in [machine, other] {
                    let short = &known.host_name;
                    let long = format!("{short}.vm.internal");
                    // With a dot at its end a name is sought in no domain.
                    for name in [short, &format!("{short}."), &long] {
                        same(&asked("ahostsv4", name)?, known.v4.into())?;
                    }
                    if let Some(v6) = known.v6 {
                        same(&asked("ahostsv6", &long)?, v6.into())?;
                        ensure!(asked("hosts", &v6.to_string())? == [long.as_str()]);
                    }
                    ensure!(asked("hosts", &known.v4.to_string())? == [long.as_str()]);
                }
                same(&asked("ahostsv4", WORLD_NAME)?, WORLD.0.into())?;
                same(&asked("ahostsv6", WORLD_NAME)?, WORLD.1.into())?;
            }
        }
        Ok(())
    }

    /// Each reaches somebody outside, who takes it for the host and knows no way to it.
    fn out(&self) -> Result<()> {
        for (machine, _) in self.pairs() {
            for (world, host) in both(WORLD).into_iter().zip(both(HOST)) {
                if world.is_ipv6() && machine.v6.is_none() {
                    continue;
                }
                let at = (world, HTTP).into();
                for from in [
                    machine.place.asks(at, &self.host.outside, HTTP)?,
                    machine.place.tells(at, &self.host.outside, HTTP)?,
                ] {
                    ensure!(from == host, "`{}` is `{from}` outside", machine.name);
                }
            }
        }
        Ok(())
    }

    /// Each reaches the other by both addresses, or neither does, as the other one's `cards` say:
    /// whoever holds the other's address for who asks.
    fn each_other(&self, reached: bool, cards: [&str; 2]) -> Result<()> {
        for ((machine, other), card) in self.pairs().into_iter().zip(cards) {
            for address in addresses(other) {
                machine.knows(&self.host, &address.to_string(), card)?;
                let router = self.host.router();
                let found = machine.place.reaches(address, &other.place, &router)?;
                ensure!(
                    found == reached,
                    "that `{}` reaches `{address}` is {found}",
                    machine.name
                );
                if reached {
                    let from = machine
                        .place
                        .asks((address, HTTP).into(), &other.place, HTTP)?;
                    let known = addresses(machine).contains(&from);
                    ensure!(known, "`{}` is `{from}` for the other", machine.name);
                }
            }
        }
        Ok(())
    }

    /// A port of the host's leads to its machine: from outside, from the host itself and from
    /// machines, whichever of its addresses is asked.
    fn forwarded(&self, machines: &[&Machine]) -> Result<()> {
        let Self { host, office, long } = self;
        for (address, world) in both(HOST).into_iter().zip(both(WORLD)) {
            let at = (address, FORWARDED).into();
            let from = host.outside.asks(at, &office.place, HTTP)?;
            ensure!(from == world, "who asks from outside is `{from}`");
            host.place.asks(at, &office.place, HTTP)?;
            for machine in machines {
                machine.place.asks(at, &office.place, HTTP)?;
            }
        }
        let at = (HOST.0, TALK).into();
        let from = host.outside.tells(at, &long.place, TALK)?;
        ensure!(from == WORLD.0, "who tells from outside is `{from}`");
        Ok(())
    }

    /// A machine that starts again, on a new interface, has what it had.
    fn again(self) -> Result<Self> {
        let Self { host, office, long } = self;
        let office = office.restart(&host, Says::Card)?;
        office.has_its_addresses(&host, LENGTH)?;
        Ok(Self { host, office, long })
    }

    /// What holds of all of them, whether they reach each other or not. What a machine asks of
    /// itself comes back by the way it went.
    fn serves(&self) -> Result<()> {
        self.names()?;
        self.out()?;
        self.forwarded(&[&self.office, &self.long])
    }

    /// Each other's cards, as they see them on a bridge.
    fn cards(&self) -> [&str; 2] {
        [&self.long.mac, &self.office.mac]
    }

    /// Whether they reach each other by the host, which is asked to pass it on: they take one of
    /// its interfaces for the other machine.
    fn by_the_host(&self, reached: bool, interfaces: [&str; 2]) -> Result<()> {
        let cards = interfaces.map(|interface| self.host.card(interface));
        let [office, long] = cards;
        self.each_other(reached, [&office?, &long?])
    }

    /// Their own interfaces on the host.
    fn taps(&self) -> [&str; 2] {
        [&self.office.tap, &self.long.tap]
    }
}

fn addresses(machine: &Machine) -> Vec<IpAddr> {
    let v4 = std::iter::once(machine.v4.into());
    v4.chain(machine.v6.map(IpAddr::from)).collect()
}

fn same(found: &[String], wanted: IpAddr) -> Result<()> {
    let wanted = wanted.to_string();
    ensure!(found == [wanted.as_str()], "{found:?} is not `{wanted}`");
    Ok(())
}

fn bridged(context: &Context) -> Result<Outcome> {
    let mut all = Network::start(context, &network(json!({})))?;
    all.serves()?;
    all = all.again()?;
    all.each_other(true, all.cards())?;
    refused(&mut all.host)?;
    Ok(Outcome::Passed)
}

/// A card that is no machine's is given nothing.
fn refused(host: &mut Host<'_>) -> Result<()> {
    machine::plug(host, "stranger", "vm-stranger", STRANGER, Says::Card)?;
    // No port of the configuration's: it is put there as somebody would.
    let put = ["ip", "link", "set", "vm-stranger", "master", BRIDGE];
    host.system.read(&put)?;
    let words = format!("{STRANGER} no address available");
    host.system
        .until("dnsmasq-lucarne.service", &words)
        .map(drop)
}

fn bridged_filtered(context: &Context) -> Result<Outcome> {
    let host = Host::start(context, &network(json!({})))?;
    if !host.can_filter_bridges() {
        return Ok(Outcome::Skipped(
            "this kernel has no br_netfilter".to_owned(),
        ));
    }
    let all = Network::on(host)?;
    all.host.filter_bridges(true)?;
    all.names()?;
    all.out()?;
    // A bridge passes nothing back by the port that it came from, so nobody reaches itself.
    all.forwarded(&[&all.long])?;
    all.each_other(true, all.cards())?;
    Ok(Outcome::Passed)
}

fn isolated(context: &Context) -> Result<Outcome> {
    let all = Network::start(context, &network(json!({ "isolation": true })))?;
    all.serves()?;
    let all = all.again()?;
    all.each_other(false, all.cards())?;
    all.by_the_host(false, [BRIDGE; 2])?;
    Ok(Outcome::Passed)
}

fn routed(context: &Context) -> Result<Outcome> {
    // A prefix of any length: of this one names decide 16 bits.
    let prefix = format!("{LINK}/112");
    let settings = network(json!({ "mode": "routed", "ipv6": { "prefix": prefix } }));
    let all = Network::start(context, &settings)?;
    all.serves()?;
    let all = all.again()?;
    all.by_the_host(true, all.taps())?;
    Ok(Outcome::Passed)
}

fn routed_isolated(context: &Context) -> Result<Outcome> {
    let settings = network(json!({ "mode": "routed", "isolation": true }));
    let all = Network::start(context, &settings)?;
    all.serves()?;
    let all = all.again()?;
    all.by_the_host(false, all.taps())?;
    Ok(Outcome::Passed)
}

fn networkd(context: &Context) -> Result<Outcome> {
    let settings = json!({
        "dns": { "enable": false, "servers": [WORLD.0] },
        "nat": { "enable": true },
    });
    let all = Network::start(context, &settings)?;
    ensure!(all.host.told["server"] == "networkd", "another one serves");
    for (machine, _) in all.pairs() {
        let servers = machine.servers(&all.host)?;
        ensure!(servers == [WORLD.0.to_string()], "it asks {servers:?}");
        let found = machine.resolves(&all.host, &servers[0], "ahostsv4", WORLD_NAME)?;
        same(&found, WORLD.0.into())?;
    }
    all.out()?;
    all.each_other(true, all.cards())?;
    Ok(Outcome::Passed)
}
