//! Ten machines of one image, side by side.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use rustix::process::Pid;
use serde_json::{Value, json};

use super::instance::{Instance, QEMU, Running};
use super::told::OWN_KIB_MAX;
use crate::test::{Context, Outcome};

const COUNT: usize = 10;

pub(super) fn ten(context: &Context) -> Result<Outcome> {
    let mut instances = Vec::new();
    for number in 1..=COUNT {
        let mut one = Instance::new(context, &format!("desk-{number}"))?;
        one.machine["network"] = json!({ "mode": "user" });
        one.machine["dataDisk"] = json!({ "sizeGib": 1 });
        instances.push(one);
    }
    let mut machines = Vec::new();
    for instance in &instances {
        machines.push((instance, instance.start()?));
    }
    let (mut ports, mut cards) = (BTreeSet::new(), BTreeSet::new());
    for (instance, machine) in &mut machines {
        machine.ready()?;
        let mut console = machine.console()?;
        let told = &console.show()?["settings"]["instance"];
        ensure!(*told == instance.name.as_str(), "it was told `{told}`");
        console.write(r"D:\name.txt", &instance.name)?;
        console.write(r"C:\name.txt", &instance.name)?;
        ports.insert(state(instance)?["sshPort"].as_u64().context("no port")?);
        cards.insert(card(machine)?);
        let (own, _) = machine.memory_kib()?;
        ensure!(own <= OWN_KIB_MAX, "`{}` has {own} KiB", instance.name);
    }
    ensure!(ports.len() == COUNT, "the SSH ports are {ports:?}");
    ensure!(cards.len() == COUNT, "the network cards are {cards:?}");
    for (instance, machine) in machines {
        let mut console = machine.console()?;
        for drive in ["C", "D"] {
            let name = console.read(&format!(r"{drive}:\name.txt"))?;
            ensure!(name == instance.name.as_str(), "it has the file of {name}");
        }
        drop(console);
        machine.stop()?;
    }
    Ok(Outcome::Passed)
}

fn state(instance: &Instance<'_>) -> Result<Value> {
    let file = instance.place("runtime", "state.json");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read `{file}`"))?;
    serde_json::from_str(&text).context("the state is no JSON")
}

/// The MAC in QEMU's arguments.
fn card(machine: &Running<'_>) -> Result<String> {
    let pid = Pid::as_raw(Some(machine.process(QEMU)?));
    let line = fs::read_to_string(format!("/proc/{pid}/cmdline"))?;
    let (_, mac) = line.split_once("mac=").context("no network card")?;
    Ok(mac[..17].to_owned())
}
