//! Rules of the screen, and of what is handed over of the host's.

use core::net::IpAddr;

use super::spec::{self, Via, VncWord};
use super::{Rules, network};
use crate::machine::run::{
    Devices, Display, PCI_MAX, PciAddress, SHARES_MAX, Share, USB_MAX, UsbId, VNC_PORT_MIN, Vnc,
};
use crate::manifest::Manifest;
use crate::problem::{Problem, attribute, operand};

/// What a screen can have, in pixels, across and down.
const WIDTH: [u32; 2] = [640, 7680];
const HEIGHT: [u32; 2] = [480, 4320];
/// The screen's card draws lines of so many pixels and their multiples.
const WIDTH_STEP: u32 = 8;
/// The step of the catalogue that makes Windows see shares (`nix/lib/custom/software.nix`).
const MOUNTS: &str = "Mount what the host shares";
/// What virtio has room for.
const SHARE_NAME_MAX: usize = 36;

pub(super) fn devices(rules: &mut Rules<'_>) -> Devices {
    let display = display(rules);
    let audio = rules.spec.audio.unwrap_or(false);
    if audio && display.vnc == Vnc::None && !display.spice {
        let what = "nobody can hear the machine: neither VNC nor SPICE listens";
        rules.warn(
            "audio",
            what,
            "set `display.spice`, or leave `display.vnc` out",
        );
    }
    let (mac, network) = network::network(rules);
    Devices {
        network,
        mac,
        display,
        audio,
        usb: usb(rules),
        pci: pci(rules),
        shares: shares(rules),
        extra_args: rules.extra_qemu_args(),
    }
}

fn display(rules: &mut Rules<'_>) -> Display {
    let said = rules.spec.display.clone().unwrap_or_default();
    Display {
        vnc: match &said.vnc {
            None | Some(spec::Vnc::Word(VncWord::Socket)) => Vnc::Socket,
            Some(spec::Vnc::Word(VncWord::None)) => Vnc::None,
            Some(spec::Vnc::Address(place)) => vnc(rules, place),
        },
        spice: said.spice.unwrap_or(false),
        resolution: said.resolution.map(|size| resolution(rules, size)),
    }
}

/// A port that VNC listens on.
fn vnc(rules: &mut Rules<'_>, place: &spec::Address) -> Vnc {
    let address: Option<IpAddr> = place.address.parse().ok();
    let at = "display.vnc.address";
    match address {
        None => {
            let what = format!("{} is no address", operand(&place.address));
            rules.problem(at, what, "such as `127.0.0.1` or `::1`");
        }
        Some(address) if !address.is_loopback() => {
            let what = "whoever reaches this address has the machine's screen and keyboard";
            let hint = "VNC asks for no password here: take `127.0.0.1` and a tunnel, or a socket";
            rules.warn(at, what, hint);
        }
        Some(_) => {}
    }
    let port = u16::try_from(place.port).ok();
    let port = port.filter(|port| *port >= VNC_PORT_MIN);
    if port.is_none() {
        let what = format!("{} is not from {VNC_PORT_MIN} to 65535", place.port);
        let hint = "VNC counts its ports from there";
        rules.problem("display.vnc.port", what, hint);
    }
    match (address, port) {
        (Some(address), Some(port)) => Vnc::Tcp(address, port),
        _ => Vnc::None,
    }
}

fn resolution(rules: &mut Rules<'_>, size: spec::Resolution) -> (u32, u32) {
    let sides = [
        ("width", size.width, WIDTH),
        ("height", size.height, HEIGHT),
    ];
    for (side, pixels, [least, most]) in sides {
        let at = format!("display.resolution.{side}");
        if !(least..=most).contains(&pixels) {
            let what = format!("{pixels} is not from {least} to {most} pixels");
            rules.problem(&at, what, "1920 by 1080 are right for most");
        } else if side == "width" && pixels % WIDTH_STEP != 0 {
            let what = format!("{pixels} is no multiple of {WIDTH_STEP} pixels");
            let near = pixels.next_multiple_of(WIDTH_STEP);
            rules.problem(&at, what, format!("{near} is"));
        }
    }
    (size.width, size.height)
}

fn usb(rules: &mut Rules<'_>) -> Vec<UsbId> {
    let said = rules.spec.usb.clone().unwrap_or_default();
    let read = |id: &spec::Usb| {
        let text = format!("{}:{}", id.vendor, id.product);
        UsbId::parse(&id.vendor, &id.product).ok_or(text)
    };
    let hint = "four hexadecimal digits each, as `lsusb` shows them";
    list(rules, "usb", &said, USB_MAX, (read, "USB device", hint))
}

fn pci(rules: &mut Rules<'_>) -> Vec<PciAddress> {
    let said = rules.spec.pci.clone().unwrap_or_default();
    let read = |text: &String| PciAddress::parse(text).ok_or_else(|| text.clone());
    let hint = "such as `0000:01:00.0`, as `lspci -D` shows it";
    list(rules, "pci", &said, PCI_MAX, (read, "PCI address", hint))
}

/// What of the host's is handed over, each once.
fn list<S, T: PartialEq + Copy>(
    rules: &mut Rules<'_>,
    at: &str,
    said: &[S],
    most: usize,
    (read, kind, hint): (impl Fn(&S) -> Result<T, String>, &str, &str),
) -> Vec<T> {
    let mut found: Vec<T> = Vec::new();
    for (one, at) in rules.elements(at, said, most) {
        match read(one) {
            Err(text) => {
                let what = format!("{} is no {kind}", operand(&text));
                let problem = Problem::new(&at, what).hint(hint);
                rules.findings.problem_of(&[&at], problem);
            }
            Ok(value) if found.contains(&value) => {
                rules.problem(&at, "is there twice", "leave one of them out");
            }
            Ok(value) => found.push(value),
        }
    }
    found
}

fn shares(rules: &mut Rules<'_>) -> Vec<Share> {
    let said = rules.spec.shares.clone().unwrap_or_default();
    let mut found: Vec<Share> = Vec::new();
    for (said, at) in rules.elements("shares", &said, SHARES_MAX) {
        let name = attribute(&at, "name");
        if !is_share_name(&said.name) {
            let what = format!("{} is no name of a share", operand(&said.name));
            let hint = format!("1 to {SHARE_NAME_MAX} letters, digits, `-` and `_` make one");
            rules.problem(&name, what, hint);
        } else if found
            .iter()
            .any(|other| other.name.eq_ignore_ascii_case(&said.name))
        {
            let what = format!("{} is there twice", operand(&said.name));
            rules.problem(&name, what, "give each share a name of its own");
        }
        let path = attribute(&at, "path");
        rules.absolute(&path, &said.path);
        let hint = "name the folder itself, such as `/srv/documents`";
        rules.bindable(&path, &said.path, hint);
        if said.via == Some(Via::Smb) {
            let what = "the host serves no SMB: Windows 11 24H2 refuses servers without a password";
            let hint = "leave it out for virtiofs, or run a Samba on the host, which a guest in \
                        the mode `user` reaches at 10.0.2.2";
            rules.problem(&attribute(&at, "via"), what, hint);
        }
        if said.letter.is_some() {
            let what = "has no effect: virtio-win's service chooses the letter inside Windows";
            let hint = "leave it out; `docs/running.md` says what a letter of one's own takes";
            rules.problem(&attribute(&at, "letter"), what, hint);
        }
        found.push(Share {
            name: said.name.clone(),
            path: said.path.clone(),
            read_only: said.read_only.unwrap_or(true),
        });
    }
    let mounts = |image: &Manifest| image.steps.iter().any(|step| step.name == MOUNTS);
    if !found.is_empty() && rules.manifest.is_some_and(|image| !mounts(image)) {
        let what = "Windows sees them when WinFsp and virtio-win's service are in the image";
        let hint = "`software.virtiofs` of the catalogue, a layer perhaps, installs both";
        rules.warn("shares", what, hint);
    }
    found
}

fn is_share_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=SHARE_NAME_MAX).contains(&name.len()) && name.chars().all(fits)
}
