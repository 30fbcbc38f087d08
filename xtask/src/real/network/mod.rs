//! What names decide in a network, and who has which address: Nix' pure functions against ours.

mod model;
mod names;
mod served;

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use self::model::Subnet;
use super::eval::evaluated;
use crate::test::{Check, Context, Counts, Outcome};

pub(super) use served::CHECKS as SERVED;

pub(super) const CHECKS: &[Check] = &[Check {
    name: "nix/network",
    shows: "ten thousand names give in Nix what they give in a program that knows the rules",
    run,
}];

const LIMIT: Duration = Duration::from_secs(300);
const NAMES: usize = 10_000;
const TAP_PREFIXES: [&str; 3] = ["vm-", "vmch-", "tap-"];

/// Asks Nix for all of it at once.
const EXPRESSION: &str = "
let
  lib = REPOSITORY/nix/lib/network;
  names = import (lib + \"/names.nix\");
  ipv4 = import (lib + \"/ipv4.nix\");
  ipv6 = import (lib + \"/ipv6.nix\");
  slots = import (lib + \"/slots.nix\");
  asked = builtins.fromJSON (builtins.readFile FOLDER/asked.json);
  or' = value: f: if value == null then null else f value;
in
{
  names = map (name: {
    mac = names.mac name;
    taps = map (prefix: names.tap prefix name) asked.tapPrefixes;
    cid = names.cid name;
    interfaceId = ipv6.format ([ 0 0 0 0 ] ++ names.interfaceId name);
    slot = names.slot 65533 name;
  }) asked.names;
  hashes = map (hash: ipv6.format ([ 0 0 0 0 ] ++ names.interfaceIdOf hash)) asked.hashes;
  ipv4 = map (text: or' (ipv4.parse text) ipv4.format) asked.ipv4;
  ipv6 = map (text: or' (ipv6.parse text) ipv6.format) asked.ipv6;
  subnets = map (
    subnet:
    let
      network = ipv4.parseNetwork subnet.network;
      given = slots {
        inherit network;
        gateway = ipv4.parse subnet.router;
        machines = builtins.mapAttrs (_: pin: or' pin ipv4.parse) subnet.machines;
      };
    in
    given // { addresses = or' (given.addresses or null) (builtins.mapAttrs (_: ipv4.format)); }
  ) asked.subnets;
}
";

fn run(context: &Context) -> Result<Outcome> {
    let names = names::many(NAMES);
    let (ipv4, ipv6) = (names::ipv4(), names::ipv6());
    let hashes = names::reserved_hashes();
    let subnets = subnets(&names);
    let asked = json!({
        "tapPrefixes": TAP_PREFIXES,
        "names": names,
        "hashes": hashes,
        "ipv4": ipv4,
        "ipv6": ipv6,
        "subnets": subnets.iter().map(Subnet::to_json).collect::<Vec<_>>(),
    });
    fs::write(context.folder.join("asked.json"), asked.to_string())?;
    let expression = EXPRESSION
        .replace("REPOSITORY", context.repository.as_str())
        .replace("FOLDER", context.folder.as_str());
    let file = context.folder.join("network.nix");
    fs::write(&file, expression)?;
    let given = evaluated(context, LIMIT, &[file.as_str()])?;

    let mut compared = Compared::new(context, &given);
    compared.all("names", &names, |name| of_name(name))?;
    compared.all("hashes", &hashes, |hash| {
        json!(model::interface_id_of(hash))
    })?;
    compared.all("ipv4", &ipv4, |text| {
        json!(text.parse::<Ipv4Addr>().ok().map(|it| it.to_string()))
    })?;
    compared.all("ipv6", &ipv6, |text| {
        // What ends as IPv4 does is written so nowhere here.
        let parsed = text
            .parse::<Ipv6Addr>()
            .ok()
            .filter(|_| !text.contains('.'));
        json!(parsed.map(|it| model::rfc5952(it.segments())))
    })?;
    compared.all("subnets", &subnets, Subnet::expected)?;
    Ok(Outcome::Counted(compared.counts))
}

fn of_name(name: &str) -> Value {
    json!({
        "mac": model::mac(name),
        "taps": TAP_PREFIXES.map(|prefix| model::tap(prefix, name)),
        "cid": model::cid(name),
        "interfaceId": model::interface_id(name),
        "slot": model::slot(name, 65_533),
    })
}

/// Sparse and crowded ones, with and without pins, one that is full and one that has no room.
fn subnets(names: &[String]) -> Vec<Subnet> {
    let some = |from: usize, many: usize| -> BTreeMap<String, Option<Ipv4Addr>> {
        let names = names.iter().skip(from).take(many);
        names.map(|name| (name.clone(), None)).collect()
    };
    let pinned = |from, many, pins: &[Ipv4Addr]| {
        let mut machines = some(from, many);
        for (pin, address) in pins.iter().zip(machines.values_mut().step_by(3)) {
            *address = Some(*pin);
        }
        machines
    };
    let at = |d: u8| Ipv4Addr::new(10, 9, 8, d);
    let of = |router: Ipv4Addr, length: u8, machines| Subnet {
        router,
        length,
        machines,
    };
    vec![
        of(Ipv4Addr::new(10, 0, 0, 1), 8, some(0, 1000)),
        of(Ipv4Addr::new(10, 0, 255, 254), 16, some(1000, 1000)),
        of(Ipv4Addr::new(172, 16, 3, 7), 22, some(2000, 700)),
        of(at(1), 24, some(3000, 200)),
        of(at(254), 24, some(3300, 253)),
        of(at(77), 24, some(3600, 254)),
        of(at(1), 24, pinned(3900, 150, &[at(2), at(3), at(200)])),
        // Pinned at the router's address, at one for all, and twice: told elsewhere.
        of(
            at(1),
            24,
            pinned(4200, 100, &[at(1), at(255), at(9), at(9)]),
        ),
        of(at(1), 30, some(4500, 1)),
        of(at(2), 30, some(4600, 2)),
        of(at(1), 28, BTreeMap::new()),
    ]
}

/// Counts what is alike, and tells what is not.
struct Compared<'a> {
    context: &'a Context,
    given: &'a Value,
    counts: Counts,
}

impl<'a> Compared<'a> {
    fn new(context: &'a Context, given: &'a Value) -> Self {
        let counts = Counts::default();
        Self {
            context,
            given,
            counts,
        }
    }

    fn all<T: std::fmt::Debug>(
        &mut self,
        key: &str,
        asked: &[T],
        expected: impl Fn(&T) -> Value,
    ) -> Result<()> {
        let given = self.given[key].as_array();
        let given = given.with_context(|| format!("no list `{key}`"))?;
        ensure!(given.len() == asked.len(), "`{key}` has another length");
        for (asked, given) in asked.iter().zip(given) {
            let expected = expected(asked);
            if *given == expected {
                self.counts.passed += 1;
            } else {
                self.context
                    .log(&format!("{key}: {asked:?}\n  {given}\n  not {expected}"))?;
                self.counts.failed += 1;
            }
        }
        Ok(())
    }
}
