//! A machine that is told to stop, and one that is asked where it is.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::machine::Machine;

/// Sends a signal to a process.
#[track_caller]
pub(super) fn send(pid: u64, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().expect("a process's number"));
    kill_process(pid.expect("a process's number"), signal).expect("it runs");
}

/// QEMU's monitor may hang, and nobody who presses Ctrl-C has to wait for it.
#[test]
fn two_interrupts_cut_the_power_of_a_qemu_that_stands_still() {
    let machine = Machine::new(&["obeys"]);
    let (mut running, mut told) = machine.starts();
    assert!(told.any(|line| line.ends_with("gets its identity")));
    // It has begun by then.
    machine.ctl("status");
    let qemu = machine.state()["qemuPid"].as_u64().expect("it runs");
    send(qemu, Signal::STOP);
    for (words, signal) in [("is asked to shut down", 1), ("interrupted twice", 2)] {
        send(running.id().into(), Signal::INT);
        assert!(told.any(|line| line.contains(words)), "signal {signal}");
    }
    send(qemu, Signal::CONT);
    let rest: Vec<_> = told.collect();
    let status = running.wait().expect("ends");
    assert!(status.success(), "{rest:?}");
}

/// What Windows was told is nobody's to find, whatever ended the machine.
#[test]
fn every_signal_that_ends_a_process_shuts_windows_down() {
    for signal in [Signal::HUP, Signal::QUIT, Signal::USR1, Signal::ALARM] {
        let machine = Machine::new(&["obeys"]);
        let (mut running, mut told) = machine.starts();
        assert!(told.any(|line| line.ends_with("gets its identity")));
        let config = runtime(&machine).join("config.iso");
        assert!(config.exists(), "Windows is told something");
        send(running.id().into(), signal);
        let rest: Vec<_> = told.collect();
        let status = running.wait().expect("ends");
        assert!(status.success(), "{signal:?}: {rest:?}");
        assert!(!config.exists(), "{signal:?}");
    }
}

/// The agent keeps its answer for itself until there is nothing more to be asked.
#[test]
fn no_button_is_pressed_of_a_machine_whose_power_was_cut() {
    let machine = Machine::new(&["obeys"]);
    let (mut running, mut told) = machine.starts();
    assert!(told.any(|line| line.ends_with("gets its identity")));
    machine.ctl("status");
    let qemu = machine.state()["qemuPid"].as_u64().expect("it runs");
    let agent = UnixListener::bind(runtime(&machine).join("agent.sock")).expect("is ours");
    send(running.id().into(), Signal::INT);
    let asked = agent.accept().expect("it asks");
    send(qemu, Signal::STOP);
    send(running.id().into(), Signal::INT);
    assert!(told.any(|line| line.contains("the power is cut")));
    drop((asked, agent));
    // By then it knows that the agent is gone.
    assert!(told.any(|line| line.contains("does not answer `quit`")));
    send(qemu, Signal::CONT);
    let rest: Vec<_> = told.collect();
    assert!(running.wait().expect("ends").success(), "{rest:?}");
    let pressed = rest.iter().any(|line| line.contains("system_powerdown"));
    assert!(!pressed, "{rest:?}");
}

/// As one of root's by hand is for a member of its group, who would look for a service's.
#[test]
fn a_machine_tells_its_state_folder_to_who_cannot_know_it() {
    let machine = Machine::new(&["obeys"]);
    let state = machine.path("elsewhere");
    let mut run = machine.run();
    run.env("STATE_DIRECTORY", &state);
    let (mut running, mut told) = Machine::spawn(run);
    assert!(told.any(|line| line.ends_with("gets its identity")));
    let mut ctl = machine.lucarne("ctl");
    let output = ctl.args(["office", "status", "--json"]).output();
    let status: Value = serde_json::from_slice(&output.expect("runs").stdout).expect("JSON");
    assert_eq!(status["state"].as_str(), state.to_str());
    machine.ctl("stop");
    assert!(running.wait().expect("ends").success());
}

fn runtime(machine: &Machine) -> PathBuf {
    machine.runtime.path().join("lucarne/office")
}

/// How Windows ended matters more than a folder that somebody took away.
#[test]
fn a_stop_is_a_success_without_a_folder_to_tidy() {
    let machine = Machine::new(&["obeys"]);
    let (mut running, mut told) = machine.starts();
    assert!(told.any(|line| line.ends_with("gets its identity")), "runs");
    // It answers when it has made all that it makes there.
    machine.ctl("status");
    fs::remove_dir_all(machine.runtime.path().join("lucarne/office")).expect("is ours");
    let mut kill = Command::new("kill");
    let killed = kill.arg(running.id().to_string()).status().expect("runs");
    assert!(killed.success());
    let rest: Vec<_> = told.collect();
    assert!(running.wait().expect("ends").success(), "{rest:?}");
}
