//! Values of options that hold what people chose.

use core::net::IpAddr;

use super::{Forward, Protocol, VNC_PORT_MIN};

/// A rule of the user network.
pub(super) fn forward(rule: &Forward) -> String {
    let protocol = match rule.protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    };
    let Forward {
        address,
        host_port,
        guest_port,
        ..
    } = rule;
    format!(",hostfwd={protocol}:{address}:{host_port}-:{guest_port}")
}

/// Where VNC listens, in its way of counting.
pub(super) fn vnc(address: IpAddr, port: u16) -> String {
    let display = port.saturating_sub(VNC_PORT_MIN);
    match address {
        IpAddr::V4(v4) => format!("{v4}:{display}"),
        IpAddr::V6(v6) => format!("[{v6}]:{display}"),
    }
}

/// The screen's switches. It asks the guest for this size by its EDID, which the firmware obeys,
/// and Windows takes over the firmware's picture where it has no driver for the screen.
pub(super) fn screen((width, height): (u32, u32)) -> String {
    /// What the card has unless it is told otherwise.
    const USUAL_MIB: u64 = 16;
    let bytes = u64::from(width) * u64::from(height) * 4;
    let mib = bytes.div_ceil(1 << 20).next_power_of_two();
    let memory = if mib > USUAL_MIB {
        format!(",vgamem_mb={mib}")
    } else {
        String::new()
    };
    format!(",xres={width},yres={height}{memory}")
}
