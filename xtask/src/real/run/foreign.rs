//! A data disk that is somebody else's.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::instance::{Instance, LIMIT};
use crate::test::{Context, Outcome};

pub(super) fn foreign(context: &Context) -> Result<Outcome> {
    let mut guest = Instance::new(context, "guest")?;
    let disk = guest.folder.join("theirs.qcow2");
    let run = |words: &[&str]| context.read(LIMIT, words);
    run(&[
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        disk.as_str(),
        "1G",
    ])?;
    // Linux keeps such disks without a partition table.
    let write = [
        "qemu-io",
        "-f",
        "qcow2",
        "-c",
        "write -P 0x5a 64k 1M",
        disk.as_str(),
    ];
    run(&write)?;
    let before = guest.folder.join("before.qcow2");
    fs::copy(&disk, &before).with_context(|| format!("cannot copy `{disk}`"))?;
    guest.machine["dataDisk"] = json!({ "sizeGib": 1, "path": disk.as_str() });
    let mut machine = guest.start()?;
    // In the guest program's own words: its rules are what decides.
    machine
        .until("it has no partition table, and is not blank: it holds data of an unknown kind")?;
    let mut console = machine.console()?;
    let found = console.show()?;
    ensure!(found["dataDisk"].is_null(), "{}", found["dataDisk"]);
    ensure!(found["media"]["second"] == false, "the config CD stays");
    drop(console);
    machine.stop()?;
    // Fails at the first byte that differs.
    run(&["qemu-img", "compare", before.as_str(), disk.as_str()])?;
    Ok(Outcome::Passed)
}
