//! The machine of a run: the image's, with what an instance has beyond it.
//!
//! The devices of the install are all there, at their places, whatever is asked for here. What is
//! asked for has places that the table in [`super`] names: the image's Windows has never seen it,
//! and takes it up at each throw-away start, with drivers that it has or that the image brings.

mod fill;
mod options;
#[cfg(test)]
mod tests;

use core::net::{IpAddr, Ipv4Addr};
use std::fmt;

use serde::{Serialize, Serializer};

use super::{Accel, Facts, Filling, Machine, Medium, Nested, Phase, files, firmware_of};
use crate::manifest::Manifest;

/// How many of the host's USB devices, PCI devices and folders a machine can have.
pub const USB_MAX: usize = 8;
pub const PCI_MAX: usize = 8;
pub const SHARES_MAX: usize = 8;
/// The lowest port that VNC can have: it counts from there.
pub const VNC_PORT_MIN: u16 = 5900;

/// The sockets in the runtime folder, QEMU's current one.
pub mod sockets {
    /// VNC: QEMU listens.
    pub const VNC: &str = "vnc.sock";
    /// SPICE: QEMU listens.
    pub const SPICE: &str = "spice.sock";

    /// A shared folder's, by its place in the list: the helper listens for virtiofsd.
    #[must_use]
    pub fn share(index: usize) -> String {
        format!("share{index}.sock")
    }
}

/// What a run asks for beyond the image's machine, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Devices {
    pub network: Network,
    /// `None` is the instance's own.
    pub mac: Option<String>,
    pub display: Display,
    /// A sound card.
    pub audio: bool,
    /// Devices of the host's: at most [`USB_MAX`] and [`PCI_MAX`].
    pub usb: Vec<UsbId>,
    pub pci: Vec<PciAddress>,
    /// At most [`SHARES_MAX`].
    pub shares: Vec<Share>,
    /// QEMU's, behind all others.
    pub extra_args: Vec<String>,
}

/// What the NIC is connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Network {
    /// A network of QEMU's own behind the host.
    User {
        /// Whether a free port leads to the guest's SSH.
        ssh: bool,
        forwards: Vec<Forward>,
    },
    /// A TAP interface, which somebody has made.
    Tap {
        name: String,
        /// The bridge that it is on, where that is known.
        bridge: Option<String>,
    },
    /// Its link is down.
    None,
}

impl Default for Network {
    fn default() -> Self {
        Self::User {
            ssh: true,
            forwards: Vec::new(),
        }
    }
}

/// A port of the host's that leads to one of the guest's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forward {
    pub protocol: Protocol,
    /// QEMU forwards from IPv4 alone.
    pub address: Ipv4Addr,
    pub host_port: u16,
    pub guest_port: u16,
}

/// What is forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Protocol {
    Tcp,
    Udp,
}

/// The screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Display {
    pub vnc: Vnc,
    /// Whether SPICE listens, with its agent and two redirections of USB.
    pub spice: bool,
    /// Width and height in pixels.
    pub resolution: Option<(u32, u32)>,
}

/// Where VNC listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Vnc {
    #[default]
    Socket,
    /// At a port from 5900 up.
    Tcp(IpAddr, u16),
    None,
}

/// A kind of USB device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsbId {
    pub vendor: u16,
    pub product: u16,
}

impl UsbId {
    /// Reads two numbers as `lsusb` shows them: four hexadecimal digits each.
    #[must_use]
    pub fn parse(vendor: &str, product: &str) -> Option<Self> {
        let id = |text| u16::try_from(hex(text, 4)?).ok();
        Some(Self {
            vendor: id(vendor)?,
            product: id(product)?,
        })
    }
}

impl Serialize for UsbId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for PciAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// As `lsusb` shows it.
impl fmt::Display for UsbId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.product)
    }
}

/// Where a PCI device of the host's is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PciAddress {
    pub domain: u32,
    pub bus: u8,
    /// At most 31.
    pub device: u8,
    /// At most 7.
    pub function: u8,
}

impl PciAddress {
    /// Reads an address as `lspci` shows it, with the domain or without.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split(':').collect();
        let (domain, bus, rest) = match parts.as_slice() {
            [domain, bus, rest] => (hex(domain, 4)?, *bus, *rest),
            [bus, rest] => (0, *bus, *rest),
            _ => return None,
        };
        let (device, function) = rest.split_once('.')?;
        let byte = |text, digits, most| {
            let value = u8::try_from(hex(text, digits)?).ok();
            value.filter(|value| *value <= most)
        };
        Some(Self {
            domain,
            bus: byte(bus, 2, u8::MAX)?,
            device: byte(device, 2, 31)?,
            function: byte(function, 1, 7)?,
        })
    }
}

/// A hexadecimal number of so many digits.
fn hex(text: &str, digits: usize) -> Option<u32> {
    let fits = text.len() == digits && text.chars().all(|c| c.is_ascii_hexdigit());
    u32::from_str_radix(text, 16).ok().filter(|_| fits)
}

/// As `lspci -D` shows it, and sysfs names it.
impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            domain,
            bus,
            device,
            function,
        } = self;
        write!(f, "{domain:04x}:{bus:02x}:{device:02x}.{function}")
    }
}

/// A folder of the host's that virtiofsd serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// What the guest calls it: at most 36 ASCII letters, digits, `-` and `_`.
    pub name: String,
    /// An absolute path.
    pub path: String,
    pub read_only: bool,
}

/// An instance's machine, beside its image's manifest and its devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start<'a> {
    /// The instance's name.
    pub name: &'a str,
    pub accel: Accel,
    pub cpu: Option<&'a str>,
    pub nested: Nested,
    pub cores: u32,
    pub memory_mib: u64,
    pub clock: Option<String>,
    pub data_disk: Option<Medium>,
    /// Whether the system disk was thrown away before this start.
    pub rewound: bool,
    pub host: Host,
}

/// What the host says when a machine starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// A free port of 127.0.0.1 for the guest's SSH.
    pub ssh_port: Option<u16>,
    /// Whether the kernel may move the packets of a TAP interface by itself.
    pub vhost: bool,
}

/// The card's address: the one that is asked for, or the instance's own.
#[must_use]
pub fn mac(image: &Manifest, name: &str, devices: &Devices) -> String {
    let own = || own_mac(&image.machine.identity, name);
    devices.mac.clone().unwrap_or_else(own)
}

/// The address of an instance of a name that asks for none.
#[must_use]
pub fn own_mac(identity: &str, name: &str) -> String {
    super::mac(&format!("{identity}/{name}"))
}

/// What Windows knows its machine by: each machine of an image has it.
#[must_use]
pub fn uuid(image: &Manifest) -> String {
    super::uuid("machine", &image.machine.identity)
}

impl Machine {
    /// The machine of a run. A network that is [`Network::None`] has its link still to be put down
    /// over QMP, as an install's.
    #[must_use]
    pub fn run(start: Start<'_>, image: &Manifest, devices: &Devices, facts: &Facts) -> Self {
        let mut machine = Self {
            name: start.name.to_owned(),
            identity: image.machine.identity.clone(),
            kind: image.machine.kind.clone(),
            phase: Phase::Run,
            accel: start.accel,
            cpu: facts.cpu(start.accel, start.cpu, start.nested),
            cores: start.cores,
            memory_mib: start.memory_mib,
            firmware: firmware_of(image),
            tpm: image.machine.tpm,
            bus: image.disk.bus,
            disk: Medium::qcow2(files::OVERLAY),
            cds: [None, Some(Medium::raw(files::CONFIG))],
            clock: start.clock,
            mac: mac(image, start.name, devices),
            rewound: start.rewound,
            filling: Filling::default(),
        };
        machine.filling = fill::filling(&machine, devices, start.data_disk.as_ref(), start.host);
        machine
    }
}
