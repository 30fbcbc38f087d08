//! Installs whose QEMU is a double (`examples/double.rs`): what goes wrong around a machine, and
//! in one, without a machine. What the same faults look like with the real QEMU is shown by
//! `cargo xtask test fault/`.

mod guest;
mod host;
#[path = "../../faults/lines.rs"]
mod lines;
mod media;
mod signals;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::repository;

/// No install of the double takes longer, even on a machine that has much else to do.
const LONGEST: Duration = Duration::from_secs(120);

/// An install that is about to fail, in a folder of its own.
struct Fault {
    folder: tempfile::TempDir,
    spec: Value,
    tools: Value,
    work: PathBuf,
    out: PathBuf,
}

impl Fault {
    /// A machine that plays a story.
    fn new(story: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        media::windows(&at("windows.iso"));
        fs::write(at("qemu.story"), story).expect("is written");
        symlink(double(), at("qemu")).expect("is made");
        // Whatever a tool is: nothing here starts one, and that is how a Windows program begins.
        fs::write(at("file"), "MZ").expect("is written");
        let file = at("file");
        Self {
            spec: json!({
                "schema": "lucarne.spec/1", "name": "double", "tpm": false,
                "firmware": { "type": "bios" }, "disk": { "bus": "sata" },
                "machine": { "memoryMib": 2048 },
                "install": { "accel": "tcg", "spareSpaceMib": 0 },
            }),
            tools: json!({
                "qemu": at("qemu"), "qemuImg": file, "qemuIo": file, "qemuNbd": file, "swtpm": file,
                "wimlib": file, "code": file, "vars": file, "varsMs": file, "guest": file,
            }),
            work: at("work"),
            out: at("out"),
            folder,
        }
    }

    /// Every phase may take as long as can be said, which TCG takes ten times.
    fn deadlines(mut self, seconds: u64) -> Self {
        for phase in [
            "firmware",
            "windowsPE",
            "specialize",
            "steps",
            "settle",
            "shutdown",
        ] {
            self.spec["install"]["deadlines"][format!("{phase}Sec")] = json!(seconds);
        }
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, value: &Value) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, value.to_string()).expect("is written");
        path
    }

    /// Only the media, with a guest program.
    fn media(&self, guest: &Path, out: &Path) -> Child {
        Command::new(env!("CARGO_BIN_EXE_lucarne"))
            .arg("media")
            .arg(self.write("spec.json", &self.spec))
            .arg("--iso")
            .arg(self.path("windows.iso"))
            .arg("--guest")
            .arg(guest)
            .arg("--out")
            .arg(out)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts")
    }

    fn start(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_lucarne"))
            .arg("install")
            .arg(self.write("spec.json", &self.spec))
            .arg("--tools")
            .arg(self.write("tools.json", &self.tools))
            .arg("--iso")
            .arg(self.path("windows.iso"))
            .arg("--work")
            .arg(&self.work)
            .arg("--out")
            .arg(&self.out)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts")
    }

    /// Runs it to its end, and looks at everything that each fault has in common.
    #[track_caller]
    fn ends(&self, code: i32, golden: &str) -> String {
        self.ended(self.start(), code, golden)
    }

    #[track_caller]
    fn ended(&self, child: Child, code: i32, golden: &str) -> String {
        let begin = Instant::now();
        let output = child.wait_with_output().expect("ends");
        assert!(begin.elapsed() < LONGEST, "it took too long");
        let told = told(&output);
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(output.stdout.is_empty(), "what failed has no data to give");
        self.left_nothing();
        let hinted = told.lines().any(|line| line.starts_with("hint: "));
        assert!(hinted, "and what to do? {told}");
        let folder = self.folder.path().to_str().expect("is UTF-8");
        let golden = repository(&format!("tests/faults/{golden}.txt"));
        expect_test::expect_file![golden].assert_eq(&lines::last(&told, folder));
        told
    }

    /// No process that was started from the folder, and no part of an image.
    #[track_caller]
    fn left_nothing(&self) {
        let left = processes(self.folder.path());
        assert!(left.is_empty(), "processes are left: {left:?}");
        let names: Vec<_> = fs::read_dir(self.folder.path())
            .expect("is there")
            .map(|entry| entry.expect("is readable").file_name())
            .filter(|name| name.to_string_lossy().starts_with("out"))
            .collect();
        assert!(names.is_empty(), "half an output is left: {names:?}");
    }
}

/// Built by `cargo test` beside the tests.
pub(crate) fn double() -> PathBuf {
    let tests = std::env::current_exe().expect("this program's path");
    let target = tests.ancestors().nth(2).expect("a target folder");
    let double = target.join("examples/double");
    assert!(double.exists(), "`cargo build --example double` makes it");
    double
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("messages are UTF-8")
}

/// The command lines of living processes that name a path.
fn processes(path: &Path) -> Vec<String> {
    let path = path.to_str().expect("is UTF-8");
    let all = fs::read_dir("/proc").expect("is mounted");
    all.filter_map(|entry| {
        let line = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(path).then_some(line)
    })
    .collect()
}
