//! The domain's devices, each at its place.

use lucarne_protocol::settings::DATA_SERIAL;

use super::xml::{Element, element};
use super::{CONFIG, DATA, folder};
use crate::export::{Facts, files};
use crate::spec::Bus;

/// virtio without the old interface, as the image's drivers know it: by its PCI number.
const MODERN: &str = "virtio-non-transitional";
/// Windows trims in units it derives from this; under 8 KiB it refuses to.
const TRIM_BYTES: &str = "65536";
/// The serial number of the system disk.
const SYSTEM_SERIAL: &str = "lucarne-system";

pub(super) fn devices(image: &Facts) -> Element {
    let mut all = controllers(image);
    all.extend(disks(image));
    all.push(element("interface").with("type", "network").all([
        element("source").with("network", "default"),
        element("model").with("type", MODERN),
        // Or the firmware would try to start from the network.
        element("rom").with("enabled", "no"),
        slot("0x02"),
    ]));
    // COM1 has what the firmware and the guest program say, COM2 is the user's.
    all.extend(["0", "1"].map(|port| {
        let target = element("target")
            .with("type", "isa-serial")
            .with("port", port);
        element("serial").with("type", "pty").all([target])
    }));
    let agent = element("target")
        .with("type", "virtio")
        .with("name", "org.qemu.guest_agent.0");
    let port = element("address")
        .with("type", "virtio-serial")
        .with("controller", "0");
    let port = port.with("bus", "0").with("port", "1");
    all.push(element("channel").with("type", "unix").all([agent, port]));
    if image.tpm {
        let backend = element("backend")
            .with("type", "emulator")
            .with("version", "2.0");
        all.push(element("tpm").with("model", "tpm-crb").all([backend]));
    }
    all.extend(screen());
    let backend = element("backend")
        .with("model", "random")
        .text("/dev/urandom");
    all.push(
        element("rng")
            .with("model", MODERN)
            .all([backend, slot("0x05")]),
    );
    all.push(element("panic").with("model", "isa"));
    // The image's machine has none, and libvirt would add one.
    all.push(element("memballoon").with("model", "none"));
    element("devices").all(all)
}

/// The place on the first PCI bus.
fn slot(slot: &str) -> Element {
    pci("0x00", slot)
}

fn pci(bus: &str, slot: &str) -> Element {
    let address = element("address")
        .with("type", "pci")
        .with("domain", "0x0000");
    let address = address.with("bus", bus).with("slot", slot);
    address.with("function", "0x0")
}

fn drive(target: &str, unit: &str) -> Element {
    let address = element("address")
        .with("type", "drive")
        .with("controller", "0");
    let address = address.with("bus", "0").with("target", target);
    address.with("unit", unit)
}

fn controllers(image: &Facts) -> Vec<Element> {
    let controller = |kind: &str, index: &str, model: &str| {
        let controller = element("controller").with("type", kind);
        controller.with("index", index).with("model", model)
    };
    let mut all = vec![
        controller("pci", "0", "pcie-root"),
        // The place of a data disk on virtio-blk, empty with other buses.
        controller("pci", "1", "pcie-root-port").all([slot("0x04")]),
        controller("usb", "0", "qemu-xhci")
            .with("ports", "15")
            .all([slot("0x06")]),
        controller("virtio-serial", "0", MODERN).all([slot("0x07")]),
    ];
    if image.bus == Bus::VirtioScsi {
        all.push(controller("scsi", "0", MODERN).all([slot("0x03")]));
    }
    all
}

/// The system disk, the data disk, and the CD drives on the AHCI ports 0 and 1, the second of which
/// has what Windows is told.
fn disks(image: &Facts) -> Vec<Element> {
    let (system, data) = match image.bus {
        Bus::VirtioScsi => (
            ("sdd", "scsi", drive("0", "0")),
            ("sde", "scsi", drive("1", "0")),
        ),
        Bus::VirtioBlk => (
            ("vda", "virtio", slot("0x03")),
            ("vdb", "virtio", pci("0x01", "0x00")),
        ),
        // NVMe of libvirt's is for newer ones: `Format::facts` has taken another.
        Bus::Nvme | Bus::Sata => (
            ("sdc", "sata", drive("0", "2")),
            ("sdd", "sata", drive("0", "3")),
        ),
    };
    let file = |file: &str| format!("{}/{file}", folder(image));
    vec![
        disk(&file(files::QCOW2), SYSTEM_SERIAL, system)
            .all([element("boot").with("order", "1"), element("transient")]),
        disk(&file(DATA), DATA_SERIAL, data),
        cd("sda", None, "0"),
        cd("sdb", Some(&file(CONFIG)), "1"),
    ]
}

fn disk(file: &str, serial: &str, (name, bus, place): (&str, &str, Element)) -> Element {
    let driver = element("driver").with("name", "qemu").with("type", "qcow2");
    let driver = driver
        .with("discard", "unmap")
        .with("detect_zeroes", "unmap");
    let target = element("target").with("dev", name).with("bus", bus);
    let disk = element("disk").with("type", "file").with("device", "disk");
    let (target, disk) = if bus == "virtio" {
        (target, disk.with("model", MODERN))
    } else {
        (target.with("rotation_rate", "1"), disk)
    };
    let disk = disk.all([
        driver,
        element("source").with("file", file),
        target,
        element("serial").text(serial),
    ]);
    let disk = if bus == "sata" {
        disk
    } else {
        disk.all([element("blockio").with("discard_granularity", TRIM_BYTES)])
    };
    disk.all([place])
}

fn cd(name: &str, file: Option<&str>, port: &str) -> Element {
    let source = |file| {
        // A drive without a medium where the file is not there.
        let source = element("source").with("file", file);
        source.with("startupPolicy", "optional")
    };
    let target = element("target").with("dev", name).with("bus", "sata");
    element("disk")
        .with("type", "file")
        .with("device", "cdrom")
        .all([element("driver").with("name", "qemu").with("type", "raw")])
        .all(file.map(source))
        .all([target, element("readonly"), drive("0", port)])
}

/// VNC on a socket that libvirt alone opens for others, and a pointer that is where it seems to be.
fn screen() -> [Element; 3] {
    let listen = element("listen").with("type", "socket");
    let place = element("address")
        .with("type", "usb")
        .with("bus", "0")
        .with("port", "1");
    let card = element("model").with("type", "vga").with("vram", "16384");
    [
        element("input")
            .with("type", "tablet")
            .with("bus", "usb")
            .all([place]),
        element("graphics").with("type", "vnc").all([listen]),
        element("video").all([card.with("heads", "1"), slot("0x01")]),
    ]
}
