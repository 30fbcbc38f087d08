//! Addresses of interfaces and routers, as Windows takes them.

use core::net::IpAddr;

use crate::problem::operand;

/// `192.0.2.10/24`.
pub(super) fn address(text: &str) -> Result<(IpAddr, u8), String> {
    let wrong = || format!("{} is no address with a prefix", operand(text));
    let (address, length) = text.split_once('/').ok_or_else(wrong)?;
    let address = host(address)?;
    let (_, most) = bits(address);
    let digits = length.chars().all(|c| c.is_ascii_digit());
    let length = length.parse().ok().filter(|_| digits).ok_or_else(wrong)?;
    if !(1..=most).contains(&length) {
        return Err(format!("a prefix of {length} is not from 1 to {most}"));
    }
    of_network(address, length).map_or(Ok((address, length)), Err)
}

/// The address of one host.
pub(super) fn host(text: &str) -> Result<IpAddr, String> {
    let address: IpAddr = text
        .parse()
        .map_err(|_| format!("{} is no address", operand(text)))?;
    let odd = match address {
        // "This network" (RFC 791), and what is reserved (RFC 1112), broadcast with it.
        IpAddr::V4(v4) => matches!(v4.octets()[0], 0 | 240..),
        // An IPv4 address in the form of another is no interface's (RFC 4291, 2.5.5.2).
        IpAddr::V6(v6) => v6.to_ipv4_mapped().is_some(),
    };
    if address.is_unspecified() || address.is_loopback() || address.is_multicast() || odd {
        return Err(format!("{} is no host's address", operand(text)));
    }
    Ok(address)
}

/// What is wrong with an address that means a network of IPv4, or all of its hosts. Networks of 31
/// bits and more have hosts alone (RFC 3021).
pub(super) fn of_network(address: IpAddr, length: u8) -> Option<String> {
    let IpAddr::V4(v4) = address else { return None };
    let hosts = u32::MAX
        .checked_shr(length.into())
        .filter(|_| length < 31)?;
    match v4.to_bits() & hosts {
        0 => Some(format!("`{v4}` is its network's own address")),
        all if all == hosts => Some(format!("`{v4}` is its network's broadcast address")),
        _ => None,
    }
}

/// Whether two addresses are of the network of the first.
pub(super) fn is_near((address, length): (IpAddr, u8), other: IpAddr) -> bool {
    let (one, count) = bits(address);
    let (two, others) = bits(other);
    let rest = u32::from(count - length);
    count == others && one.checked_shr(rest) == two.checked_shr(rest)
}

/// An address as a number, and how many bits it has.
fn bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_host_has_is_told() {
        let check = |text: &str, what: &str| {
            let told = address(text).err().unwrap_or_default();
            assert!(told.contains(what), "{text}: {told}");
            assert_eq!(told.is_empty(), what.is_empty(), "{text}: {told}");
        };
        check("192.0.2.10/24", "");
        check("192.0.2.0/24", "network's own");
        check("192.0.2.255/24", "broadcast");
        check("192.0.2.255/23", "");
        check("10.255.255.255/8", "broadcast");
        check("128.0.0.0/1", "network's own");
        // Two hosts of a line, and one by itself.
        check("192.0.2.0/31", "");
        check("192.0.2.1/31", "");
        check("192.0.2.255/32", "");
        check("0.1.2.3/8", "no host's");
        check("240.0.0.1/8", "no host's");
        check("255.255.255.255/32", "no host's");
        check("224.0.0.1/24", "no host's");
        check("127.0.0.1/8", "no host's");
        check("::ffff:192.0.2.1/120", "no host's");
        check("::/64", "no host's");
        check("2001:db8::/64", "");
        check("192.0.2.10/33", "from 1 to 32");
        check("192.0.2.10", "prefix");
    }

    #[test]
    fn networks_are_told_apart() {
        let near = |one: &str, other: &str| {
            let one = address(one).expect("an address");
            is_near(one, host(other).expect("a host"))
        };
        assert!(near("192.0.2.10/24", "192.0.2.1"));
        assert!(!near("192.0.2.10/24", "192.0.3.1"));
        assert!(!near("192.0.2.10/24", "2001:db8::1"));
        assert!(near("2001:db8::10/64", "2001:db8::1"));
    }
}
