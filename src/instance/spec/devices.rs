//! The network, the screen, and what of the host's is handed over.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// What the machine's card is connected to. Default: `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<NetworkMode>,
    /// The card's address, such as `52:54:00:12:34:56`. Default: one that is the machine's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// With `bridge`: the bridge that `tap` belongs to, at most 15 bytes. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridge: Option<String>,
    /// With `bridge`: the TAP interface, which must be there, at most 15 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tap: Option<String>,
    /// With `user`: whether a free port of 127.0.0.1 leads to the guest's port 22. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh: Option<bool>,
    /// With `user`: ports of the host's that lead to the guest, at most 64. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_ports: Option<Vec<ForwardPort>>,
}

/// What a card is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NetworkMode {
    /// A network of its own behind the host, which needs no rights.
    User,
    /// A TAP interface of the host's, such as one on a bridge.
    Bridge,
    /// Nothing: its link is down.
    None,
}

/// A port of the host's that leads to the guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForwardPort {
    /// The host's address. Default: `127.0.0.1`, which other hosts do not reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The host's port, from 1 to 65535.
    pub host_port: u32,
    /// The guest's port, from 1 to 65535.
    pub guest_port: u32,
    /// What is forwarded. Default: `tcp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
}

/// What is forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Protocol {
    Tcp,
    Udp,
}

/// The screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Display {
    /// Where VNC listens: `socket` is one in the machine's runtime folder. Default: `socket`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vnc: Option<Vnc>,
    /// Whether SPICE listens too, on a socket, with its agent and USB redirection. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spice: Option<bool>,
    /// The screen's size at the start. Default: the firmware's choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
}

/// Where VNC listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Vnc {
    Word(VncWord),
    Address(Address),
}

/// `socket` or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum VncWord {
    /// A socket in the machine's runtime folder.
    Socket,
    /// Nowhere.
    None,
}

/// A place that other hosts may reach. VNC asks for no password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// An address of the host's.
    pub address: String,
    /// The port, from 5900 to 65535.
    pub port: u32,
}

/// A screen's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resolution {
    /// In pixels, from 640 to 7680.
    pub width: u32,
    /// In pixels, from 480 to 4320.
    pub height: u32,
}

/// A USB device of the host's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Usb {
    /// Its maker, four hexadecimal digits as `lsusb` shows them before the colon.
    pub vendor: String,
    /// What it is, four hexadecimal digits as `lsusb` shows them behind the colon.
    pub product: String,
}

/// A folder of the host's that the guest sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Share {
    /// What the guest calls it, at most 36 letters, digits, `-` and `_`.
    pub name: String,
    /// The folder, an absolute path.
    pub path: String,
    /// Whether the guest may only read. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// Not to be said: virtio-win's service chooses one inside Windows. Default: that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letter: Option<String>,
    /// How it is shared. Default: `virtiofs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
}

/// How a folder is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Via {
    Virtiofs,
    Smb,
}
