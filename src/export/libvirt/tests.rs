//! Devices are where the machine of a run has them, whatever the disk hangs on.

use std::collections::BTreeSet;

use super::*;
use crate::export::Format;
use crate::machine::run::{Devices, Host, Start};
use crate::machine::{self, Accel, Machine, Medium, Nested};
use crate::manifest::Manifest;
use crate::manifest::tests::example;
use crate::spec::Bus;

/// The arguments of a run of ours.
fn arguments(image: &Manifest) -> String {
    let start = Start {
        name: "office",
        accel: Accel::Kvm,
        cpu: None,
        nested: Nested::Off,
        cores: 4,
        memory_mib: 4096,
        clock: None,
        data_disk: Some(Medium::qcow2("data.qcow2")),
        rewound: true,
        host: Host {
            ssh_port: None,
            vhost: false,
        },
    };
    let facts = machine::Facts::default();
    let machine = Machine::run(start, image, &Devices::default(), &facts);
    machine::args(&machine).join("\n")
}

/// What stands behind each of some words, up to the next sign that is no digit or `x`.
fn behind<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = u32> + 'a {
    text.split(word).skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_hexdigit() && c != 'x');
        let number = &rest[..end.unwrap_or(rest.len())];
        let hex = number.strip_prefix("0x").unwrap_or(number);
        u32::from_str_radix(hex, 16).expect("a number")
    })
}

fn image_on(bus: Bus) -> Manifest {
    let mut image = example();
    image.disk.bus = bus;
    image
}

fn text(image: &Manifest) -> String {
    let facts = Facts::new(image, "");
    let facts = Format::Libvirt.facts(facts).expect("libvirt has the bus");
    let texts = texts(&facts);
    texts[0].1.clone()
}

#[test]
fn every_device_is_where_a_run_has_it() {
    for bus in [Bus::VirtioScsi, Bus::VirtioBlk, Bus::Sata] {
        let image = image_on(bus);
        let (domain, arguments) = (text(&image), arguments(&image));
        let slots = behind(&domain, "bus=\"0x00\" slot=\"").collect::<BTreeSet<_>>();
        let addresses = behind(&arguments, "bus=pcie.0,addr=").collect();
        assert_eq!(slots, addresses, "{bus:?}");
        assert!(slots.len() >= 6, "{slots:?}");
        let disks = domain.split("<disk ").skip(1);
        let on_ahci = disks.filter(|disk| disk.contains("bus=\"sata\""));
        let ports: BTreeSet<_> = on_ahci.flat_map(|disk| behind(disk, "unit=\"")).collect();
        assert_eq!(ports, behind(&arguments, "bus=ide.").collect(), "{bus:?}");
        let targets: BTreeSet<_> = behind(&arguments, "scsi-id=").collect();
        let disks = domain.split("<disk ").skip(1);
        let on_scsi = disks.filter(|disk| disk.contains("bus=\"scsi\""));
        let found: BTreeSet<_> = on_scsi.flat_map(|disk| behind(disk, "target=\"")).collect();
        assert_eq!(found, targets, "{bus:?}");
    }
}

#[test]
fn firmware_is_the_images() {
    let mut image = example();
    let domain = text(&image);
    assert!(domain.contains("secure=\"yes\"") && domain.contains("<smm state=\"on\"/>"));
    image.firmware.kind = FirmwareKind::Bios;
    image.machine.tpm = false;
    let domain = text(&image);
    for absent in ["<loader", "<nvram", "<smm", "<tpm"] {
        assert!(!domain.contains(absent), "{absent}");
    }
}
