//! The rules of docs/network.md in other words than Nix' own: bytes, shifts and an ordered search
//! where those have digits, remainders and sets.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// The same in hexadecimal digits.
fn digits(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

/// The number of some bytes, the most significant first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte))
}

pub(super) fn mac(name: &str) -> String {
    let mut bytes = [0; 6];
    bytes.copy_from_slice(&hash(name)[..6]);
    bytes[0] = bytes[0] & !1 | 2;
    bytes.map(|byte| format!("{byte:02x}")).join(":")
}

pub(super) fn tap(prefix: &str, name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let whole = format!("{prefix}{name}");
    if whole.len() <= 15 && whole.chars().all(|c| plain(c) || c == '.') {
        return whole;
    }
    let mut text: String = prefix.to_owned();
    text.extend(name.chars().filter(|c| plain(*c)));
    text.truncate(7);
    let mut rest = number(&hash(name)[26..]);
    let mut tag = Vec::new();
    for _ in 0..7 {
        tag.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize]);
        rest /= 36;
    }
    tag.reverse();
    format!("{text}-{}", String::from_utf8_lossy(&tag))
}

pub(super) fn cid(name: &str) -> u64 {
    number(&hash(name)[16..20]) % 0xffff_fffc + 3
}

pub(super) fn slot(name: &str, many: u64) -> u64 {
    number(&hash(name)[20..26]) % many
}

pub(super) fn interface_id(name: &str) -> String {
    interface_id_of(&digits(name))
}

/// Of a hash in hexadecimal digits.
pub(super) fn interface_id_of(hash: &str) -> String {
    let id = u64::from_str_radix(&hash[16..32], 16).unwrap_or_default();
    let id = id & !(2 << 56);
    let reserved = id < 1 << 16 || (0xfdff_ffff_ffff_ff80..=0xfdff_ffff_ffff_ffff).contains(&id);
    if reserved {
        return interface_id_of(&digits(hash));
    }
    rfc5952(Ipv6Addr::from_bits(u128::from(id)).segments())
}

/// The standard library's words, but for what it writes as IPv4 does.
pub(super) fn rfc5952(segments: [u16; 8]) -> String {
    let text = Ipv6Addr::from(segments).to_string();
    match text.rsplit_once(':') {
        Some((before, dotted)) if dotted.contains('.') => {
            let (high, low) = (segments[6], segments[7]);
            format!("{before}:{high:x}:{low:x}")
        }
        _ => text,
    }
}

/// A subnet and its machines, with what is pinned.
#[derive(Debug)]
pub(super) struct Subnet {
    pub(super) router: Ipv4Addr,
    pub(super) length: u8,
    pub(super) machines: BTreeMap<String, Option<Ipv4Addr>>,
}

impl Subnet {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "network": format!("{}/{}", self.router, self.length),
            "router": self.router,
            "machines": self.machines,
        })
    }

    /// What the registry must give.
    pub(super) fn expected(&self) -> Value {
        // All addresses that a machine can have, in their order.
        let size = 1_u32 << (32 - u32::from(self.length));
        let first = self.router.to_bits() & !(size - 1);
        let router = self.router.to_bits();
        let mut open: Vec<u32> = (first + 1..first + size - 1).collect();
        open.retain(|address| *address != router);

        let mut taken: BTreeSet<u32> = BTreeSet::new();
        let mut found: BTreeMap<&str, u32> = BTreeMap::new();
        for (name, pin) in &self.machines {
            if let Some(pin) = pin {
                taken.insert(pin.to_bits());
                found.insert(name, pin.to_bits());
            }
        }
        let unpinned: Vec<&str> = (self.machines.iter())
            .filter(|(_, pin)| pin.is_none())
            .map(|(name, _)| name.as_str())
            .collect();
        let room = open.iter().filter(|address| !taken.contains(address));
        let missing = unpinned.len().saturating_sub(room.count());
        if missing > 0 {
            return json!({ "missing": missing, "addresses": null });
        }
        let home = |name| usize::try_from(slot(name, open.len() as u64)).unwrap_or_default();
        let mut moved = Vec::new();
        for name in unpinned {
            if taken.insert(open[home(name)]) {
                found.insert(name, open[home(name)]);
            } else {
                moved.push(name);
            }
        }
        for name in &moved {
            let from = home(name);
            let mut around = open[from..].iter().chain(&open[..from]);
            let free = around.find(|address| taken.insert(**address));
            found.insert(name, free.copied().unwrap_or_default());
        }
        let addresses: BTreeMap<&str, Ipv4Addr> = found
            .into_iter()
            .map(|(name, address)| (name, Ipv4Addr::from_bits(address)))
            .collect();
        json!({ "addresses": addresses, "moved": moved })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_fits_is_an_interfaces() {
        assert_eq!(tap("vm-", "office"), "vm-office");
        assert_eq!(tap("vm-", "of/ice").len(), "vm-ofic".len() + 8);
        assert!(tap("vm-", "a-very-long-name").starts_with("vm-a-ve-"));
    }

    #[test]
    fn the_bits_of_a_card_are_nobodys() {
        let first = u8::from_str_radix(&mac("office")[..2], 16).expect("hexadecimal");
        assert_eq!(first & 3, 2);
    }

    #[test]
    fn the_first_by_name_has_the_place() {
        let machines = [("a", None), ("b", None)];
        let subnet = Subnet {
            router: Ipv4Addr::new(10, 0, 0, 1),
            length: 29,
            machines: machines.map(|(name, pin)| (name.to_owned(), pin)).into(),
        };
        assert_eq!(slot("a", 5), slot("b", 5));
        assert_eq!(subnet.expected()["moved"], json!(["b"]));
    }
}
