//! `lucarne export` and `lucarne flatten` with a double of `qemu-img`, the one tool that they need:
//! what stops them, and images of strangers.

mod hostile;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use camino::Utf8PathBuf;
use lucarne::seal::sha256;
use rustix::fs::{CWD, Mode, mkfifoat};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{program, read, repository};

/// Makes what it is asked for. `MOMENT` is replaced by where it stops, if anywhere.
const DOUBLE: &str = r#"#!/bin/sh
stop() {
    exec 4>'HERE/begun'
    echo begun >&4
    read -r _ <'HERE/never'
}
[ "$1" != MOMENT ] || half=yes
case $1 in
    info) [ -z "$half" ] || stop; cat 'HERE/info.json' ;;
    create) : >probe.qcow2 ;;
    convert)
        for to; do :; done
        echo converted >"$to"
        [ -z "$half" ] || stop
        ;;
esac
"#;

/// An image, and a table of tools with the double alone.
struct Copies {
    folder: tempfile::TempDir,
    manifest: Value,
    /// The start of its disk.
    disk: Vec<u8>,
}

impl Copies {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = read(&repository("tests/machines/manifest.json"));
        let mut manifest: Value = serde_json::from_str(&manifest).expect("JSON");
        manifest["firmware"] = json!({ "type": "bios", "secureBoot": false });
        let bytes = manifest["disk"]["virtualBytes"].as_u64().expect("a number");
        let mut disk = vec![0; 112];
        disk[..8].copy_from_slice(b"QFI\xfb\0\0\0\x03");
        disk[24..32].copy_from_slice(&bytes.to_be_bytes());
        let copies = Self {
            folder,
            manifest,
            disk,
        };
        copies.double("none", DOUBLE);
        fs::write(copies.path("info.json"), "{}").expect("is writable");
        let tools = json!({ "qemuImg": copies.path("qemu-img") });
        fs::write(copies.path("tools.json"), tools.to_string()).expect("is writable");
        copies.image("image");
        copies
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Lets `qemu-img` be a script, which stops at a command.
    fn double(&self, moment: &str, script: &str) {
        let here = self.folder.path().to_str().expect("UTF-8");
        let script = script.replace("HERE", here).replace("MOMENT", moment);
        program(&self.path("qemu-img"), &script);
    }

    /// Writes the image as it is described by now: the hash of its manifest.
    fn image(&self, name: &str) -> String {
        let image = self.path(name);
        fs::create_dir_all(&image).expect("is writable");
        fs::write(image.join("disk.qcow2"), &self.disk).expect("is writable");
        let hash = |file: &str| {
            let path = Utf8PathBuf::from_path_buf(image.join(file)).expect("UTF-8");
            sha256(&path).expect("is there")
        };
        let mut manifest = self.manifest.clone();
        manifest["disk"]["sha256"] = json!(hash("disk.qcow2"));
        fs::write(image.join("manifest.json"), manifest.to_string()).expect("is writable");
        hash("manifest.json")
    }

    /// The command, `raw` or another format, or `flatten`.
    fn command(&self, what: &str, out: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lucarne"));
        if what == "flatten" {
            command.arg(what);
        } else {
            command.args(["export", "--format", what]);
        }
        command
            .arg(self.path("image"))
            .arg("--tools")
            .arg(self.path("tools.json"))
            .arg("--out")
            .arg(out)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, what: &str) -> Output {
        let mut command = self.command(what, &self.path("new/out"));
        command.output().expect("runs")
    }

    /// Ends with a code and some words, and leaves nothing.
    #[track_caller]
    fn fails(&self, what: &str, code: i32, says: &[&str]) {
        let before = self.names();
        let output = self.run(what);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{told}");
        for words in says.iter().chain(&["error: ", "\nhint: "]) {
            assert!(told.contains(words), "no `{words}` in\n{told}");
        }
        assert_eq!(self.names(), before, "{told}");
    }

    /// What is in the folder.
    fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("can be listed");
    let names = entries.map(|entry| entry.expect("can be listed").file_name());
    let mut names: Vec<_> = names
        .map(|name| name.into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

#[test]
fn qemu_img_alone_is_enough() {
    for (what, files) in [
        ("raw", &["disk.raw", "machine.json"][..]),
        (
            "incus",
            &["disk.qcow2", "incus.tar", "machine.json", "profile.yaml"],
        ),
        ("flatten", &["disk.qcow2", "manifest.json"]),
    ] {
        let copies = Copies::new();
        let output = copies.run(what);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{what}: {told}");
        assert_eq!(names(&copies.path("new/out")), files, "{told}");
    }
}

#[test]
fn a_table_of_tools_can_be_the_hosts_for_all_commands() {
    let copies = Copies::new();
    let export = |table: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lucarne"));
        command.args(["export", "--format", "raw"]);
        command.arg(copies.path("image")).arg("--out");
        command.arg(copies.path("out")).stdin(Stdio::null());
        command.env("LUCARNE_TOOLS", copies.path(table));
        command.output().expect("runs")
    };
    let none = export("none.json");
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("none.json`"));
    let output = export("tools.json");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

/// A pipe tells when `qemu-img` has come so far, and when it is gone.
#[test]
fn a_signal_leaves_nothing_half_written_and_what_was_there() {
    for (what, moment, signal) in [
        ("raw", "info", Signal::TERM),
        ("raw", "convert", Signal::TERM),
        ("vhdx", "convert", Signal::INT),
        ("flatten", "convert", Signal::INT),
    ] {
        let mut copies = Copies::new();
        copies.double(moment, DOUBLE);
        // QEMU is asked for what it lies on.
        copies.disk[15] = if moment == "info" { 112 } else { 0 };
        copies.image("image");
        for pipe in ["begun", "never"] {
            mkfifoat(CWD, copies.path(pipe), Mode::RUSR | Mode::WUSR).expect("is writable");
        }
        fs::write(copies.path("out.old"), "theirs").expect("is writable");
        let before = copies.names();
        let mut command = copies.command(what, &copies.path("new/out"));
        let mut running = command.stderr(Stdio::piped()).spawn().expect("starts");
        let mut begun = BufReader::new(File::open(copies.path("begun")).expect("is a pipe"));
        let mut line = String::new();
        begun.read_line(&mut line).expect("it writes");
        assert_eq!(names(&copies.path("new")).len(), 1, "nothing is made yet");
        kill_process(Pid::from_child(&running), signal).expect("it runs");
        let status = running.wait().expect("ends");
        let mut told = String::new();
        let mut stderr = running.stderr.take().expect("is a pipe");
        stderr.read_to_string(&mut told).expect("UTF-8");
        assert_eq!(status.code(), Some(128 + signal.as_raw()), "{told}");
        assert!(told.contains("error: stopped by signal "), "{told}");
        begun.read_line(&mut line).expect("nobody writes any more");
        assert_eq!(line, "begun\n");
        assert_eq!(copies.names(), before, "{what} at {moment}");
        assert_eq!(read(&copies.path("out.old")), "theirs");
    }
}

#[test]
fn a_disk_that_is_full_leaves_nothing() {
    let copies = Copies::new();
    let script = "#!/bin/sh\n[ $1 = info ] && { echo '{}'; exit; }\nfor to; do :; done\n\
                  echo half >\"$to\"\necho 'No space left on device' >&2\nexit 1\n";
    copies.double("", script);
    let says = [
        "convert",
        "No space left on device",
        "free some space there",
    ];
    copies.fails("vmdk", 2, &says);
}

#[test]
fn nothing_is_written_into_an_image() {
    let copies = Copies::new();
    let image = copies.path("image");
    std::os::unix::fs::symlink(&image, copies.path("link")).expect("is writable");
    for out in ["image/out", "image/new/out", "link/out", "new/../image/out"] {
        let mut command = copies.command("raw", &copies.path(out));
        let output = command.output().expect("runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{out}: {told}");
        let says = "into which nothing may be written\n\nhint: ";
        assert!(told.contains(says), "{told}");
        assert_eq!(names(&image), ["disk.qcow2", "manifest.json"]);
        assert!(!copies.path("new").exists(), "{told}");
    }
}

#[test]
fn a_deadline_is_a_time_that_passes() {
    let copies = Copies::new();
    for seconds in ["0", "604801", "18446744073709551615"] {
        let mut command = copies.command("raw", &copies.path("out"));
        let output = command.args(["--deadline-sec", seconds]).output();
        let output = output.expect("runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("is not in 1..=604800"), "{told}");
    }
}
