//! A secret that is not there or is no secret: systemd says so, and does not try again and again.

use anyhow::{Result, ensure};
use serde_json::json;

use super::machine::Machine;
use super::system::{System, private};
use crate::test::{Context, Outcome};

const FOLDER: &str = "/etc/secrets";
const SECRET: &str = "/etc/secrets/ada";
/// More than systemd takes.
const LARGE: usize = (1 << 20) + 1;

pub(super) fn secret(context: &Context) -> Result<Outcome> {
    // The machine's program is not there either: nothing of it is to be run.
    let mut system = System::boot(context, &[])?;
    let alone = machine("alone", "none");
    // Root makes its interface before.
    let wire = machine("wire", "bridge");
    // It wants them, and so systemd remembers what became of them.
    let target = "[Unit]\nDescription=Windows machines\nDefaultDependencies=no\n";
    system.write("/etc/systemd/system/lucarne.target", target)?;
    for machine in [&alone, &wire] {
        machine.install(context, &system)?;
        system.systemctl(&["enable", &machine.unit()])?;
    }
    system.systemctl(&["start", "lucarne.target"])?;
    for machine in [&alone, &wire] {
        fails(&system, machine)?;
        system.until(&machine.unit(), "asserts failed")?;
        machine.is(
            &system,
            &[
                ("ActiveState", "inactive"),
                ("AssertResult", "no"),
                ("NRestarts", "0"),
            ],
        )?;
        let status = system.ran(&["systemctl", "status", &machine.unit()])?;
        let told = format!("AssertPathExists={SECRET} was not met");
        ensure!(status.stdout.contains(&told), "{status:?}");
    }

    private(&system.place(FOLDER))?;
    system.write(SECRET, &"s".repeat(LARGE))?;
    fails(&system, &alone)?;
    system.until(&alone.unit(), "243/CREDENTIALS")?;
    system.until(&alone.unit(), "Failed to start ")?;
    alone.is(
        &system,
        &[
            ("ActiveState", "failed"),
            ("ExecMainStatus", "243"),
            ("NRestarts", "0"),
        ],
    )?;
    Ok(Outcome::Passed)
}

/// A machine with a secret.
fn machine(name: &str, mode: &str) -> Machine {
    let mut machine = Machine::new(name);
    machine.spec["network"] = json!({ "mode": mode, "tap": "vm-check", "bridge": "lo" });
    let credentials = json!({ "ada": SECRET });
    machine.given.insert("credentials".into(), credentials);
    // Whoever tried again would have done so before it is looked at.
    machine.settings.insert("RestartSec".into(), json!(0));
    machine
}

fn fails(system: &System<'_>, machine: &Machine) -> Result<()> {
    let started = system.ran(&["systemctl", "start", &machine.unit()])?;
    ensure!(started.code != 0, "it started: {started:?}");
    Ok(())
}
