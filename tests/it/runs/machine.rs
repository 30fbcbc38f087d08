//! A machine of a test's own, whose QEMU is the double.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::machine::double;
use crate::{program, read, repository};

/// Of the machine's own QEMU arguments.
pub(super) const UUID: &str = "0b9f4b2c-3a10-4f5f-8a57-3d2a5a1c9e10";

/// The size that the manifest of the tests says.
const IMAGE_GIB: u64 = 80;

/// A process that a test which fails does not leave behind.
pub(super) struct Running(Child);

impl Deref for Running {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended is not killed.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A machine that gets an identity, in folders of its own.
pub(super) struct Machine {
    /// On a disk, as the system disk's overlay has to be.
    pub(super) folder: tempfile::TempDir,
    /// Short, as a socket's path has to be.
    pub(super) runtime: tempfile::TempDir,
}

impl Machine {
    pub(super) fn new(story: &[&str]) -> Self {
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
        fs::write(image.join("disk.qcow2"), qcow2(IMAGE_GIB)).expect("is writable");
        let args = format!("args {}", machine.path("args").display());
        let story = [&[&*args], story].concat().join("\n");
        fs::write(machine.path("qemu.story"), story).expect("is writable");
        symlink(double(), machine.path("qemu")).expect("is writable");
        machine
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, value: &Value) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, value.to_string()).expect("is writable");
        path
    }

    /// A command, which knows these folders alone.
    pub(super) fn lucarne(&self, command: &str) -> Command {
        let mut lucarne = Command::new(env!("CARGO_BIN_EXE_lucarne"));
        lucarne
            .arg(command)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.runtime.path())
            .stdin(Stdio::null());
        lucarne
    }

    /// `state.json`.
    pub(super) fn state(&self) -> Value {
        let path = self.runtime.path().join("lucarne/office/state.json");
        serde_json::from_str(&read(&path)).expect("JSON")
    }

    #[track_caller]
    pub(super) fn ctl(&self, command: &str) {
        let (success, told) = self.asks(&["office", command]);
        assert!(success, "{told}");
    }

    /// Whether `ctl` ends well, and what it said.
    pub(super) fn asks(&self, args: &[&str]) -> (bool, String) {
        let output = self.lucarne("ctl").args(args).output().expect("runs");
        let told = String::from_utf8(output.stderr).expect("messages are UTF-8");
        (output.status.success(), told)
    }

    pub(super) fn run(&self) -> Command {
        self.run_with(&json!({ "identity": { "computerName": "OFFICE" } }))
    }

    /// A machine with something more.
    pub(super) fn run_with(&self, more: &Value) -> Command {
        let (qemu, none) = (self.path("qemu"), Path::new("/bin/true"));
        let own = self.path("qemu-img");
        let qemu_img = if own.exists() { &own } else { none };
        let tools = json!({
            "qemu": qemu, "qemuImg": qemu_img, "qemuIo": none, "qemuNbd": none, "swtpm": none,
            "wimlib": none, "code": none, "vars": none, "varsMs": none,
        });
        let mut spec = json!({
            "schema": "lucarne.machine/1", "name": "office", "image": self.path("image"),
            "machine": { "accel": "tcg" }, "extraQemuArgs": ["-uuid", UUID],
        });
        for (key, value) in more.as_object().expect("options") {
            spec[key] = value.clone();
        }
        let mut run = self.lucarne("run");
        run.arg(self.write("machine.json", &spec))
            .arg("--tools")
            .arg(self.write("tools.json", &tools));
        run
    }

    /// Starts it: the process, and what it says from then on.
    pub(super) fn starts(&self) -> (Running, impl Iterator<Item = String> + use<>) {
        Self::spawn(self.run())
    }

    /// The same of a command.
    pub(super) fn spawn(mut run: Command) -> (Running, impl Iterator<Item = String> + use<>) {
        let mut running = run.stderr(Stdio::piped()).spawn().expect("starts");
        let stderr = running.stderr.take().expect("is a pipe");
        let told = BufReader::new(stderr).lines().map_while(Result::ok);
        (Running(running), told)
    }

    /// Its exit code, and what it said.
    pub(super) fn ends(&self) -> (Option<i32>, String) {
        end(self.run())
    }

    /// Lets `qemu-img` write down what it is told, and do nothing.
    pub(super) fn note_qemu_img(&self) -> PathBuf {
        let log = self.path("qemu-img.log");
        let script = format!("#!/bin/sh\necho \"$@\" >> '{}'\n", log.display());
        program(&self.path("qemu-img"), &script);
        fs::write(&log, "").expect("is writable");
        log
    }
}

pub(super) fn end(mut run: Command) -> (Option<i32>, String) {
    let output = run.output().expect("runs");
    let told = String::from_utf8(output.stderr).expect("messages are UTF-8");
    (output.status.code(), told)
}

/// The start of a qcow2 file of a size.
pub(super) fn qcow2(gib: u64) -> Vec<u8> {
    let mut bytes = vec![0; 112];
    bytes[..8].copy_from_slice(b"QFI\xfb\0\0\0\x03");
    bytes[24..32].copy_from_slice(&(gib << 30).to_be_bytes());
    bytes
}
