//! What no schema says of the manifests.

use super::*;
use crate::manifest::tests::example;

fn image(bus: Bus) -> Facts {
    let mut manifest = example();
    manifest.disk.bus = bus;
    Facts::new(&manifest, "")
}

fn names(list: &Value) -> Vec<&str> {
    let list = list.as_array().expect("a list").iter();
    list.map(|one| one["name"].as_str().expect("a name"))
        .collect()
}

/// The bus of a disk or a CD.
fn bus(disk: &Value) -> &str {
    let of = |kind: &str| disk[kind]["bus"].as_str();
    of("disk").or(of("cdrom")).expect("a bus")
}

#[test]
fn windows_finds_what_it_is_told_on_the_second_port() {
    for system in [Bus::VirtioScsi, Bus::VirtioBlk, Bus::Sata] {
        let disks = disks(&image(system));
        let disks = disks.as_array().expect("a list");
        let mut letters = disks.iter().filter(|disk| bus(disk) != "virtio");
        let second = letters.nth(1).expect("a second one");
        assert_eq!((&second["name"], bus(second)), (&json!("config"), "sata"));
        assert_eq!(disks[0]["bootOrder"], 1, "the system disk starts");
    }
}

#[test]
fn every_disk_has_its_volume() {
    let image = image(Bus::VirtioScsi);
    let template = template(&image, "a", "a");
    let spec = &template["spec"];
    let mut disks = names(&spec["domain"]["devices"]["disks"]);
    let mut volumes = names(&spec["volumes"]);
    disks.sort_unstable();
    volumes.sort_unstable();
    assert_eq!(disks, volumes);
    let interfaces = names(&spec["domain"]["devices"]["interfaces"]);
    assert_eq!(interfaces, names(&spec["networks"]));
}

#[test]
fn secure_boot_has_what_kubevirt_asks_for_it() {
    let mut image = image(Bus::VirtioScsi);
    assert_eq!(domain(&image)["features"]["smm"]["enabled"], true);
    image.secure_boot = false;
    image.tpm = false;
    let domain = domain(&image);
    assert!(domain["features"].get("smm").is_none() && domain["devices"].get("tpm").is_none());
    assert_eq!(domain["firmware"]["bootloader"]["efi"]["secureBoot"], false);
}

#[test]
fn what_windows_is_told_is_what_the_guest_program_reads() {
    use lucarne_protocol::settings::Settings;
    for name in ["a", &"b".repeat(180), "Server_2019+Core", "?"] {
        let text = told::document(&label(name), true, Vec::new());
        Settings::read(text.as_bytes()).expect("as its schema has it");
    }
}
