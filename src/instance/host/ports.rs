//! The host's ports that a machine is to listen on: QEMU's own words would name its arguments.

use core::net::{IpAddr, SocketAddr};
use std::io::{self, ErrorKind};
use std::net::{TcpListener, UdpSocket};

use super::Found;
use crate::machine::run::{Devices, Network, Protocol, Vnc};
use crate::problem::Problem;

/// Looks whether this process may listen there now.
pub(super) fn look(devices: &Devices, found: &mut Found) {
    if let Network::User { forwards, .. } = &devices.network {
        for (n, forward) in forwards.iter().enumerate() {
            let at = format!("network.forwardPorts[{n}]");
            let paths = (format!("{at}.address"), format!("{at}.hostPort"));
            let place = SocketAddr::new(IpAddr::V4(forward.address), forward.host_port);
            found
                .problems
                .extend(try_it(place, forward.protocol, paths));
        }
    }
    if let Vnc::Tcp(address, port) = devices.display.vnc {
        let paths = ("display.vnc.address", "display.vnc.port");
        let paths = (paths.0.to_owned(), paths.1.to_owned());
        let place = SocketAddr::new(address, port);
        found.problems.extend(try_it(place, Protocol::Tcp, paths));
    }
}

/// What is wrong with a place to listen at, at the path of its address or its port.
fn try_it(place: SocketAddr, protocol: Protocol, paths: (String, String)) -> Option<Problem> {
    let listens: io::Result<()> = match protocol {
        Protocol::Tcp => TcpListener::bind(place).map(drop),
        Protocol::Udp => UdpSocket::bind(place).map(drop),
    };
    let (address, port) = (place.ip(), place.port());
    let (option, word) = match protocol {
        Protocol::Tcp => ("-ltnp", "TCP"),
        Protocol::Udp => ("-lunp", "UDP"),
    };
    let (path, what, hint) = match listens.err()?.kind() {
        ErrorKind::AddrInUse => (
            paths.1,
            format!("{word} port {port} of `{address}` is in use"),
            format!("take another, or end what has it: `ss {option} sport = :{port}` shows that"),
        ),
        ErrorKind::AddrNotAvailable => (
            paths.0,
            format!("this host has no address `{address}`"),
            "`ip address` shows those that it has; by default it is 127.0.0.1".to_owned(),
        ),
        ErrorKind::PermissionDenied => (
            paths.1,
            format!("this user may not listen on port {port}"),
            "take a port from 1024 on".to_owned(),
        ),
        // Anything else is QEMU's to meet, and to tell.
        _ => return None,
    };
    Some(Problem::new(path, what).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::run::Forward;

    #[test]
    fn a_port_in_use_and_a_foreign_address_are_told_by_their_paths() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = taken.local_addr().expect("it listens").port();
        let forward = |address: &str, protocol, host_port| Forward {
            protocol,
            address: address.parse().expect("an address"),
            host_port,
            guest_port: 80,
        };
        let mut devices = Devices {
            network: Network::User {
                ssh: true,
                forwards: vec![
                    forward("127.0.0.1", Protocol::Udp, 0),
                    forward("127.0.0.1", Protocol::Tcp, port),
                    // Of a network for documents (RFC 5737).
                    forward("192.0.2.77", Protocol::Udp, 0),
                ],
            },
            ..Devices::default()
        };
        devices.display.vnc = Vnc::Tcp("127.0.0.1".parse().expect("an address"), port);
        let mut found = Found::default();
        look(&devices, &mut found);
        let told: Vec<_> = found.problems.iter().map(ToString::to_string).collect();
        let in_use = format!("TCP port {port} of `127.0.0.1` is in use");
        let expected = [
            format!("network.forwardPorts[1].hostPort: {in_use}"),
            "network.forwardPorts[2].address: this host has no address `192.0.2.77`".to_owned(),
            format!("display.vnc.port: {in_use}"),
        ];
        assert_eq!(told, expected);
        assert!(found.problems.iter().all(|problem| problem.hint.is_some()));
    }
}
