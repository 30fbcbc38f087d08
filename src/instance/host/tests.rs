//! Hosts that lack something, each as a folder of the kernel's files.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;
use crate::machine::run::{PciAddress, UsbId};

/// A host's files.
struct Host(tempfile::TempDir);

impl Host {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("the test may write"))
    }

    fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).expect("UTF-8")
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, text).expect("writable");
        self
    }

    fn link(self, path: &str, to: &str) -> Self {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        symlink(to, path).expect("writable");
        self
    }

    /// A PCI device in an IOMMU group.
    fn pci(self, address: &str, group: &str, class: &str, driver: Option<&str>) -> Self {
        let place = format!("sys/bus/pci/devices/{address}");
        let host = self
            .file(&format!("{place}/class"), class)
            .link(&format!("{place}/iommu_group"), &format!("../{group}"))
            .file(
                &format!("sys/kernel/iommu_groups/{group}/devices/{address}"),
                "",
            );
        match driver {
            Some(name) => host.link(&format!("{place}/driver"), &format!("../drivers/{name}")),
            None => host,
        }
    }

    fn usb(self, name: &str, (vendor, product): (&str, &str), device: &str) -> Self {
        let place = format!("sys/bus/usb/devices/{name}");
        self.file(&format!("{place}/idVendor"), &format!("{vendor}\n"))
            .file(&format!("{place}/idProduct"), &format!("{product}\n"))
            .file(&format!("{place}/busnum"), "1\n")
            .file(&format!("{place}/devnum"), device)
    }

    fn tap(self, flags: &str, owner: &str) -> Self {
        self.file("sys/class/net/vm-office/tun_flags", flags)
            .file("sys/class/net/vm-office/owner", owner)
            .file("sys/class/net/vm-office/group", "-1\n")
    }

    /// What is said of it, problems first.
    fn says(&self, asked: &Asked<'_>, who: &Who) -> String {
        let found = look_below(self.root(), asked, who);
        let problems = found.problems.iter().map(|one| ("problem", one));
        let warnings = found.warnings.iter().map(|one| ("warning", one));
        let lines = problems.chain(warnings).map(|(kind, one)| {
            assert!(one.hint.is_some(), "{one}: and what to do?");
            format!("{kind} {one}")
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn user() -> Who {
    Who {
        user: 1000,
        groups: vec![1000, 36],
        locked_bytes_max: None,
    }
}

fn asked(devices: &Devices) -> Asked<'_> {
    Asked {
        devices,
        kvm: true,
        nested: false,
        memory_mib: 4096,
    }
}

#[track_caller]
fn check(host: &Host, devices: &Devices, expected: &str) {
    assert_eq!(host.says(&asked(devices), &user()), expected);
}

fn pci(addresses: &[&str]) -> Devices {
    let addresses = addresses.iter().map(|text| PciAddress::parse(text));
    Devices {
        pci: addresses.collect::<Option<_>>().expect("addresses"),
        ..Devices::default()
    }
}

#[test]
fn nothing_asked_for_is_never_wrong() {
    check(&Host::new(), &Devices::default(), "");
}

#[test]
fn a_whole_group_is_handed_over() {
    let host = Host::new()
        .pci("0000:01:00.0", "12", "0x030000\n", Some("vfio-pci"))
        .pci("0000:01:00.1", "12", "0x040300\n", Some("vfio-pci"))
        .pci("0000:00:01.0", "12", "0x060400\n", Some("pcieport"))
        .file("dev/vfio/12", "");
    check(&host, &pci(&["01:00.0", "0000:01:00.1"]), "");
    // The other function is nobody's while this one is the machine's.
    check(&host, &pci(&["01:00.0"]), "");
}

#[test]
fn a_device_that_cannot_be_handed_over_is_told() {
    let host = Host::new()
        .pci("0000:01:00.0", "12", "0x030000\n", Some("vfio-pci"))
        .pci("0000:01:00.1", "12", "0x040300\n", Some("snd_hda_intel"))
        .pci("0000:02:00.0", "13", "0x020000\n", Some("e1000e"))
        .pci("0000:03:00.0", "14", "0x020000\n", None)
        .file("sys/bus/pci/devices/0000:04:00.0/class", "0x020000\n")
        .pci("0000:05:00.0", "15", "0x020000\n", Some("vfio-pci"));
    let devices = [
        "01:00.0", "02:00.0", "03:00.0", "04:00.0", "05:00.0", "06:00.0",
    ];
    check(
        &host,
        &pci(&devices),
        "problem pci[0]: IOMMU group 12 of `0000:01:00.0` has `0000:01:00.1` of `snd_hda_intel` \
         too\n\
         problem pci[1]: `0000:02:00.0` is with `e1000e`, not with `vfio-pci`\n\
         problem pci[2]: `0000:03:00.0` is with no driver, not with `vfio-pci`\n\
         problem pci[3]: `0000:04:00.0` is in no IOMMU group\n\
         problem pci[4]: `/dev/vfio/15`, the group of `0000:05:00.0`, may not be opened\n\
         problem pci[5]: this host has no device at `0000:06:00.0`",
    );
}

#[test]
fn memory_that_may_not_be_locked_is_told() {
    let host = Host::new()
        .pci("0000:01:00.0", "12", "0x030000\n", Some("vfio-pci"))
        .file("dev/vfio/12", "");
    let who = Who {
        locked_bytes_max: Some(8 << 20),
        ..user()
    };
    let told = host.says(&asked(&pci(&["01:00.0"])), &who);
    let expected = "problem pci: needs 4160 MiB that are never swapped, and 8 MiB are allowed";
    assert_eq!(told, expected);
    assert_eq!(host.says(&asked(&Devices::default()), &who), "");
}

#[test]
fn usb_devices_are_plugged_in_and_may_be_opened() {
    let devices = Devices {
        usb: [(0x046d, 0xc52b), (1, 2)]
            .map(|(vendor, product)| UsbId { vendor, product })
            .into(),
        ..Devices::default()
    };
    let host = Host::new()
        .usb("1-1", ("046d", "c52b"), "7\n")
        .file("sys/bus/usb/devices/1-1:1.0/bInterfaceClass", "03\n")
        .file("dev/bus/usb/001/007", "");
    let missing = "warning usb[1]: this host has no device `0001:0002` now";
    check(&host, &devices, missing);
    let node = host.root().join("dev/bus/usb/001/007");
    fs::set_permissions(&node, fs::Permissions::from_mode(0o400)).expect("ours");
    if !Who::am_i().is_root() {
        let told =
            "problem usb[0]: `/dev/bus/usb/001/007`, which is `046d:c52b`, may not be opened";
        check(&host, &devices, &format!("{told}\n{missing}"));
    }
    fs::remove_file(&node).expect("ours");
    let told = host.says(&asked(&devices), &user());
    assert!(
        told.starts_with("problem usb[0]: `/dev/bus/usb/001/007`"),
        "{told}"
    );
}

#[test]
fn a_tap_interface_is_there_and_ours_and_on_its_bridge() {
    let devices = Devices {
        network: Network::Tap {
            name: "vm-office".into(),
            bridge: Some("br0".into()),
        },
        ..Devices::default()
    };
    let at = |what: &str| format!("problem network.tap: {what}");
    let none = at("this host has no interface `vm-office`");
    check(&Host::new(), &devices, &none);
    let card = Host::new().file("sys/class/net/vm-office/mtu", "1500\n");
    check(&card, &devices, &at("`vm-office` is no TAP interface"));
    let tun = Host::new().tap("0x1001\n", "1000\n");
    check(&tun, &devices, &at("`vm-office` is no TAP interface"));
    let queues = at("`vm-office` was made for several queues, and a machine's card has one");
    check(&Host::new().tap("0x1102\n", "1000\n"), &devices, &queues);
    let other = at("`vm-office` belongs to another than user 1000");
    check(&Host::new().tap("0x1002\n", "1001\n"), &devices, &other);
    check(&Host::new().tap("0x1002\n", "-1\n"), &devices, &other);
    let alone = Host::new().tap("0x1002\n", "1000\n");
    let off = "problem network.bridge: `vm-office` is not on `br0`";
    check(&alone, &devices, off);
    let whole = alone.link("sys/class/net/vm-office/master", "../br0");
    check(&whole, &devices, "");
}

#[test]
fn a_guest_is_a_hypervisor_where_kvm_lets_it() {
    let devices = Devices::default();
    let asked = Asked {
        nested: true,
        ..asked(&devices)
    };
    let parameter = "sys/module/kvm_amd/parameters/nested";
    let told = "problem machine.nested: this host's KVM lets no guest be a hypervisor";
    assert_eq!(Host::new().says(&asked, &user()), told);
    assert_eq!(
        Host::new().file(parameter, "0\n").says(&asked, &user()),
        told
    );
    assert_eq!(Host::new().file(parameter, "1\n").says(&asked, &user()), "");
    let tcg = Asked {
        kvm: false,
        ..asked
    };
    assert_eq!(Host::new().says(&tcg, &user()), "");
}
