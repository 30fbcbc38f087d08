//! `lucarne run` with a double of QEMU (`examples/double.rs`): identity runs, and what a machine
//! says in the last moment before it ends.

mod machine;
mod stops;

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::fs::{CWD, Mode, mkfifoat};
use rustix::process::Signal;
use serde_json::json;

use crate::read;
use machine::{Machine, UUID, end, qcow2};
use stops::send;

const OFF: &str = r#"qmp {"event":"SHUTDOWN","data":{"guest":true,"reason":"guest-shutdown"}}"#;
const RESET: &str = r#"qmp {"event":"RESET","data":{"guest":true,"reason":"guest-reset"}}"#;
const DONE: &str = r#"serial @lucarne {"seq":1,"event":"done"}"#;

/// An identity run takes minutes, and a data disk is for ever.
#[test]
fn an_empty_password_is_told_before_anything_is_made() {
    let machine = Machine::new(&["at-once", DONE, OFF]);
    let folder = machine.path("credentials");
    fs::create_dir(&folder).expect("is writable");
    fs::write(folder.join("ada"), "\n").expect("is writable");
    let accounts = json!([{ "name": "ada", "passwordCredential": "ada" }]);
    let mut run = machine.run_with(&json!({
        "guest": { "accounts": accounts }, "dataDisk": { "sizeGib": 1 },
        "identity": { "computerName": "OFFICE" },
    }));
    let output = run.arg("--credentials").arg(&folder).output();
    let output = output.expect("runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    let expected = "error: guest.accounts[0].passwordCredential: the credential `ada` does not \
                    have 1 to 256 characters\n\nhint: ";
    assert!(told.contains(expected), "{told}");
    assert!(!machine.path("args").exists(), "QEMU has run");
    let state = machine.path(".local/state/lucarne/office");
    assert!(!state.join("data.qcow2").exists() && !state.join("identity.qcow2.part").exists());
}

/// A QEMU whose helper was killed may take a moment to end.
#[test]
fn a_disk_that_is_locked_for_a_moment_is_waited_for() {
    let machine = Machine::new(&["at-once", DONE, OFF]);
    let file = machine.path("waited");
    let story = read(&machine.path("qemu.story"));
    let story = format!("locked {}\n{story}", file.display());
    fs::write(machine.path("qemu.story"), story).expect("is writable");
    let (code, told) = machine.ends();
    assert_eq!(code, Some(0), "{told}");
    assert!(file.exists(), "nobody has waited");
}

#[test]
fn nobody_tries_for_ever() {
    for (words, says, tries) in [
        (
            "Could not set up host forwarding rule 'tcp:127.0.0.1:4-:22'",
            "error: no port of 127.0.0.1 stays free for SSH: 5 were taken at once\n\nhint: ",
            5,
        ),
        (
            "Is another process using the image [disk.qcow2]?",
            "is in use by another process\n\nhint: ",
            10,
        ),
    ] {
        let machine = Machine::new(&[&format!("words {words}")]);
        let (code, told) = end(machine.run_with(&json!({})));
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(says), "{told}");
        let starts = read(&machine.path("args")).lines().count();
        assert_eq!(starts, tries, "{told}");
    }
}

/// Those of somebody's own are QEMU's.
#[test]
fn a_machine_that_qemu_does_not_like_is_told_with_the_way_out() {
    let machine = Machine::new(&["words There is no option group 'spice'"]);
    let (code, told) = machine.ends();
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("error: display.spice: "), "{told}");
    assert!(told.contains("\n\nhint: this QEMU has no SPICE"), "{told}");
}

#[test]
fn the_data_disk_of_an_identity_run_is_one_to_wait_for() {
    let machine = Machine::new(&["obeys"]);
    let (mut running, mut told) = machine.starts();
    assert!(told.any(|line| line.ends_with("gets its identity")));
    for (command, expected) in [
        (
            &["disk"][..],
            "gets its identity, which its data disk is no part of",
        ),
        (
            &["snapshot", "clean"],
            "gets its identity, which its data disk is no part of",
        ),
        (&["ssh"], "gets its identity, and has no network meanwhile"),
    ] {
        let (success, told) = machine.asks(&[&["office"], command].concat());
        assert!(!success && told.contains(expected), "{told}");
        assert!(told.contains("hint: wait until"), "{told}");
    }
    machine.ctl("stop");
    assert!(running.wait().expect("ends").success());
}

#[test]
fn an_image_whose_disk_is_cut_or_gone_is_told_before_qemu() {
    let machine = Machine::new(&["at-once", DONE, OFF]);
    let disk = machine.path("image/disk.qcow2");
    for words in ["is no qcow2 file", "the image's disk is gone"] {
        if words.ends_with("gone") {
            fs::remove_file(&disk).expect("is writable");
        } else {
            fs::write(&disk, [0; 64]).expect("is writable");
        }
        let (code, told) = machine.ends();
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(words) && told.contains("hint: "), "{told}");
        assert!(!machine.path("args").exists(), "QEMU has run");
    }
}

#[test]
fn each_restart_of_windows_is_counted() {
    let machine = Machine::new(&["obeys", RESET, RESET]);
    let (mut running, mut told) = machine.starts();
    for times in 1..=2 {
        assert!(told.any(|line| line.ends_with("the machine restarts")));
        assert!(machine.state()["restarts"].as_u64() >= Some(times));
    }
    machine.ctl("kill");
    let rest: Vec<_> = told.collect();
    assert!(running.wait().expect("ends").success(), "{rest:?}");
}

/// COM1 and the monitor are two sockets, and what came first on one may be read last.
#[test]
fn a_done_that_arrives_with_the_power_off_counts() {
    let machine = Machine::new(&["at-once", DONE, OFF]);
    let (code, told) = machine.ends();
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("the machine has its identity"), "{told}");
    // What is the user's own may be of the network or of the host, which an identity run has not.
    let starts = read(&machine.path("args"));
    let starts: Vec<_> = starts.lines().map(|args| args.contains(UUID)).collect();
    assert_eq!(starts, [false, true]);
}

#[test]
fn a_power_off_without_done_is_no_identity() {
    let (code, told) = Machine::new(&["at-once", OFF]).ends();
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("before it had its identity"), "{told}");
}

#[test]
fn a_reset_begins_an_identity_run_anew() {
    let machine = Machine::new(&["obeys"]);
    let (mut running, mut told) = machine.starts();
    for command in ["reset", "stop"] {
        let begins = told.any(|line| line.ends_with("the machine `office` gets its identity"));
        assert!(begins, "before `{command}`");
        machine.ctl(command);
    }
    let rest: Vec<_> = told.collect();
    let status = running.wait().expect("ends");
    assert!(status.success(), "{rest:?}");
}

/// A service and the same machine by hand: state and cache are others, the runtime folder is one.
#[test]
fn one_folder_in_common_is_enough_to_be_refused() {
    let machine = Machine::new(&["obeys"]);
    let (mut running, mut told) = machine.starts();
    let begins = told.any(|line| line.ends_with("gets its identity"));
    assert!(begins, "the first one runs");
    let runtime = machine.runtime.path().join("lucarne/office");
    for (keys, common) in [
        (&["XDG_STATE_HOME", "XDG_CACHE_HOME"][..], &runtime),
        (
            &["XDG_STATE_HOME", "XDG_RUNTIME_DIR"],
            &machine.path(".cache/lucarne/office"),
        ),
    ] {
        let mut second = machine.run();
        for (key, name) in keys.iter().zip(["a", "b"]) {
            second.env(key, machine.path(name));
        }
        let output = second.output().expect("runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        let has = format!(
            "as process {}, which has `{}`",
            running.id(),
            common.display()
        );
        assert!(told.contains(&has), "{told}");
    }
    // Nothing of the first one was touched: it is reached, and obeys.
    machine.ctl("stop");
    let rest: Vec<_> = told.collect();
    assert!(running.wait().expect("ends").success(), "{rest:?}");
}

#[test]
fn a_data_disk_grows_last_and_not_for_a_start_that_fails() {
    let machine = Machine::new(&["words it does not like the machine"]);
    let log = machine.note_qemu_img();
    let disk = machine.path("data.qcow2");
    fs::write(&disk, qcow2(1)).expect("is writable");
    let more = json!({ "dataDisk": { "path": disk, "sizeGib": 2 } });
    let (code, told) = end(machine.run_with(&more));
    assert_eq!(code, Some(2), "{told}");
    let says = "error: extraQemuArgs: it does not like the machine";
    assert!(told.contains(says), "{told}");
    grown_and_shrunk(&log, &disk);
}

#[test]
fn a_data_disk_does_not_grow_for_a_start_that_is_given_up() {
    let machine = Machine::new(&["mute"]);
    let (log, started) = (machine.note_qemu_img(), machine.path("args"));
    // Opened for writing by a QEMU that has come so far, which waits for the reader.
    mkfifoat(CWD, &started, Mode::RUSR | Mode::WUSR).expect("is writable");
    let disk = machine.path("data.qcow2");
    fs::write(&disk, qcow2(1)).expect("is writable");
    let more = json!({ "dataDisk": { "path": disk, "sizeGib": 2 } });
    let (mut running, told) = Machine::spawn(machine.run_with(&more));
    assert!(read(&started).contains(UUID), "QEMU runs");
    send(running.id().into(), Signal::TERM);
    let rest: Vec<_> = told.collect();
    assert!(running.wait().expect("ends").success(), "{rest:?}");
    grown_and_shrunk(&log, &disk);
}

/// The disk was given 2 GiB, and then its 1 GiB back.
#[track_caller]
fn grown_and_shrunk(log: &Path, disk: &Path) {
    let path = disk.display();
    let resizes = [
        format!("resize -q -f qcow2 {path} 2147483648"),
        format!("resize -q -f qcow2 --shrink {path} 1073741824"),
    ];
    let asked = read(log);
    let asked = asked.lines().filter(|line| line.starts_with("resize"));
    assert_eq!(asked.collect::<Vec<_>>(), resizes);
}

#[test]
fn an_image_s_disk_and_a_disk_of_two_files_are_no_data_disks() {
    let machine = Machine::new(&["at-once", OFF]);
    let log = machine.note_qemu_img();
    let (image, outside) = (machine.path("image/disk.qcow2"), machine.path("data.qcow2"));
    let mut header = fs::read(&image).expect("is there");
    header[79] = 0b100;
    fs::write(&outside, header).expect("is writable");
    for (disk, code, says) in [
        (&image, 1, "dataDisk.path: `"),
        (&outside, 2, "has its data in another file\n"),
    ] {
        let more = json!({ "dataDisk": { "path": disk, "sizeGib": 9 } });
        let (ended, told) = end(machine.run_with(&more));
        assert_eq!(ended, Some(code), "{told}");
        assert!(told.contains(says) && told.contains("hint: "), "{told}");
    }
    assert_eq!(read(&log), "");
}

#[test]
fn what_is_left_of_identities_goes_when_nobody_wants_it() {
    let machine = Machine::new(&["at-once", DONE, OFF]);
    let state = |name: &str| machine.path(".local/state/lucarne/office").join(name);
    let (disk, part) = (state("identity.qcow2"), state("identity.qcow2.part"));
    let (code, told) = machine.ends();
    assert_eq!(code, Some(0), "{told}");
    for file in [&disk, &part] {
        fs::write(file, "").expect("is writable");
    }
    let (code, told) = machine.ends();
    assert_eq!(code, Some(0), "{told}");
    assert!(!told.contains("gets its identity"), "{told}");
    assert!(disk.exists() && !part.exists(), "a part is of no use");
    fs::write(&part, "").expect("is writable");
    let (code, told) = end(machine.run_with(&json!({})));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("identity is removed"), "{told}");
    for file in [disk, part, state("identity.json")] {
        assert!(!file.exists(), "{}", file.display());
    }
}

#[test]
fn what_lies_in_memory_or_should_is_told() {
    let machine = Machine::new(&["at-once", OFF]);
    let credentials = machine.path("credentials");
    fs::create_dir(&credentials).expect("is writable");
    fs::write(credentials.join("ada"), "secret").expect("is writable");
    let account = json!({ "name": "ada", "passwordCredential": "ada" });
    let mut run = machine.run_with(&json!({ "guest": { "accounts": [account] } }));
    let (code, told) = end({
        run.arg("--credentials").arg(&credentials);
        run
    });
    assert_eq!(code, Some(0), "{told}");
    let on = |folder: &Path| {
        let mut stat = Command::new("stat");
        let told = stat.args(["-f", "-c", "%T"]).arg(folder).output();
        String::from_utf8(told.expect("runs").stdout).expect("UTF-8")
    };
    let in_memory = ["tmpfs", "ramfs"].contains(&on(machine.runtime.path()).trim());
    assert_eq!(told.contains("lies on a disk"), !in_memory, "{told}");
    let Ok(memory) = tempfile::tempdir_in("/dev/shm") else {
        return;
    };
    let disk = memory.path().join("data.qcow2");
    fs::write(&disk, qcow2(1)).expect("is writable");
    let more = json!({ "dataDisk": { "path": disk, "sizeGib": 1 } });
    let (code, told) = end(machine.run_with(&more));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("data.qcow2` lies in memory"), "{told}");
    let mut run = machine.run();
    run.env("XDG_STATE_HOME", memory.path());
    let (code, told) = end(run);
    assert_eq!(code, Some(2), "{told}");
    let says = "lies in memory (tmpfs), and the disk of the machine's identity";
    assert!(told.contains(says), "{told}");
}
