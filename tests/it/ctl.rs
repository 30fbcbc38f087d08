//! `lucarne ctl` against a machine of the library's own server, without QEMU.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use lucarne::instance::control::{Access, Kind, Refusal, Request, Server};
use serde_json::{Value, json};

/// A user's folders, in which one machine has a state and another runs.
struct Home {
    folder: Utf8PathBuf,
    _keep: tempfile::TempDir,
    server: Option<thread::JoinHandle<Vec<Request>>>,
}

impl Home {
    fn new() -> Self {
        let keep = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(keep.path()).expect("UTF-8").to_owned();
        for machine in [
            "state/lucarne/lab",
            "state/lucarne/office",
            "run/lucarne/office",
        ] {
            fs::create_dir_all(folder.join(machine)).expect("is writable");
        }
        let runtime = folder.join("run/lucarne/office");
        let (listens, is_ready) = mpsc::channel();
        let server = thread::spawn(move || serve(&runtime, &listens));
        is_ready.recv().expect("it listens");
        Self {
            folder,
            _keep: keep,
            server: Some(server),
        }
    }

    fn ctl(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_lucarne"))
            .arg("ctl")
            .args(args)
            .env("HOME", &self.folder)
            .env("XDG_STATE_HOME", self.folder.join("state"))
            .env("XDG_RUNTIME_DIR", self.folder.join("run"))
            .env("XDG_CONFIG_DIRS", self.folder.join("xdg"))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
            .expect("runs")
    }

    /// Stops the machine, which tells what it was asked for.
    fn end(mut self) -> Vec<Request> {
        self.check(&["office", "stop"], 0, "", "");
        let server = self.server.take().expect("runs");
        server.join().expect("no panic")
    }

    /// Runs it: its exit code, and a part of what each stream says, or nothing at all.
    #[track_caller]
    fn check(&self, args: &[&str], code: i32, stdout: &str, stderr: &str) {
        let output = self.ctl(args);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        let told = format!("{args:?}\nstdout: {out}\nstderr: {err}");
        assert_eq!(output.status.code(), Some(code), "{told}");
        for (said, expected) in [(out, stdout), (err, stderr)] {
            assert!(said.contains(expected), "{told}");
            assert!(said.is_empty() || !expected.is_empty(), "{told}");
        }
    }
}

/// Answers until it is asked to stop, and tells what it was asked for.
fn serve(runtime: &Utf8Path, listens: &mpsc::Sender<()>) -> Vec<Request> {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let local = tokio::task::LocalSet::new();
    local.block_on(&tokio, async {
        let mut server = Server::listen(runtime, Access::of_this_user(None)).expect("listens");
        listens.send(()).expect("the test waits");
        let mut heard = Vec::new();
        loop {
            let asked = server.next().await;
            let is_last = matches!(asked.request, Request::Stop { .. });
            if let Request::Backup { .. } = asked.request {
                for percent in [5, 9, 51] {
                    asked.answer.progress(json!({ "percent": percent }));
                }
            }
            asked.answer.give(answer(&asked.request, runtime));
            heard.push(asked.request);
            if is_last {
                server.finish().await;
                return heard;
            }
        }
    })
}

/// Its state folder is none that is found by its name.
fn answer(request: &Request, state: &Utf8Path) -> Result<Value, Refusal> {
    Ok(match request {
        Request::Status {} => json!({
            "name": "office", "phase": "ready", "qemu": "running", "trouble": "a\u{1b}[2Jb",
            "sshPort": null, "vnc": "/run/x/vnc.sock", "state": state.as_str(),
        }),
        Request::Screenshot {} => json!({ "png": "iVBORw==" }),
        Request::Exec { argv, .. } => match argv[0].as_str() {
            "seven" => json!({ "exit": 7, "stdout": "aGk=", "stderr": "b2g=" }),
            "crash" => json!({ "exit": 3_221_225_477_u32, "stdout": "", "stderr": "" }),
            "silent" => return Err(Refusal::new("it is silent").kind(Kind::NoAgent)),
            _ => json!({ "exit": 0, "stdout": "aGk=", "stderr": "", "truncated": true }),
        },
        Request::Snapshots {} => json!({
            "schema": "lucarne.disk/1",
            "file": "data.qcow2", "virtualBytes": 1 << 30, "actualBytes": 1 << 20,
            "snapshots": [{ "name": "clean", "taken": "2026-01-02T03:04:05Z" }],
        }),
        Request::Reboot {} => return Err(Refusal::new("no agent").hint("start it")),
        _ => json!({}),
    })
}

#[test]
fn machines_are_shown_and_found_by_name() {
    let home = Home::new();
    home.check(&["list"], 0, "lab     stopped\noffice  ready, ab\n", "");
    home.check(&["list", "--json"], 0, "\"running\": false", "");
    home.check(&["office", "status"], 0, "office ready, ab\n", "");
    home.check(&["lab", "status", "--json"], 0, "\"running\": false", "");
    home.check(
        &["--name", "office", "status"],
        0,
        "QEMU         running",
        "",
    );
    home.check(&["ofice", "status"], 2, "", "hint: `office` is one");
    home.check(&["status"], 1, "", "name the machine");
    home.check(&["office", "dance"], 1, "", "Usage:");
    home.check(&["lab", "screenshot", "a.png"], 2, "", "`lab` does not run");
    home.check(&["lab", "stop"], 0, "", "`lab` does not run");
    home.end();
}

#[test]
fn a_machine_knows_best_where_its_state_is() {
    let home = Home::new();
    let runtime = home.folder.join("run/lucarne/office");
    let told = format!("state folder {runtime}\n");
    home.check(&["office", "status"], 0, &told, "");
    fs::write(runtime.join("serial.log"), "there\n").expect("is writable");
    home.check(&["office", "logs"], 0, "there\n", "");
    let lab = home.folder.join("state/lucarne/lab");
    let told = format!("state folder {lab}\n");
    home.check(&["lab", "status"], 0, &told, "");
    let told = format!("`lab` has no `{lab}/serial.log` yet");
    home.check(&["lab", "logs"], 2, "", &told);
    home.end();
}

/// What a `SIGKILL` leaves of an identity run is as large as what Windows wrote.
#[test]
fn half_an_identity_goes_with_what_else_a_killed_run_left() {
    let home = Home::new();
    let state = |name: &str| home.folder.join("state/lucarne/lab").join(name);
    let halves = ["identity.qcow2.part", "identity.vars.fd.part"].map(state);
    let whole = ["identity.qcow2", "identity.vars.fd", "data.qcow2"].map(state);
    for (command, told) in [("stop", "`lab` does not run"), ("reset", "")] {
        for file in halves.iter().chain(&whole) {
            fs::write(file, "").expect("is writable");
        }
        home.check(&["lab", command], 0, "", told);
        assert!(!halves.iter().any(|file| file.exists()), "{command}");
        assert!(whole.iter().all(|file| file.exists()), "{command}");
    }
    home.end();
}

/// As the host's configuration writes it (`nix/modules/network`).
#[test]
fn neighbours_in_the_hosts_network_are_shown_with_their_addresses() {
    let home = Home::new();
    let network = home.folder.join("xdg/lucarne/network.json");
    fs::create_dir_all(network.parent().expect("a folder")).expect("is writable");
    let machines = json!({
        "office": { "kind": "windows", "address": "10.213.0.7", "address6": "fd00::7" },
        "sales": { "kind": "windows", "address": "10.213.0.20" },
        "web": { "kind": "microvm", "address": "10.213.0.9", "tap": "none-has-this-1" },
    });
    let document = json!({ "schema": "lucarne.network/1", "machines": machines });
    fs::write(&network, document.to_string()).expect("is writable");
    let all = "lab                  stopped\n\
               office  10.213.0.7   ready, ab\n\
               sales   10.213.0.20  stopped\n\
               web     10.213.0.9   stopped (Linux guest)\n";
    home.check(&["list"], 0, all, "");
    home.check(&["list", "--json"], 0, "\"kind\": \"microvm\"", "");
    home.check(&["office", "status"], 0, "address      fd00::7\n", "");
    home.check(&["web", "status"], 0, "web stopped (Linux guest)\n", "");
    home.check(&["web", "stop"], 2, "", "there is no machine `web`");
    fs::write(&network, "{").expect("is writable");
    let shown = "lab     stopped\noffice  ready, ab\n";
    home.check(&["list"], 0, shown, "network.json` is no network's");
    home.end();
}

#[test]
fn what_is_asked_is_what_was_typed() {
    let home = Home::new();
    home.check(&["office", "send-key", "ctrl+alt", "Delete"], 0, "", "");
    home.check(
        &["office", "send-key", "strg"],
        1,
        "",
        "there is no key `strg`",
    );
    home.check(&["office", "screenshot", "a.png"], 0, "", "");
    let png = fs::read(home.folder.join("a.png")).expect("is there");
    assert_eq!(png, b"\x89PNG");
    home.check(&["office", "reboot"], 2, "", "no agent\n\nhint: start it");
    home.check(&["office", "vnc"], 0, "/run/x/vnc.sock\n", "");
    home.check(&["office", "ssh"], 2, "", "forwards no port");
    home.check(&["office", "snapshot", "1"], 1, "", "a lower-case letter");
    home.check(&["office", "snapshot", "one"], 0, "", "");
    home.check(&["office", "snapshot", "one", "--delete"], 0, "", "");
    home.check(&["office", "disk"], 0, "2026-01-02T03:04:05Z  clean", "");
    home.check(
        &["office", "backup", "b.qcow2"],
        0,
        "",
        "0 % copied\n50 % copied\n",
    );
    for what in ["backup", "screenshot"] {
        home.check(&["office", what, ""], 1, "", "it names nothing\n\nhint: ");
    }
    let asked = home.folder.join("b.qcow2");
    let heard = home.end();
    let keys = ["ctrl", "alt", "delete"].map(ToOwned::to_owned).to_vec();
    for request in [
        Request::SendKey { keys },
        Request::DeleteSnapshot { name: "one".into() },
        Request::Backup { path: asked },
        Request::Stop { timeout_sec: None },
    ] {
        assert!(heard.contains(&request), "{request:?} in {heard:?}");
    }
}

#[test]
fn a_commands_output_and_exit_code_are_passed_on() {
    let home = Home::new();
    let output = home.ctl(&["office", "exec", "--", "seven", "--json"]);
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(
        (output.stdout, output.stderr),
        (b"hi".to_vec(), b"oh".to_vec())
    );
    home.check(&["office", "exec", "--", "well"], 0, "hi", "left out some");
    home.check(&["office", "exec", "--", "crash"], 255, "", "0xc0000005");
    // There is no SSH to go on with.
    home.check(&["office", "exec", "--", "silent"], 2, "", "it is silent");
    home.check(
        &["office", "exec", "--ssh", "--", "a%b"],
        2,
        "",
        "holds `%`",
    );
    home.check(&["office", "exec", "well"], 1, "", "Usage:");
    let heard = home.end();
    let argv = ["seven", "--json"].map(ToOwned::to_owned).to_vec();
    let timeout_sec = 600;
    assert!(heard.contains(&Request::Exec { argv, timeout_sec }));
}

#[test]
fn logs_are_shown_escaped_and_a_machine_without_one_is_told() {
    let home = Home::new();
    let log = home.folder.join("state/lucarne/lab/serial.log");
    fs::write(log, b"\x1b[2JBdsDxe: a\x07\r\nhalf").expect("is writable");
    home.check(&["lab", "logs"], 0, "BdsDxe: a\\u{7}\nhalf\n", "");
    home.check(&["office", "logs", "events"], 2, "", "events.jsonl` yet");
    home.end();
}

#[test]
fn what_needs_a_disk_says_that_there_is_none() {
    let home = Home::new();
    let tools = home.folder.join("tools.json");
    let path = "/nowhere/tool";
    let tools_of = json!({
        "qemu": path, "qemuImg": path, "qemuIo": path, "qemuNbd": path, "swtpm": path,
        "wimlib": path, "code": path, "vars": path, "varsMs": path,
    });
    fs::write(&tools, tools_of.to_string()).expect("is writable");
    let tools = ["--tools", tools.as_str()];
    for command in [
        &["disk"][..],
        &["snapshot", "a"],
        &["restore", "a"],
        &["backup", "b"],
    ] {
        let args = [&["lab"], command, &tools].concat();
        home.check(&args, 2, "", "`lab` has no data disk");
    }
    let import = ["lab", "import", "a.iso"];
    home.check(&[&import[..], &tools].concat(), 1, "", "--format");
    home.check(&["lab", "import", "absent.raw"], 2, "", "absent.raw");
    // The overlay is all that it loses, and it has none.
    home.check(&["lab", "reset"], 0, "", "");
    home.end();
}

/// What a run that was killed has left of what it told Windows.
#[test]
fn a_dead_machine_leaves_no_secrets() {
    let home = Home::new();
    let runtime = home.folder.join("run/lucarne/lab");
    let config = runtime.join("config.iso");
    fs::create_dir(&runtime).expect("is writable");
    for (command, says) in [("stop", "`lab` does not run"), ("reset", "")] {
        fs::write(&config, "secret").expect("is writable");
        home.check(&["lab", command], 0, "", says);
        assert!(!config.exists(), "{command}");
    }
    home.end();
}
