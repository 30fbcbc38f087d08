//! A data disk that is somebody else's.

use anyhow::{Result, ensure};
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
    let bytes = || {
        run(&[
            "qemu-img",
            "dd",
            "-O",
            "raw",
            "bs=1M",
            "count=4",
            &format!("if={disk}"),
            &format!("of={}", guest.folder.join("begin")),
        ])
        .and_then(|_| Ok(std::fs::read(guest.folder.join("begin"))?))
    };
    let before = bytes()?;
    guest.machine["dataDisk"] = json!({ "sizeGib": 1, "path": disk.as_str() });
    let mut machine = guest.start()?;
    machine.until("it holds something that is no partition table")?;
    let mut console = machine.console()?;
    let found = console.show()?;
    ensure!(found["dataDisk"].is_null(), "{}", found["dataDisk"]);
    ensure!(found["media"]["second"] == false, "the config CD stays");
    drop(console);
    machine.stop()?;
    ensure!(bytes()? == before, "the disk was written");
    Ok(Outcome::Passed)
}
