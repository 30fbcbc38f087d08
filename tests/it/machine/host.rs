//! What a host can lack, and what its tools can do wrong.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::Fault;

#[test]
fn a_tool_that_is_missing_is_named_before_anything_starts() {
    for tool in ["qemu", "qemuImg", "qemuIo"] {
        let mut fault = Fault::new("");
        fault.tools[tool] = json!("/nowhere/tool");
        let told = fault.ends(2, &format!("double/missing-{tool}"));
        assert!(
            told.contains(&format!("the tool `{tool}` is not at")),
            "{told}"
        );
    }
}

#[test]
fn a_tpm_that_is_missing_is_named_before_anything_starts() {
    let mut fault = Fault::new("");
    fault.tools["swtpm"] = json!("/nowhere/swtpm");
    fault.spec["firmware"] = json!({ "type": "uefi", "secureBoot": false });
    fault.spec["tpm"] = json!(true);
    let told = fault.ends(2, "double/missing-swtpm");
    assert!(told.contains("the tool `swtpm` is not at"), "{told}");
}

#[test]
fn a_qemu_that_is_none_is_told() {
    let mut fault = Fault::new("");
    fault.tools["qemu"] = json!("/bin/false");
    let told = fault.ends(2, "double/qemu-is-none");
    assert!(told.contains("QEMU ended without a word"), "{told}");
}

#[test]
fn a_qemu_that_cannot_be_started_is_told() {
    let mut fault = Fault::new("");
    let file = fault.path("file");
    fault.tools["qemu"] = json!(file);
    let told = fault.ends(2, "double/qemu-not-executable");
    assert!(told.contains("Permission denied"), "{told}");
}

#[test]
fn a_qemu_that_is_too_old_is_told() {
    let fault = Fault::new("version 8.2.7\n");
    let told = fault.ends(2, "double/qemu-old");
    assert!(told.contains("QEMU 8.2.7 is too old"), "{told}");
}

#[test]
fn a_qemu_that_refuses_the_machine_is_quoted() {
    let fault = Fault::new("words qemu: -device nvme: no such device\n");
    let told = fault.ends(2, "double/qemu-refuses");
    assert!(told.contains("no such device"), "{told}");
}

#[test]
fn a_qemu_that_crashes_in_the_middle_is_told() {
    let fault = Fault::new("serial Booting from DVD/CD...\nwritten 50000000\nwait 0.5\ncrash\n");
    let told = fault.ends(2, "double/qemu-crashes");
    assert!(told.contains("signal: 11 (SIGSEGV)"), "{told}");
}

/// Sockets are named from inside the work folder, so its path may be longer than a socket's.
#[test]
fn a_long_path_is_no_fault() {
    let mut fault = Fault::new("crash\n");
    fault.work = fault.path(&"long".repeat(50)).join("work");
    fs::create_dir_all(fault.work.parent().expect("a folder")).expect("is made");
    let told = fault.ends(2, "double/long-path");
    assert!(told.contains("signal: 11 (SIGSEGV)"), "{told}");
}

#[test]
fn a_work_folder_without_room_is_told_before_anything_starts() {
    let mut fault = Fault::new("");
    fault.spec["install"]["spareSpaceMib"] = json!(1_u64 << 24);
    let told = fault.ends(2, "double/no-room");
    assert!(told.contains("MiB free, and about"), "{told}");
    assert!(told.contains("hint: name another folder"), "{told}");
}

#[test]
fn an_output_that_cannot_be_made_is_told() {
    let mut fault = Fault::new("");
    fault.out = Path::new("/proc/lucarne/out").to_owned();
    let told = fault.ends(2, "double/output-not-writable");
    assert!(told.contains("cannot make `/proc/lucarne`"), "{told}");
}

/// They would meet when the image is done, after a quarter of an hour.
#[test]
fn folders_that_lie_in_each_other_are_told_before_anything_starts() {
    let places = [("out", "out"), ("out/work", "out"), ("w", "w/out")];
    for (number, (work, out)) in (1..).zip(places) {
        let mut fault = Fault::new("");
        fault.work = fault.path(work);
        fault.out = fault.path(out);
        let told = fault.ends(1, &format!("double/not-apart-{number}"));
        assert!(told.contains("are not apart"), "{told}");
    }
}

#[test]
fn firmware_that_is_no_file_is_told_before_anything_starts() {
    let mut fault = Fault::new("");
    fault.spec["firmware"] = json!({ "type": "uefi", "secureBoot": false });
    for name in ["pipe", "folder"] {
        let path = fault.path(name);
        if name == "pipe" {
            let mode = rustix::fs::Mode::RWXU;
            rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).expect("is made");
        } else {
            fs::create_dir(&path).expect("is made");
        }
        fault.tools["code"] = json!(path);
        let told = fault.ends(2, &format!("double/firmware-{name}"));
        assert!(told.contains("is no file"), "{told}");
    }
}
