//! `lucarne run` with a double of QEMU (`examples/double.rs`): what a machine says in the last moment
//! before it ends.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

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
        let story = [&["at-once", &args], story].concat().join("\n");
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

    fn run(&self) -> Output {
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
        Command::new(env!("CARGO_BIN_EXE_lucarne"))
            .arg("run")
            .arg(self.write("machine.json", &spec))
            .arg("--tools")
            .arg(self.write("tools.json", &tools))
            .env_clear()
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.runtime.path())
            .stdin(Stdio::null())
            .output()
            .expect("runs")
    }
}

/// COM1 and the monitor are two sockets, and what came first on one may be read last.
#[test]
fn a_done_that_arrives_with_the_power_off_counts() {
    let machine = Machine::new(&[DONE, OFF]);
    let output = machine.run();
    let told = String::from_utf8(output.stderr).expect("messages are UTF-8");
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("the machine has its identity"), "{told}");
    // What is the user's own may be of the network or of the host, which an identity run has not.
    let starts = read(&machine.path("args"));
    let starts: Vec<_> = starts.lines().map(|args| args.contains(UUID)).collect();
    assert_eq!(starts, [false, true]);
}

#[test]
fn a_power_off_without_done_is_no_identity() {
    let output = Machine::new(&[OFF]).run();
    let told = String::from_utf8(output.stderr).expect("messages are UTF-8");
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("before it had its identity"), "{told}");
}
