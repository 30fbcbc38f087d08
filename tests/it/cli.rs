//! The command line: what goes where, and how it ends.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// A spec that needs no ISO.
fn spec() -> Value {
    json!({
        "schema": "lucarne.spec/1", "name": "win11", "edition": "Windows 11 Pro",
        "virtioWinIso": "/nowhere/virtio-win.iso", "locale": {"ui": "en-US"},
        "users": {"alice": {"password": "correct horse"}},
    })
}

fn lucarne(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lucarne"));
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs a command with text on its stdin.
fn with_stdin(args: &[&str], input: &str) -> Output {
    let mut child = lucarne(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut stdin = child.stdin.take().expect("piped");
    // A command that reads none of it may be gone already.
    match stdin.write_all(input.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
        _ => {}
    }
    drop(stdin);
    child.wait_with_output().expect("ends")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[track_caller]
fn check(output: &Output, code: i32, stdout: &str, stderr: &str) {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(
        output.status.code(),
        Some(code),
        "stdout: {out}\nstderr: {err}"
    );
    assert!(out.contains(stdout), "stdout: {out}");
    assert!(err.contains(stderr), "stderr: {err}");
    // What failed has no data to give.
    assert!(code == 0 || out.is_empty(), "unexpected stdout: {out}");
}

#[test]
fn help_and_version_are_answers() {
    let help = lucarne(&["--help"]).output().expect("runs");
    check(&help, 0, "Exit codes:", "");
    assert!(help.stderr.is_empty());
    let version = lucarne(&["--version"]).output().expect("runs");
    check(&version, 0, env!("CARGO_PKG_VERSION"), "");
    let help = lucarne(&["check", "--help"]).output().expect("runs");
    check(&help, 0, "--virtio-win", "");
}

#[test]
fn usage_errors_are_1() {
    for args in [&["chekc"][..], &["check"], &["check", "a", "--nope"], &[]] {
        let output = lucarne(args).output().expect("runs");
        check(&output, 1, "", "Usage:");
    }
    let output = lucarne(&["chekc"]).output().expect("runs");
    assert!(text(&output.stderr).starts_with("error: "));
    for (args, what) in [
        (&["run", "--below", "", "m.json"][..], "'--below <DIR>'"),
        (
            &["run", "--credentials", "", "m.json"],
            "'--credentials <DIR>'",
        ),
        (&["run", "--tools", "", "m.json"], "'--tools <FILE>'"),
        (&["run", ""], "'<MACHINE>'"),
        (&["check", "", "--iso", "a.iso"], "'<SPEC>'"),
        (&["check", "a.json", "--iso", ""], "'--iso <FILE>'"),
        (&["install", "a.json", "--out", ""], "'--out <DIR>'"),
        (&["iso", ""], "'<FILE>'"),
    ] {
        let told = format!("{what}: it names nothing\n\nhint: ");
        check(&lucarne(args).output().expect("runs"), 1, "", &told);
    }
}

#[test]
fn a_right_spec_is_shown() {
    let output = with_stdin(&["check", "-"], &spec().to_string());
    check(
        &output,
        0,
        "Windows 11 Pro",
        "warning: users.alice.password: ",
    );
    assert!(text(&output.stderr).contains("\n  hint: leave it out, and set one"));
    assert!(!text(&output.stdout).contains("correct horse"));
    let output = with_stdin(&["check", "-", "--json"], &spec().to_string());
    check(&output, 0, "", "warning: ");
    let plan: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(plan["schema"], "lucarne.plan/1");
    assert!(!text(&output.stdout).contains("correct horse"));
}

#[test]
fn a_spec_can_be_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spec.json");
    fs::write(&path, spec().to_string()).expect("is written");
    let path = path.to_str().expect("UTF-8");
    let output = lucarne(&["check", path]).output().expect("runs");
    check(&output, 0, "win11", "");
}

#[test]
fn a_wrong_spec_is_1_with_every_problem() {
    let mut wrong = spec();
    wrong["computerName"] = json!("my pc");
    wrong["tmp"] = json!(true);
    for command in ["check", "answer"] {
        let output = with_stdin(&[command, "-"], &wrong.to_string());
        check(&output, 1, "", "error: 2 problems");
        let told = text(&output.stderr);
        assert!(told.contains("computerName: ") && told.contains("did you mean `tpm`?"));
    }
}

/// Without its base, which need not be here.
#[test]
fn a_layer_s_spec_is_checked_too() {
    let mut layer = json!({
        "schema": "lucarne.layer/1", "name": "tools", "machine": {"cores": 4},
        "steps": [{"directory": {"path": r"C:\a"}}, {"delete": r"C:\b", "phase": "boot"}],
    });
    let output = with_stdin(&["check", "-"], &layer.to_string());
    let shown = "layer      tools\nmachine    4 cores, KVM\nsteps      1 system, 1 each start\n";
    check(&output, 0, shown, "");
    let output = with_stdin(&["check", "-", "--json"], &layer.to_string());
    check(&output, 0, "lucarne.layerPlan/1", "");
    let output = with_stdin(&["check", "-", "--iso", "/nowhere"], &layer.to_string());
    check(&output, 1, "", "error: `--iso` is of an image");
    layer["edition"] = json!(1);
    layer["steps"] = json!([]);
    let output = with_stdin(&["check", "-"], &layer.to_string());
    check(&output, 1, "", "error: 2 problems in the layer's spec");
    layer["schema"] = json!("lucarne.layer/2");
    let output = with_stdin(&["check", "-"], &layer.to_string());
    check(
        &output,
        1,
        "",
        "this version of lucarne reads `lucarne.layer/1`",
    );
}

/// Whatever tools this machine has.
#[test]
fn an_image_that_is_not_there_is_told_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let tools = folder.path().join("none.json");
    let out = folder.path().join("out");
    let out = out.to_str().expect("UTF-8");
    let tools = tools.to_str().expect("UTF-8");
    let with = ["--tools", tools, "--out", out];
    let layer = json!({
        "schema": "lucarne.layer/1", "name": "a", "steps": [{"directory": {"path": r"C:\a"}}],
    });
    let flatten = [&["flatten", "/nowhere"], &with[..]].concat();
    let on_top = [&["layer", "-", "--base", "/nowhere"], &with[..]].concat();
    let export = [&["export", "/nowhere", "--format", "raw"], &with[..]].concat();
    for args in [flatten, on_top, export] {
        let output = with_stdin(&args, &layer.to_string());
        check(&output, 2, "", "there is no image `/nowhere`");
    }
}

#[test]
fn a_missing_file_is_a_wrong_command_line() {
    let output = lucarne(&["check", "/nowhere/spec.json"])
        .output()
        .expect("runs");
    let error = "error: cannot read the spec `/nowhere/spec.json`: ";
    check(&output, 1, "", error);
    let args = ["check", "-", "--iso", "/nowhere/windows.iso"];
    let output = with_stdin(&args, &spec().to_string());
    check(
        &output,
        1,
        "",
        "error: windowsIso: cannot read `/nowhere/windows.iso`: ",
    );
}

/// Whoever waits for a pipe waits for ever.
#[test]
fn what_is_no_file_is_told_at_once() {
    for place in ["/dev/null", "/dev", "/dev/null/spec.json"] {
        let output = lucarne(&["check", place]).output().expect("runs");
        check(&output, 1, "", "error: cannot read the spec `/dev");
        for option in ["--iso", "--virtio-win"] {
            let output = with_stdin(&["check", "-", option, place], &spec().to_string());
            check(&output, 1, "", "Iso: cannot read `/dev");
        }
    }
    for place in ["/dev/null", "/dev/null/win.iso", "/nowhere/win.iso"] {
        let output = lucarne(&["iso", place]).output().expect("runs");
        check(&output, 1, "", "error: cannot read `/");
        assert!(text(&output.stderr).contains("hint: name an ISO, a WIM"));
    }
    let output = lucarne(&["iso", "--hash", "/dev"]).output().expect("runs");
    check(&output, 1, "", "error: a folder has no hash");
    // An unpacked ISO is a folder, which any other is not.
    let output = lucarne(&["iso", "/dev"]).output().expect("runs");
    check(&output, 2, "", "it has no `sources/install.wim`");
    let mut spec = spec();
    spec["windowsIso"] = json!("/a\0b");
    spec["virtioWinIso"] = json!(format!("/{}", "x".repeat(5000)));
    let output = with_stdin(&["check", "-"], &spec.to_string());
    check(&output, 1, "", "error: 2 problems");
    let told = text(&output.stderr);
    assert!(
        told.contains("\n  windowsIso: ") && told.contains("\n  virtioWinIso: "),
        "{told}"
    );
}

#[test]
fn other_ways_to_write_a_spec_are_told() {
    let bom = format!("\u{feff}{}", spec());
    check(&with_stdin(&["check", "-"], &bom), 0, "win11", "");
    let output = with_stdin(&["check", "-"], "\0{\0}");
    check(&output, 1, "", "error: the spec is not JSON: ");
}

#[test]
fn the_answer_file_goes_to_stdout() {
    let output = with_stdin(&["answer", "-"], &spec().to_string());
    check(&output, 0, "<Key>/IMAGE/NAME</Key>", "");
    assert!(text(&output.stdout).starts_with("<?xml "));
    let again = with_stdin(&["answer", "-"], &spec().to_string());
    assert_eq!(output.stdout, again.stdout, "equal inputs give equal bytes");
}

#[test]
fn the_schema_describes_what_is_read() {
    let output = lucarne(&["schema", "spec"]).output().expect("runs");
    check(&output, 0, "", "");
    let schema: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(schema["additionalProperties"], false);
    let described = |field: &str| schema["properties"][field]["description"].is_string();
    assert!(described("windowsIso") && described("drivers"));
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = lucarne(&["schema", "spec"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .expect("runs");
    check(&output, 0, "", "");
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_full_disk_is_the_hosts_failure() {
    let full = OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("is there");
    let output = lucarne(&["schema", "spec"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .expect("runs");
    check(&output, 2, "", "error: cannot write to stdout: ");
}

/// Messages are for nobody then, and the exit code stays.
#[test]
fn a_closed_stderr_changes_nothing() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let status = lucarne(&["check", "/nowhere/spec.json"])
        .stderr(writer)
        .status()
        .expect("runs");
    assert_eq!(status.code(), Some(1));
}

/// As the kernel calls it: all that stands behind the interpreter is one word, and the file is
/// another. (That it does is seen with microvm.nix's host; a test of many threads may not run what
/// it has just written.)
#[test]
fn a_machine_s_spec_may_be_a_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("microvm-run");
    let machine = json!({
        "schema": "lucarne.machine/1", "name": "office", "image": "/nowhere/image", "naem": 1,
    });
    let text = format!("#!/usr/bin/lucarne run --below .\n{machine}\n");
    fs::write(&path, text).expect("is written");
    let path = path.to_str().expect("UTF-8");
    for (words, wanted) in [
        ("run --below .", "naem: no such option"),
        ("stop  --below\t.", "naem: no such option"),
        ("tap up --user 7", "naem: no such option"),
        ("run --blow .", "--below"),
    ] {
        let output = lucarne(&[words, path]).output().expect("runs");
        check(&output, 1, "", wanted);
    }
}

#[test]
fn a_machine_that_does_not_run_is_stopped_and_one_without_a_bridge_has_no_tap() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("machine.json");
    let mut machine = json!({
        "schema": "lucarne.machine/1", "name": "office", "image": "/nowhere/image",
    });
    fs::write(&path, machine.to_string()).expect("is written");
    let path = path.to_str().expect("UTF-8");
    let below = folder.path().to_str().expect("UTF-8");
    let stop = lucarne(&["stop", path, "--below", below])
        .output()
        .expect("runs");
    check(&stop, 0, "", "`office` does not run");
    let tap = lucarne(&["tap", "down", path]).output().expect("runs");
    check(&tap, 2, "", "error: the machine `office` is on no bridge");
    machine["network"] = json!({ "mode": "bridge", "tap": "vm-office", "bridge": "br0" });
    fs::write(path, machine.to_string()).expect("is written");
    let mut tap = lucarne(&["tap", "up", path]);
    let tap = tap.env_remove("STATE_DIRECTORY").output().expect("runs");
    check(&tap, 2, "", "error: nobody is named who runs the machine");
    let tap = lucarne(&["tap", "up", path, "--group", "nobody-here"]).output();
    let hint = "there is no group `nobody-here`";
    check(&tap.expect("runs"), 2, "", hint);
}
