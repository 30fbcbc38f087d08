//! The interface of a machine on a bridge, made by root for a machine that has no rights.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::life::unprivileged;
use super::machine::{self, Machine};
use super::system::System;
use crate::test::{Context, Outcome};

pub(super) const BRIDGE: &str = "br-check";
pub(super) const TAP: &str = "vm-check";
/// Longer packets than usual: the interface is to take them too.
const MTU: &str = "9000";

/// Makes the bridge that a host would have.
pub(super) fn bridge(system: &System<'_>) -> Result<()> {
    system.read(&["ip", "link", "add", BRIDGE, "mtu", MTU, "type", "bridge"])?;
    system.read(&["ip", "link", "set", BRIDGE, "up"]).map(drop)
}

pub(super) fn tap(context: &Context) -> Result<Outcome> {
    let mut system = machine::host(context)?;
    let mut wire = Machine::new("wire");
    wire.spec["readiness"] = json!("start");
    wire.spec["shutdownTimeoutSec"] = json!(1);
    wire.spec["network"] = json!({ "mode": "bridge", "tap": TAP, "bridge": BRIDGE });
    wire.settings.insert("Restart".into(), json!("no"));
    wire.install(context, &system)?;

    refused(&mut system, &wire, "this host has no bridge `br-check`")?;
    ensure!(
        !place(&system, TAP).exists(),
        "it is there without a bridge"
    );

    bridge(&system)?;
    system.read(&["ip", "link", "add", TAP, "type", "bridge"])?;
    refused(&mut system, &wire, "`vm-check` is no TAP interface")?;
    ensure!(place(&system, TAP).exists(), "another's interface is gone");
    system.read(&["ip", "link", "delete", TAP])?;

    // As a machine leaves it that was killed with its host's service manager.
    system.read(&["ip", "tuntap", "add", TAP, "mode", "tap"])?;
    system.systemctl(&["start", &wire.unit()])?;
    made(&system)?;
    for name in ["lucarne", "qemu-system"] {
        unprivileged(&system, name)?;
    }
    // Its machine keeps it, whoever else comes.
    let spec = "/etc/lucarne/wire.json";
    let again = system.ran(&["lucarne", "tap", "up", spec, "--user", "0"])?;
    let told = "another program has the interface `vm-check` open";
    ensure!(again.code == 2 && again.stderr.contains(told), "{again:?}");
    made(&system)?;

    // Nor does a second one take it along that is refused.
    let mut other = Machine::new("other");
    other.spec["network"] = wire.spec["network"].clone();
    other.settings.insert("Restart".into(), json!("no"));
    other.install(context, &system)?;
    refused(&mut system, &other, told)?;
    made(&system)?;

    system.systemctl(&["stop", &wire.unit()])?;
    ensure!(
        !place(&system, TAP).exists(),
        "it is there without a machine"
    );
    ensure!(place(&system, BRIDGE).exists(), "the bridge is gone");
    let again = ["lucarne", "tap", "down", spec];
    system.read(&again).context("once more")?;
    Ok(Outcome::Passed)
}

fn place(system: &System<'_>, interface: &str) -> camino::Utf8PathBuf {
    system.place(&format!("/sys/class/net/{interface}"))
}

/// The start ends before the machine does anything, in these words.
fn refused(system: &mut System<'_>, wire: &Machine, words: &str) -> Result<()> {
    let ran = system.ran(&["systemctl", "start", &wire.unit()])?;
    ensure!(ran.code != 0, "it started");
    system.until(&wire.unit(), words)?;
    system.until(&wire.unit(), "hint: ")?;
    wire.is(system, &[("ActiveState", "failed"), ("StatusText", "")])?;
    system.systemctl(&["reset-failed", &wire.unit()]).map(drop)
}

/// It is its machine's, which has it open, and on the bridge.
fn made(system: &System<'_>) -> Result<()> {
    let tap = place(system, TAP);
    let line = |file: &str| -> Result<String> {
        let file = tap.join(file);
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read `{file}`"))?;
        Ok(text.trim().to_owned())
    };
    let pid = rustix::process::Pid::as_raw(Some(system.process("qemu-system")?));
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let owner = line("owner")?;
    ensure!(
        status.contains(&format!("\nUid:\t{owner}\t")),
        "it is user {owner}'s, and QEMU is\n{status}"
    );
    for (file, wanted) in [("carrier", "1"), ("mtu", MTU), ("operstate", "up")] {
        let found = line(file)?;
        ensure!(found == wanted, "its {file} is {found}");
    }
    let master = tap.join("master").read_link_utf8()?;
    ensure!(master.file_name() == Some(BRIDGE), "it is on {master}");
    Ok(())
}
