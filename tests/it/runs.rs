//! `lucarne run` with a double of QEMU (`examples/double.rs`): identity runs, and what a machine
//! says in the last moment before it ends.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::machine::double;
use crate::{read, repository};

const OFF: &str = r#"qmp {"event":"SHUTDOWN","data":{"guest":true,"reason":"guest-shutdown"}}"#;
const DONE: &str = r#"serial @lucarne {"seq":1,"event":"done"}"#;
const UUID: &str = "0b9f4b2c-3a10-4f5f-8a57-3d2a5a1c9e10";

/// A machine that gets an identity, in folders of its own.
struct Machine {
    /// On a disk, as the system disk's overlay has to be.
    folder: tempfile::TempDir,
    /// Short, as a socket's path has to be.
    runtime: tempfile::TempDir,
}

impl Machine {
    fn new(story: &[&str]) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let machine = Self {
            folder,
            runtime: tempfile::tempdir().expect("a folder"),
        };
        let manifest = read(&repository("tests/machines/manifest.json"));
        let mut manifest: Value = serde_json::from_str(&manifest).expect("JSON");
        manifest["firmware"] = json!({ "type": "bios", "secureBoot": false });
        manifest["machine"]["tpm"] = json!(false);
        let image = machine.path("image");
        fs::create_dir(&image).expect("is writable");
        fs::write(image.join("manifest.json"), manifest.to_string()).expect("is writable");
        fs::write(image.join("disk.qcow2"), "").expect("is writable");
        let args = format!("args {}", machine.path("args").display());
        let story = [&[&*args], story].concat().join("\n");
        fs::write(machine.path("qemu.story"), story).expect("is writable");
        symlink(double(), machine.path("qemu")).expect("is writable");
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, value: &Value) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, value.to_string()).expect("is writable");
        path
    }

    /// A command, which knows these folders alone.
    fn lucarne(&self, command: &str) -> Command {
        let mut lucarne = Command::new(env!("CARGO_BIN_EXE_lucarne"));
        lucarne
            .arg(command)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.runtime.path())
            .stdin(Stdio::null());
        lucarne
    }

    #[track_caller]
    fn ctl(&self, command: &str) {
        let mut ctl = self.lucarne("ctl");
        let output = ctl.args(["office", command]).output().expect("runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
    }

    fn run(&self) -> Command {
        let (qemu, none) = (self.path("qemu"), Path::new("/bin/true"));
        let tools = json!({
            "qemu": qemu, "qemuImg": none, "qemuIo": none, "qemuNbd": none, "swtpm": none,
            "wimlib": none, "code": none, "vars": none, "varsMs": none,
        });
        let spec = json!({
            "schema": "lucarne.machine/1", "name": "office", "image": self.path("image"),
            "machine": { "accel": "tcg" }, "identity": { "computerName": "OFFICE" },
            "extraQemuArgs": ["-uuid", UUID],
        });
        let mut run = self.lucarne("run");
        run.arg(self.write("machine.json", &spec))
            .arg("--tools")
            .arg(self.write("tools.json", &tools));
        run
    }

    /// Starts it: the process, and what it says from then on.
    fn starts(&self) -> (Child, impl Iterator<Item = String> + use<>) {
        let mut running = self.run().stderr(Stdio::piped()).spawn().expect("starts");
        let stderr = running.stderr.take().expect("is a pipe");
        let told = BufReader::new(stderr).lines().map_while(Result::ok);
        (running, told)
    }

    /// Its exit code, and what it said.
    fn ends(&self) -> (Option<i32>, String) {
        let output = self.run().output().expect("runs");
        let told = String::from_utf8(output.stderr).expect("messages are UTF-8");
        (output.status.code(), told)
    }
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
    let (state, cache) = (machine.path("state"), machine.path("cache"));
    let runtime = machine.runtime.path().join("lucarne/office");
    for (keys, common) in [
        (&["XDG_STATE_HOME", "XDG_CACHE_HOME"][..], &runtime),
        (
            &["XDG_STATE_HOME", "XDG_RUNTIME_DIR"],
            &machine.path(".cache/lucarne/office"),
        ),
    ] {
        let mut second = machine.run();
        for key in keys {
            let folder = if *key == "XDG_CACHE_HOME" {
                &cache
            } else {
                &state
            };
            second.env(key, folder);
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
