//! Images of strangers: manifests that no image has, and disks that name files of the host's.

use std::fs;

use rustix::fs::{CWD, Mode, mkfifoat};
use serde_json::json;

use super::{Copies, names};
use crate::read;

#[test]
fn a_manifest_that_no_image_has_is_refused_with_all_that_is_wrong() {
    let mut copies = Copies::new();
    copies.manifest["name"] = json!("a/../../etc");
    copies.manifest["machine"]["minMemoryMib"] = json!(u64::MAX);
    copies.manifest["machine"]["type"] = json!("pc\u{1}\"/><!--");
    copies.image("image");
    let says = [
        "says what no image does:\n",
        "\n  machine.minMemoryMib: 18446744073709551615 is not from 1 to ",
        "\n  machine.type: `pc\\u{1}\"/><!--` is no machine of QEMU's\n",
        "\n  name: `a/../../etc` has characters",
    ];
    copies.fails("libvirt", 2, &says);
}

#[test]
fn a_disk_that_is_not_what_its_manifest_says_is_not_opened() {
    let disk = |change: fn(&mut Vec<u8>), says: &str| {
        let mut copies = Copies::new();
        // Whoever starts it has opened the disk.
        copies.double("", "#!/bin/sh\n: >'HERE/opened'\necho '{}'\n");
        change(&mut copies.disk);
        copies.image("image");
        for what in ["proxmox", "raw", "flatten"] {
            copies.fails(what, 2, &["the image's disk `", says]);
        }
        assert!(!copies.path("opened").exists());
    };
    disk(|bytes| bytes[79] = 0b100, "has its data in another file");
    disk(|bytes| bytes[35] = 2, "is encrypted");
    disk(
        |bytes| bytes[72] = 1,
        "has features that no QEMU here knows",
    );
    disk(
        |bytes| bytes[24] = 0x7f,
        "is a disk of 9151314528716193792 bytes, and its",
    );
    disk(|bytes| bytes.truncate(20), "is no qcow2 file");
    disk(
        |bytes| bytes[..4].copy_from_slice(b"KDMV"),
        "is no qcow2 file",
    );
}

/// Whoever opens a pipe that nobody writes to waits for ever.
#[test]
fn a_pipe_is_no_file_of_an_image() {
    for file in ["manifest.json", "disk.qcow2"] {
        let copies = Copies::new();
        let path = copies.path("image").join(file);
        fs::remove_file(&path).expect("is ours");
        mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).expect("is writable");
        let before = copies.names();
        let output = copies.run("raw");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("it is a pipe, not a regular file"), "{told}");
        assert_eq!(copies.names(), before);
    }
}

/// A layer's disk alone is of no use, and QEMU would look for the other below it.
#[test]
fn a_layer_is_exported_whole_whatever_depth_it_claims() {
    let mut copies = Copies::new();
    let base = copies.image("base");
    let disk = fs::read(copies.path("base/manifest.json")).expect("is there");
    let disk: serde_json::Value = serde_json::from_slice(&disk).expect("JSON");
    copies.manifest["inputs"]["base"] = json!({
        "name": "base", "manifestSha256": base, "diskSha256": disk["disk"]["sha256"], "depth": 0,
    });
    copies.disk[15] = 112;
    copies.image("image");
    let below = copies.path("base/disk.qcow2");
    let info = json!({ "backing-filename": below, "backing-filename-format": "qcow2" });
    fs::write(copies.path("info.json"), info.to_string()).expect("is writable");
    let script = "#!/bin/sh\ncase \"$*\" in\n\
                  info*) cat 'HERE/info.json' ;;\n\
                  create*) : >probe.qcow2 ;;\n\
                  *) for to; do :; done; echo both >\"$to\" ;;\nesac\n";
    copies.double("", script);
    let output = copies.run("proxmox");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let out = copies.path("new/out");
    assert_eq!(read(&out.join("disk.qcow2")), "both\n");
    assert!(names(&out).contains(&"qm-create.sh".to_owned()));
}
