//! Formats and their disks' buses, archives read back, and texts of the facts.

use std::io::{Cursor, Read as _};

use expect_test::expect;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::manifest::tests::example;
use crate::manifest::{Input, Manifest};
use crate::spec::FirmwareKind;

fn facts(change: impl FnOnce(&mut Manifest)) -> Facts {
    let mut manifest = example();
    change(&mut manifest);
    Facts::new(&manifest, &"ab".repeat(32))
}

fn virtio_win(manifest: &mut Manifest) {
    manifest.inputs.virtio_win_iso = Some(Input {
        label: "virtio-win".into(),
        sha256: "00".repeat(32),
    });
}

#[test]
fn a_disk_hangs_where_the_engine_has_it_and_windows_starts() {
    let check = |format: Format, bus: Bus, drivers: bool, hangs: Option<Bus>| {
        let image = facts(|manifest| {
            manifest.disk.bus = bus;
            if drivers {
                virtio_win(manifest);
            }
        });
        let found = format.facts(image).ok().map(|image| image.bus);
        assert_eq!(found, hangs, "{format:?} {bus:?} {drivers}");
    };
    check(Format::Proxmox, Bus::Sata, false, Some(Bus::Sata));
    check(Format::Proxmox, Bus::VirtioBlk, true, Some(Bus::VirtioBlk));
    check(Format::Proxmox, Bus::Nvme, true, Some(Bus::VirtioScsi));
    check(Format::Proxmox, Bus::Nvme, false, None);
    check(Format::Incus, Bus::Sata, false, None);
    check(Format::Lima, Bus::VirtioScsi, true, Some(Bus::VirtioBlk));
    check(Format::Lima, Bus::VirtioScsi, false, None);
    check(Format::Vhdx, Bus::Nvme, false, Some(Bus::Nvme));
}

#[test]
fn a_bus_that_the_engine_lacks_is_a_problem_with_its_way_out() {
    let image = facts(|manifest| manifest.disk.bus = Bus::Sata);
    let problems = Format::Incus.facts(image).expect_err("has no AHCI");
    let hint = "install it with `virtio-scsi` or `virtio-blk` or `nvme`, or with `virtioWinIso`: \
                its drivers start from both buses of virtio's";
    let what = "the Windows of `demo` starts from `sata`, and `incus` has no such disk";
    assert_eq!(
        problems.0,
        [Problem::new("disk.bus", what).hint(hint)],
        "{problems}"
    );
}

#[test]
fn what_stops_nothing_is_told() {
    let notes = |format: Format, change: fn(&mut Manifest)| {
        let image = format.facts(facts(change)).expect("can be exported");
        format.notes(&image).len()
    };
    assert_eq!(notes(Format::Vhdx, |_| ()), 1);
    assert_eq!(notes(Format::Vmdk, |_| ()), 1);
    assert_eq!(notes(Format::Vmdk, |image| image.disk.bus = Bus::Sata), 0);
    assert_eq!(notes(Format::Lima, virtio_win), 1);
    assert_eq!(notes(Format::Incus, virtio_win), 0);
    assert_eq!(
        notes(Format::Raw, |image| image.finish.generalized =
            Some("done".into())),
        1
    );
}

#[test]
fn incus_is_told_the_image() {
    expect![[r#"
        architecture: x86_64
        creation_date: 1795136400
        properties:
          architecture: "x86_64"
          description: "Windows 11 Pro 10.0.26100"
          name: "demo"
          os: "Windows"
          release: "10.0.26100"
          variant: "Windows 11 Pro"
    "#]]
    .assert_eq(&incus::metadata(&facts(|_| ())).expect("has a date"));
    let bios = facts(|manifest| {
        manifest.firmware.kind = FirmwareKind::Bios;
        manifest.firmware.secure_boot = false;
        manifest.machine.tpm = false;
        manifest.finish.generalized = Some("done".into());
    });
    let metadata = incus::metadata(&bios).expect("has a date");
    assert!(
        metadata.contains("requirements.secureboot: \"false\""),
        "{metadata}"
    );
    assert!(metadata.contains("begins with OOBE"), "{metadata}");
    let hostile = facts(|manifest| manifest.windows.edition = "\u{7f}\u{85}\"".into());
    let metadata = incus::metadata(&hostile).expect("has a date");
    let variant = "  variant: \"\\u007f\\u0085\\\"\"\n";
    assert!(metadata.contains(variant), "{metadata}");
    let profile = |image: &Facts| incus::texts(image).remove(0).1;
    expect![[r#"
        config:
          limits.cpu: "4"
          limits.memory: "4096MiB"
          raw.qemu: "-rtc base=utc"
          security.secureboot: "true"
        description: "The machine of demo, without a network"
        devices:
          root:
            io.bus: "virtio-scsi"
            path: "/"
            pool: "default"
            size: "1073741824B"
            type: "disk"
          tpm:
            type: "tpm"
    "#]]
    .assert_eq(&profile(&facts(|_| ())));
    expect![[r#"
        config:
          limits.cpu: "4"
          limits.memory: "4096MiB"
          raw.qemu: "-rtc base=utc"
          security.csm: "true"
          security.secureboot: "false"
        description: "The machine of demo, without a network"
        devices:
          root:
            io.bus: "virtio-scsi"
            path: "/"
            pool: "default"
            size: "1073741824B"
            type: "disk"
    "#]]
    .assert_eq(&profile(&bios));
}

/// Entries as another reader sees them: name, owner, mode, time, bytes.
fn entries(archive: &[u8]) -> Vec<(String, u64, u32, u64, Vec<u8>)> {
    let mut archive = tar::Archive::new(archive);
    let entries = archive.entries().expect("is an archive");
    entries
        .map(|entry| {
            let mut entry = entry.expect("is an entry");
            let name = entry.path().expect("has a name").display().to_string();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("is whole");
            let header = entry.header();
            let number = |number: std::io::Result<u64>| number.expect("is a number");
            assert_eq!(header.uid().ok(), header.gid().ok());
            let mode = header.mode().expect("is a number");
            (
                name,
                number(header.uid()),
                mode,
                number(header.mtime()),
                bytes,
            )
        })
        .collect()
}

#[test]
fn the_metadata_is_all_that_its_archive_holds() {
    let image = facts(|_| ());
    let found = entries(&incus::archive(&image).expect("has a date"));
    let metadata = incus::metadata(&image).expect("has a date").into_bytes();
    assert_eq!(found, [("metadata.yaml".to_owned(), 0, 0o444, 0, metadata)]);
}

#[test]
fn a_container_disk_holds_the_disk_by_its_hashes() {
    let disk = vec![7; 1300];
    let write = |image: &Facts| {
        let mut archive = Cursor::new(Vec::new());
        let length = disk.len() as u64;
        oci::archive(image, (&mut disk.as_slice(), length), &mut archive).expect("is memory");
        archive.into_inner()
    };
    let archive = write(&facts(|_| ()));
    assert!(
        archive == write(&facts(|_| ())),
        "equal images give equal bytes"
    );
    assert_eq!(archive.len() % 512, 0);
    let found = entries(&archive);
    let get = |name: &str| {
        let entry = found.iter().find(|entry| entry.0 == name);
        entry.unwrap_or_else(|| panic!("no `{name}`")).4.clone()
    };
    let json = |name: &str| -> Value { serde_json::from_slice(&get(name)).expect("is JSON") };
    // A blob by its descriptor, whose hash and size are the bytes'.
    let blob = |descriptor: &Value| {
        let digest = descriptor["digest"].as_str().expect("a digest");
        let hash = digest.strip_prefix("sha256:").expect("a SHA-256");
        let bytes = get(&format!("blobs/sha256/{hash}"));
        assert_eq!(format!("{:x}", Sha256::digest(&bytes)), hash);
        assert_eq!(descriptor["size"], bytes.len());
        bytes
    };
    assert_eq!(json("oci-layout")["imageLayoutVersion"], "1.0.0");
    let manifest = blob(&json("index.json")["manifests"][0]);
    let manifest: Value = serde_json::from_slice(&manifest).expect("is JSON");
    let layer = blob(&manifest["layers"][0]);
    let config: Value = serde_json::from_slice(&blob(&manifest["config"])).expect("is JSON");
    assert_eq!(
        config["rootfs"]["diff_ids"][0],
        manifest["layers"][0]["digest"]
    );
    assert_eq!(config["created"], example().sealed_at);
    assert_eq!(
        entries(&layer),
        [
            ("disk/".to_owned(), 107, 0o555, 0, Vec::new()),
            ("disk/disk.qcow2".to_owned(), 107, 0o444, 0, disk.clone()),
        ]
    );
}

#[test]
fn a_disk_that_shrinks_meanwhile_is_told() {
    let mut archive = Cursor::new(Vec::new());
    let error = oci::archive(&facts(|_| ()), (&mut &b"abc"[..], 4), &mut archive);
    let error = error.expect_err("is short").to_string();
    assert_eq!(error, "the disk has 3 bytes, and had 4");
}

#[test]
fn a_disk_of_any_size_has_an_entry() {
    let size = 1 << 40;
    let header = tarball::file("disk/disk.qcow2", size, 107).expect("is a name");
    assert_eq!(header.size().expect("is a number"), size);
}

/// nix/lib/export.nix refuses an image before it is installed, by the same table.
#[test]
fn nix_knows_the_same_buses() {
    let table: Value =
        serde_json::from_str(include_str!("../../data/export-buses.json")).expect("is JSON");
    let table = table.as_object().expect("is an object");
    assert_eq!(table.len(), Format::ALL.len());
    for format in Format::ALL {
        let words = format
            .buses()
            .map(|buses| buses.iter().map(|bus| bus.as_str()).collect());
        let words: Option<Vec<_>> = words;
        assert_eq!(table[format.as_str()], Value::from(words), "{format:?}");
    }
}
