//! What `ip` is told, by what there is. Pure.

use super::{Owner, Tap};
use crate::problem::{Problem, operand};

/// What was seen of an interface's name and of its bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) is: Is,
    /// Where one is wanted.
    pub(super) bridge: Option<Bridge>,
}

/// What has the interface's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    Nothing,
    /// A TAP interface; `used`: a program has it open.
    Tap {
        used: bool,
    },
    /// Something else, which nobody here has made.
    Other,
}

/// What has the bridge's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bridge {
    Missing,
    Other,
    /// A bridge, and the longest packet that it takes, in bytes.
    There(Option<u32>),
}

/// The words of several calls.
type Orders = Vec<Vec<String>>;

/// To have it, whatever an earlier machine left.
pub(super) fn up(tap: &Tap<'_>, owner: Owner, seen: &Seen) -> Result<Orders, Problem> {
    let mtu = match (seen.bridge, tap.bridge) {
        (Some(bridge), Some(name)) => has_bridge(bridge, name)?,
        _ => None,
    };
    let mut orders = down(tap, seen)?;
    if seen.is == (Is::Tap { used: true }) {
        let name = operand(tap.name);
        let what = format!("another program has the interface {name} open");
        let hint = "a machine runs with it; each machine has a TAP interface of its own";
        return Err(Problem::new("network.tap", what).hint(hint));
    }
    let (kind, id) = match owner {
        Owner::User(id) => ("user", id),
        Owner::Group(id) => ("group", id),
    };
    let id = id.to_string();
    // With the header of virtio-net before each packet, which QEMU asks for as well.
    orders.push(words(&[
        "tuntap", "add", "dev", tap.name, "mode", "tap", kind, &id, "vnet_hdr",
    ]));
    let set = |rest: &[&str]| words(&[&["link", "set", "dev", tap.name], rest].concat());
    if let Some(mtu) = mtu {
        // A bridge takes on the smallest of its ports', and others would lose long packets.
        orders.push(set(&["mtu", &mtu.to_string()]));
    }
    if let Some(bridge) = tap.bridge {
        orders.push(set(&["master", bridge]));
    }
    orders.push(set(&["up"]));
    Ok(orders)
}

/// To have it no more. What a program has open is another machine's: this one's is gone by then, or
/// never began, which is when a machine is refused that named another's interface.
pub(super) fn down(tap: &Tap<'_>, seen: &Seen) -> Result<Orders, Problem> {
    match seen.is {
        Is::Nothing | Is::Tap { used: true } => Ok(Vec::new()),
        Is::Tap { used: false } => Ok(vec![words(&["link", "delete", "dev", tap.name])]),
        Is::Other => {
            let what = format!("{} is no TAP interface", operand(tap.name));
            let hint = "it is left alone; name one that nothing else has, such as `vm-office`";
            Err(Problem::new("network.tap", what).hint(hint))
        }
    }
}

fn has_bridge(bridge: Bridge, name: &str) -> Result<Option<u32>, Problem> {
    let (what, hint) = match bridge {
        Bridge::There(mtu) => return Ok(mtu),
        Bridge::Missing => (
            format!("this host has no bridge {}", operand(name)),
            format!(
                "make it first: NixOS does with `networking.bridges.{name}.interfaces`, others \
                 as root with `ip link add {name} type bridge`"
            ),
        ),
        Bridge::Other => (
            format!("{} is no bridge", operand(name)),
            "name the bridge that the host's own card is on, not the card".to_owned(),
        ),
    };
    Err(Problem::new("network.bridge", what).hint(hint))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAP: Tap<'_> = Tap {
        name: "vm-a",
        bridge: Some("br0"),
    };

    fn told(is: Is, bridge: Bridge) -> String {
        let seen = Seen {
            is,
            bridge: Some(bridge),
        };
        match up(&TAP, Owner::User(990), &seen) {
            Ok(orders) => {
                let lines: Vec<_> = orders.iter().map(|words| words.join(" ")).collect();
                lines.join("\n")
            }
            Err(problem) => {
                assert!(problem.hint.is_some(), "{problem}: and what to do?");
                problem.to_string()
            }
        }
    }

    #[test]
    fn it_is_made_for_its_owner_on_its_bridge() {
        let made = "tuntap add dev vm-a mode tap user 990 vnet_hdr\n\
                    link set dev vm-a mtu 9000\n\
                    link set dev vm-a master br0\n\
                    link set dev vm-a up";
        let there = Bridge::There(Some(9000));
        assert_eq!(told(Is::Nothing, there), made);
        let stale = format!("link delete dev vm-a\n{made}");
        assert_eq!(told(Is::Tap { used: false }, there), stale);
    }

    #[test]
    fn what_is_somebody_elses_is_left_alone() {
        let there = Bridge::There(None);
        let used = "network.tap: another program has the interface `vm-a` open";
        assert_eq!(told(Is::Tap { used: true }, there), used);
        let other = "network.tap: `vm-a` is no TAP interface";
        assert_eq!(told(Is::Other, there), other);
        let missing = "network.bridge: this host has no bridge `br0`";
        assert_eq!(told(Is::Nothing, Bridge::Missing), missing);
        let other = "network.bridge: `br0` is no bridge";
        assert_eq!(told(Is::Nothing, Bridge::Other), other);
    }

    #[test]
    fn a_bridge_may_be_another_s_business() {
        let alone = Tap {
            name: "vm-a",
            bridge: None,
        };
        let seen = Seen {
            is: Is::Nothing,
            bridge: None,
        };
        let orders = up(&alone, Owner::Group(27), &seen).expect("nothing is in the way");
        let lines: Vec<_> = orders.iter().map(|words| words.join(" ")).collect();
        assert_eq!(
            lines,
            [
                "tuntap add dev vm-a mode tap group 27 vnet_hdr",
                "link set dev vm-a up"
            ]
        );
    }

    #[test]
    fn what_is_gone_or_anothers_is_as_good_as_removed() {
        let seen = |is| Seen { is, bridge: None };
        assert_eq!(down(&TAP, &seen(Is::Nothing)), Ok(Vec::new()));
        let removed = Ok(vec![words(&["link", "delete", "dev", "vm-a"])]);
        assert_eq!(down(&TAP, &seen(Is::Tap { used: false })), removed);
        // A machine runs with it.
        assert_eq!(down(&TAP, &seen(Is::Tap { used: true })), Ok(Vec::new()));
        assert!(down(&TAP, &seen(Is::Other)).is_err());
    }
}
