//! What a guest can do wrong, told by the double on COM1 and in QEMU's events.

use std::fs;

use super::{Fault, told};

const CD: &str = "serial Booting from DVD/CD...\nwritten 50000000\n";
const DISK: &str = "serial Booting from Hard Disk...\n";
const RESET: &str = "reset\n";
const OFF: &str = r#"qmp {"event":"SHUTDOWN","data":{"guest":true,"reason":"guest-shutdown"}}
"#;

/// An event's line.
fn event(seq: u32, rest: &str) -> String {
    format!("serial @lucarne {{\"seq\":{seq},\"event\":{rest}}}\n")
}

fn hello(boot: u32) -> String {
    let hello = r#""hello","protocol":"lucarne/1","program":"0.1.0","boot":"#;
    event(1, &format!("{hello}{boot}"))
}

fn step(seq: u32, status: &str) -> String {
    let step = r#""step","id":"a","n":1,"of":2,"name":"Install it","status":"#;
    event(seq, &format!("{step}\"{status}\""))
}

/// Up to the phase `steps`.
fn steps() -> String {
    [CD, RESET, DISK, &hello(1)].concat()
}

/// Up to the phase `settle`.
fn settle() -> String {
    steps() + &event(2, r#""phase","phase":"settle""#) + RESET + DISK
}

#[test]
fn silence_in_each_phase_ends_at_its_deadline() {
    let stories = [
        ("firmware", String::new()),
        ("windowsPE", CD.to_owned()),
        ("specialize", [CD, RESET, DISK].concat()),
        ("steps", steps()),
        ("step", steps() + &step(2, "start")),
        ("settle", settle()),
        ("shutdown", settle() + &hello(2) + &event(2, r#""done""#)),
    ];
    // All at once: each waits for its deadline and needs nothing else.
    let faults = stories.map(|(name, story)| (name, Fault::new(&story).deadlines(1)));
    let running: Vec<_> = faults.iter().map(|(_, fault)| fault.start()).collect();
    for ((name, fault), child) in faults.iter().zip(running) {
        let told = fault.ended(child, 4, &format!("double/silence-{name}"));
        let phase = if *name == "step" { "steps" } else { name };
        assert!(told.contains(&format!("in phase `{phase}`")), "{told}");
    }
}

#[test]
fn setup_that_writes_nothing_is_told() {
    let mut fault = Fault::new("serial Booting from DVD/CD...\n");
    fault.spec["install"]["stallSec"] = 1.into();
    let told = fault.ends(3, "double/nothing-written");
    assert!(told.contains("Setup wrote nothing to the disk"), "{told}");
}

#[test]
fn a_machine_that_restarts_for_ever_is_ended() {
    let fault = Fault::new(&([CD, RESET, DISK].concat() + &[RESET, DISK].concat().repeat(20)));
    let told = fault.ends(3, "double/restarts");
    assert!(told.contains("the machine restarted"), "{told}");
}

#[test]
fn a_second_start_of_the_cd_is_a_failure() {
    let fault = Fault::new(&[CD, RESET, CD].concat());
    let told = fault.ends(3, "double/second-cd-start");
    assert!(told.contains("the firmware started the CD again"), "{told}");
}

#[test]
fn a_crash_of_the_guest_is_named() {
    let panic = r#"qmp {"event":"GUEST_PANICKED","data":{"action":"pause"}}"#;
    let fault = Fault::new(&format!("{}{panic}\n", steps()));
    let told = fault.ends(3, "double/panic");
    assert!(told.contains("the guest's system crashed"), "{told}");
}

#[test]
fn a_power_off_without_done_is_a_failure() {
    let fault = Fault::new(&(steps() + OFF));
    let told = fault.ends(3, "double/early-power-off");
    assert!(told.contains("without having said `done`"), "{told}");
}

#[test]
fn events_out_of_order_are_no_success() {
    let fault = Fault::new(&(steps() + &event(2, r#""done""#) + OFF));
    let told = fault.ends(3, "double/done-too-early");
    assert!(told.contains("`done` before its disk"), "{told}");
    let lost = steps() + &step(7, "start") + &step(3, "ok") + OFF;
    let told = Fault::new(&lost).ends(3, "double/events-lost");
    assert!(told.contains("number 7 came after 1"), "{told}");
    assert!(told.contains("number 3 came after 7"), "{told}");
}

#[test]
fn a_step_that_fails_is_named() {
    let failed =
        r#""step","id":"a","n":1,"of":2,"name":"Install it","status":"failed","exit":1603,"#;
    let message = r#""message":"access denied""#;
    let fault = Fault::new(&(steps() + &event(2, &format!("{failed}{message}"))));
    let told = fault.ends(3, "double/step-fails");
    assert!(told.contains("step `Install it`: "), "{told}");
    assert!(told.contains("exit code 1603: access denied"), "{told}");
}

/// Half lines, terminal codes, forged messages to Nix, other languages, and events of no kind: the
/// run goes on, and nothing of it reaches a terminal or Nix as it was.
#[test]
fn nothing_of_a_guests_tricks_reaches_a_terminal() {
    let tricks = [
        r"raw \e[2J\e[01;01HBdsDxe: half a line",
        r#"serial \r@nix {\"action\":\"setPhase\",\"phase\":\"forged\"}"#,
        r"serial \e]0;title\x07 \x9b31m M\xc3\xbcller \xff\xfe\x00",
        r#"serial @lucarne {"seq":"#,
        r#"serial @lucarne {"seq":2,"event":"dance"}"#,
        r"serial @lucarne @lucarne {}",
        "",
    ];
    let tricks = tricks.join("\n").replace("\\\"", "\"");
    let named =
        r#""step","id":"a","n":1,"of":1,"name":"\u001b[31m\r\n@nix {}\u202e","status":"start""#;
    let failed = r#""failed","message":"\u001b]0;x\u0007\r\n@nix {\"action\":\"msg\"}""#;
    // A double's own escapes, so that JSON's arrive.
    let event = |seq, text: &str| event(seq, &text.replace('\\', r"\\"));
    let story = [
        &tricks,
        &steps(),
        &tricks,
        &event(2, named),
        &event(3, failed),
    ]
    .map(String::as_str)
    .concat();
    let fault = Fault::new(&story);
    let output = fault.start().wait_with_output().expect("ends");
    let raw = told(&output);
    for bad in ['\u{1b}', '\r', '\u{7}', '\u{9b}', '\u{202e}', '\0'] {
        assert!(!raw.contains(bad), "{bad:?} is in {raw:?}");
    }
    let forged = raw.lines().find(|line| line.starts_with('@'));
    assert_eq!(forged, None, "{raw}");
    let told = Fault::new(&story).ends(3, "double/tricks");
    assert!(told.contains("the guest gave up"), "{told}");
}

/// A guest that writes COM1 without end costs neither memory nor disk, and is heard afterwards.
#[test]
fn a_flood_is_heard_to_its_end_within_bounds() {
    const MIB: u64 = 1024;
    let fault = Fault::new("");
    let memory = fault.path("memory");
    let story = format!("{}flood {MIB}\nmemory {}\n{OFF}", steps(), memory.display());
    fs::write(fault.path("qemu.story"), story).expect("is written");
    let told = fault.ends(3, "double/flood");
    assert!(told.contains("without having said `done`"), "{told}");
    let kib: u64 = (fs::read_to_string(memory).expect("was written").parse()).expect("a number");
    assert!(kib < 64 << 10, "the helper had {kib} KiB");
    let log = fault.work.join("serial.log").metadata().expect("is kept");
    assert!(log.len() <= 64 << 20, "the log has {} bytes", log.len());
}
