//! Sysprep as Microsoft's pages describe it from outside, and Setup after it: what they leave in
//! the registry and in their logs, and how they end.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// How it is to end: a word in a file.
const HOW: &str = r"C:\sysprep.how";
const ARGUMENTS: &str = r"C:\sysprep.arguments";
const LOGS: &str = r"C:\windows\system32\Sysprep\Panther";
const STATE: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State";
const STATUS: &str = r"HKLM\SYSTEM\Setup\Status\SysprepStatus";
const SETUP: &str = r"HKLM\SYSTEM\Setup";
const UNPROVISIONED: &str = "2026-01-01 00:00:00, Error                 SYSPRP Package \
    Example.App_1.0.0.0_x64__abcdefghijklm was installed for a user, but not provisioned for all \
    users. This package will not function properly in the sysprep image.\r\n";

pub(super) fn run(arguments: &[String]) {
    super::add(ARGUMENTS, &arguments.join(" "));
    let how = fs::read_to_string(HOW).expect("a word says how");
    match how.trim() {
        "well" => {
            state("IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE");
            number(STATUS, "GeneralizationState", 7);
        }
        // Nothing was done, whatever the exit code says.
        "untrue" => {}
        "badly" => {
            state("IMAGE_STATE_UNDEPLOYABLE");
            number(STATUS, "GeneralizationState", 3);
            fs::create_dir_all(LOGS).expect("a folder");
            for name in ["setuperr.log", "setupact.log"] {
                fs::write(format!(r"{LOGS}\{name}"), UNPROVISIONED).expect("a log");
            }
            super::end("1");
        }
        "never" => loop {
            thread::park_timeout(Duration::from_secs(60));
        },
        other => panic!("nobody knows `{other}`"),
    }
}

/// Says that it is at work, and leaves a process that ends that later.
pub(super) fn setup(ms: &str) {
    number(SETUP, "SystemSetupInProgress", 1);
    let mut ends = Command::new(env::current_exe().expect("a path"));
    ends.args(["setup-ends", ms]);
    // Its handles are not those that the check waits for.
    ends.stdin(Stdio::null());
    ends.stdout(Stdio::null()).stderr(Stdio::null());
    #[allow(clippy::zombie_processes, reason = "it is to live on")]
    let _child = ends.spawn().expect("a child");
}

pub(super) fn setup_ends(ms: u64) {
    let end = Instant::now() + Duration::from_millis(ms);
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        thread::park_timeout(left);
    }
    super::add(r"C:\marks", "setup");
    number(SETUP, "SystemSetupInProgress", 0);
}

fn state(state: &str) {
    reg(&[STATE, "/v", "ImageState", "/t", "REG_SZ", "/d", state]);
}

fn number(key: &str, name: &str, value: u32) {
    let value = value.to_string();
    reg(&[key, "/v", name, "/t", "REG_DWORD", "/d", &value]);
}

fn reg(words: &[&str]) {
    let mut reg = Command::new("reg");
    let ended = reg.arg("add").args(words).arg("/f").status();
    assert!(ended.expect("`reg` starts").success(), "{words:?}");
}
