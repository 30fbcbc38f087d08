//! The TAP interface, which somebody with the right to has made and put on its bridge.

use super::{Found, Kernel, Who};
use crate::problem::{Problem, operand};

/// Flags of a TUN interface (`linux/if_tun.h`).
const IS_TAP: u32 = 0x2;
const HAS_QUEUES: u32 = 0x100;

/// Looks at the interface.
pub(super) fn look(
    kernel: &Kernel<'_>,
    name: &str,
    bridge: Option<&str>,
    who: &Who,
    found: &mut Found,
) {
    let place = format!("sys/class/net/{name}");
    let what = wrong(kernel, &place, name, who);
    if let Some((what, hint)) = what {
        let problem = Problem::new("network.tap", what).hint(hint);
        found.problems.push(problem);
        return;
    }
    let Some(bridge) = bridge else { return };
    if kernel.target(&format!("{place}/master")).as_deref() != Some(bridge) {
        let what = format!("{} is not on {}", operand(name), operand(bridge));
        let hint = format!("as root: `ip link set {name} master {bridge} up`");
        let problem = Problem::new("network.bridge", what).hint(hint);
        found.problems.push(problem);
    }
}

/// The flags of a TAP interface; `None`: it is none. A TUN interface, such as a VPN's, has some
/// too.
pub(in crate::instance) fn flags(kernel: &Kernel<'_>, place: &str) -> Option<u32> {
    let text = kernel.line(&format!("{place}/tun_flags"))?;
    let flags = u32::from_str_radix(text.trim_start_matches("0x"), 16).ok()?;
    (flags & IS_TAP != 0).then_some(flags)
}

/// What is wrong with the interface, and what to do.
fn wrong(kernel: &Kernel<'_>, place: &str, name: &str, who: &Who) -> Option<(String, String)> {
    let user = who.user;
    let make = format!("`ip tuntap add dev {name} mode tap user {user}`");
    let shown = operand(name);
    if !kernel.has(place) {
        let what = format!("this host has no interface {shown}");
        return Some((what, format!("as root: {make}, then put it on its bridge")));
    }
    let Some(flags) = flags(kernel, place) else {
        let hint = format!("name an interface that {make} made");
        return Some((format!("{shown} is no TAP interface"), hint));
    };
    if flags & HAS_QUEUES != 0 {
        let what = format!("{shown} was made for several queues, and a machine's card has one");
        return Some((what, format!("as root, without `multi_queue`: {make}")));
    }
    let number = |file: &str| kernel.line(&format!("{place}/{file}"))?.parse::<u32>().ok();
    // Without an owner it is anybody's who may manage the network.
    let own = number("owner").is_some_and(|owner| owner == user)
        || number("group").is_some_and(|group| who.groups.contains(&group));
    (!own && !who.is_root()).then(|| {
        let what = format!("{shown} belongs to another than user {user}");
        (what, format!("as root, after `ip link del {name}`: {make}"))
    })
}
