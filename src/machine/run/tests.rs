//! Golden argument lists of runs in `tests/machine/runs`, one for each shape. That QEMU takes them
//! is a real check's to show.

use expect_test::expect_file;

use super::*;
use crate::machine::args;
use crate::manifest::tests::example;
use crate::spec::{Bus, FirmwareKind};

/// A machine under TCG with nothing asked for.
fn start() -> Start<'static> {
    Start {
        name: "office",
        accel: Accel::Tcg,
        cpu: None,
        nested: Nested::Off,
        cores: 4,
        memory_mib: 4096,
        clock: None,
        data_disk: Some(Medium::qcow2("data.qcow2")),
        rewound: true,
        host: Host {
            ssh_port: Some(40022),
            vhost: true,
        },
    }
}

fn with_kvm() -> Start<'static> {
    Start {
        accel: Accel::Kvm,
        ..start()
    }
}

/// What a host with every enlightenment says.
fn facts() -> Facts {
    Facts {
        version: (10, 0, 0),
        enlightenments: super::super::enlightenments().map(Into::into).collect(),
    }
}

/// One option with its value per line.
fn text(machine: &Machine) -> String {
    let mut text = String::new();
    for arg in args(machine) {
        let joint = if arg.starts_with('-') { "\n" } else { " " };
        text.push_str(joint);
        text.push_str(&arg);
    }
    text.trim_start().to_owned() + "\n"
}

#[track_caller]
fn check(shape: &str, start: Start<'_>, image: &Manifest, devices: &Devices) {
    let machine = Machine::run(start, image, devices, &facts());
    let file = format!("../../../tests/machine/runs/{shape}.txt");
    expect_file![file].assert_eq(&text(&machine));
}

fn image_on(bus: Bus) -> Manifest {
    let mut image = example();
    image.disk.bus = bus;
    image
}

fn display(vnc: Vnc, spice: bool, resolution: Option<(u32, u32)>) -> Display {
    Display {
        vnc,
        spice,
        resolution,
    }
}

fn tap(name: &str) -> Network {
    Network::Tap {
        name: name.into(),
        bridge: Some("br0".into()),
    }
}

fn shares() -> Vec<Share> {
    let share = |name: &str, read_only| Share {
        name: name.into(),
        path: format!("/srv/{name}"),
        read_only,
    };
    vec![share("docs", true), share("work", false)]
}

#[test]
fn nothing_asked_for() {
    check("plain", start(), &example(), &Devices::default());
}

#[test]
fn no_data_disk() {
    let start = Start {
        data_disk: None,
        ..start()
    };
    check("no-data-disk", start, &example(), &Devices::default());
}

#[test]
fn a_data_disk_on_each_bus() {
    let devices = Devices::default();
    for (shape, bus) in [
        ("virtio-blk", Bus::VirtioBlk),
        ("nvme", Bus::Nvme),
        ("sata", Bus::Sata),
    ] {
        check(shape, start(), &image_on(bus), &devices);
    }
}

#[test]
fn a_bios_whose_system_disk_is_kept() {
    let mut image = image_on(Bus::Sata);
    image.firmware.kind = FirmwareKind::Bios;
    image.machine.tpm = false;
    let start = Start {
        rewound: false,
        ..start()
    };
    check("bios", start, &image, &Devices::default());
}

#[test]
fn forwarded_ports_and_a_large_screen() {
    let forward = |protocol, address: &str, host_port, guest_port| Forward {
        protocol,
        address: address.parse().expect("an address"),
        host_port,
        guest_port,
    };
    let forwards = vec![
        forward(Protocol::Tcp, "127.0.0.1", 43389, 3389),
        forward(Protocol::Udp, "0.0.0.0", 43389, 3389),
    ];
    let loopback = "::1".parse().expect("an address");
    let devices = Devices {
        network: Network::User {
            ssh: false,
            forwards,
        },
        mac: Some("52:54:00:12:34:56".into()),
        display: display(Vnc::Tcp(loopback, 5907), false, Some((2560, 1664))),
        ..Devices::default()
    };
    check("ports", start(), &example(), &devices);
}

#[test]
fn a_bridge_with_kvm() {
    let devices = Devices {
        network: tap("vm,office"),
        ..Devices::default()
    };
    check("bridge-kvm", with_kvm(), &example(), &devices);
}

#[test]
fn a_bridge() {
    let devices = Devices {
        network: tap("vm-office"),
        ..Devices::default()
    };
    check("bridge", start(), &example(), &devices);
}

#[test]
fn no_network_and_nobody_who_looks() {
    let devices = Devices {
        network: Network::None,
        display: display(Vnc::None, false, None),
        audio: true,
        ..Devices::default()
    };
    check("alone", start(), &example(), &devices);
}

#[test]
fn spice_with_sound() {
    let devices = Devices {
        display: display(Vnc::Socket, true, Some((1920, 1080))),
        audio: true,
        ..Devices::default()
    };
    check("spice", start(), &example(), &devices);
}

#[test]
fn devices_of_the_hosts() {
    let usb = |vendor, product| UsbId { vendor, product };
    let pci = |text: &str, function| PciAddress {
        domain: 0,
        bus: u8::from_str_radix(text, 16).expect("a number"),
        device: 0,
        function,
    };
    let usb = Devices {
        usb: vec![usb(0x046d, 0xc52b), usb(0x0001, 0x00ff)],
        ..Devices::default()
    };
    check("usb", start(), &example(), &usb);
    let pci = Devices {
        pci: vec![pci("01", 0), pci("01", 1), pci("0a", 0)],
        ..Devices::default()
    };
    check("pci-kvm", with_kvm(), &example(), &pci);
}

#[test]
fn shared_folders() {
    let devices = Devices {
        shares: shares(),
        ..Devices::default()
    };
    check("shares", start(), &example(), &devices);
}

#[test]
fn a_hypervisor_in_the_guest() {
    let start = Start {
        nested: Nested::On,
        cpu: Some("EPYC"),
        clock: Some("2026-01-02T03:04:05Z".into()),
        ..with_kvm()
    };
    check("nested-kvm", start, &example(), &Devices::default());
}

#[test]
fn everything_at_once_and_arguments_of_ones_own() {
    let full = Devices {
        network: Network::default(),
        mac: None,
        display: display(Vnc::Socket, true, Some((1280, 800))),
        audio: true,
        usb: vec![
            UsbId {
                vendor: 1,
                product: 2
            };
            USB_MAX
        ],
        pci: Vec::new(),
        shares: [shares(), shares(), shares(), shares()]
            .concat()
            .into_iter()
            .zip(0..)
            .map(|(share, index)| Share {
                name: format!("{}{index}", share.name),
                ..share
            })
            .collect(),
        extra_args: ["-device", "virtio-balloon-pci,bus=pcie.0,addr=0xb"]
            .map(Into::into)
            .into(),
    };
    assert_eq!(full.shares.len(), SHARES_MAX);
    check("full", start(), &example(), &full);
}

/// What a run asks for changes nothing of what the install had.
#[test]
fn no_option_moves_a_device_of_the_install() {
    let fixed = |machine: &Machine| -> Vec<String> {
        let list = args(machine);
        let devices = list.windows(2).filter(|pair| pair[0] == "-device");
        let names = devices.map(|pair| pair[1].replace(&machine.mac, "MAC"));
        names.collect()
    };
    let plain = Start {
        data_disk: None,
        ..start()
    };
    let without = Machine::run(plain, &example(), &Devices::default(), &facts());
    let devices = Devices {
        audio: true,
        shares: shares(),
        display: display(Vnc::None, true, None),
        ..Devices::default()
    };
    let with = Machine::run(start(), &example(), &devices, &facts());
    let (fixed_devices, all) = (fixed(&without), fixed(&with));
    assert!(fixed_devices.len() > 12 && all.len() > fixed_devices.len());
    assert_eq!(all[..fixed_devices.len()], fixed_devices);
}

#[test]
fn ten_machines_of_one_image_have_ten_addresses_and_one_uuid() {
    let machines: Vec<_> = (0..10)
        .map(|number| {
            let name = format!("office-{number}");
            let start = Start {
                name: &name,
                ..start()
            };
            Machine::run(start, &example(), &Devices::default(), &facts())
        })
        .collect();
    let macs: std::collections::BTreeSet<_> = machines.iter().map(|one| &one.mac).collect();
    assert_eq!(macs.len(), 10);
    assert!(macs.iter().all(|mac| mac.starts_with("52:54:00:")));
    let uuid = |machine: &Machine| {
        let list = args(machine);
        let place = list.iter().position(|arg| arg == "-uuid");
        list[place.expect("a UUID") + 1].clone()
    };
    assert!(machines.iter().all(|one| uuid(one) == uuid(&machines[0])));
}

#[test]
fn ids_are_those_of_lsusb() {
    let read = |vendor, product| UsbId::parse(vendor, product).map(|id| id.to_string());
    assert_eq!(read("046D", "c52b").as_deref(), Some("046d:c52b"));
    for (vendor, product) in [
        ("46d", "c52b"),
        ("+46d", "c52b"),
        ("046d", "c52b0"),
        ("", ""),
    ] {
        assert_eq!(read(vendor, product), None);
    }
}

#[test]
fn addresses_are_those_of_lspci() {
    let check = |text: &str, expected: Option<&str>| {
        let read = PciAddress::parse(text).map(|address| address.to_string());
        assert_eq!(read.as_deref(), expected, "{text}");
    };
    check("0000:01:00.0", Some("0000:01:00.0"));
    check("01:1f.7", Some("0000:01:1f.7"));
    check("000A:FF:00.1", Some("000a:ff:00.1"));
    for wrong in [
        "",
        "01:00",
        "1:00.0",
        "01:20.0",
        "01:00.8",
        "01:00.0,x",
        "0:01:00.0",
        "+1:00.0",
        "::.",
        "0000:01:00.0:0",
    ] {
        check(wrong, None);
    }
}
