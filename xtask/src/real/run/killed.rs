//! Power is cut while the guest writes: what it had been told is on the disk is there, and the
//! next start works.

use std::time::SystemTime;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::instance::{Console, HELPER, Instance, LIMIT, QEMU};
use crate::real::raw::{Part, raw_of};
use crate::test::{Context, Outcome};

const FOLDER: &str = r"D:\Churn";
const SIZE_GIB: u64 = 4;
const MIB: u64 = 1 << 20;

pub(super) fn killed(context: &Context) -> Result<Outcome> {
    let mut ledger = Instance::new(context, "ledger")?;
    ledger.machine["dataDisk"] = json!({ "sizeGib": SIZE_GIB });
    let now = SystemTime::UNIX_EPOCH.elapsed().context("the clock")?;
    let mut random = now.as_nanos() | 1;
    let mut told = 0;
    for (round, whose) in [&[QEMU][..], &[HELPER], &[QEMU, HELPER]].iter().enumerate() {
        let mut machine = ledger.start()?;
        machine.ready()?;
        let mut console = machine.console()?;
        intact(&mut console, round, told)?;
        console.order(&json!({ "churn": { "path": folder(round + 1) } }))?;
        // A step of a linear generator: after one to 64 blocks.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let blocks = (random >> 33) % 64 + 1;
        told = 0;
        while u128::from(told) < blocks {
            let answer = console.answer()?;
            told = answer["wrote"]
                .as_u64()
                .with_context(|| answer.to_string())?;
        }
        context.log(&format!("{whose:?} is killed after {told} blocks"))?;
        machine.kill(whose)?;
        let end = machine.wait()?;
        // 2 of the helper's own, 137 of a helper that was killed.
        let wanted = if whose.contains(&HELPER) { 137 } else { 2 };
        ensure!(end.code == wanted, "it ended with {}", end.code);
    }
    let mut last = ledger.start()?;
    last.ready()?;
    intact(&mut last.console()?, 3, told)?;
    last.stop()?;
    whole(context, &ledger)?;
    Ok(Outcome::Passed)
}

fn folder(round: usize) -> String {
    format!("{FOLDER}{round}")
}

/// The blocks of the round before are whole, all that were told; the one in the making may be torn.
fn intact(console: &mut Console, round: usize, told: u64) -> Result<()> {
    let found = console.show()?;
    ensure!(found["failures"] == json!([]), "{}", found["failures"]);
    if round == 0 {
        return Ok(());
    }
    let checked = console.order(&json!({ "check": { "path": folder(round) } }))?;
    let whole = checked["whole"].as_u64();
    ensure!(
        whole >= Some(told),
        "{told} were written, and now {checked}"
    );
    let torn = checked["torn"].as_array().map_or(0, Vec::len);
    ensure!(torn <= 1, "{told} were written, and now {checked}");
    Ok(())
}

/// The data disk is in order for programs of others too.
fn whole(context: &Context, ledger: &Instance<'_>) -> Result<()> {
    let disk = ledger.place("state", "data.qcow2");
    // 3: clusters that nothing refers to any more, which a killed QEMU leaves and nobody minds.
    let ran = context.inside(LIMIT, &["qemu-img", "check", disk.as_str()])?;
    ensure!(
        [0, 3].contains(&ran.code),
        "the data disk is broken: {}",
        ran.stdout
    );
    // Partitions of a data disk begin at one MiB, and end as far before its end.
    let part = Part {
        offset_bytes: MIB,
        size_bytes: (SIZE_GIB << 30) - 2 * MIB,
    };
    let volume = raw_of(context, &disk, Some(part))?;
    context.read(LIMIT, &["ntfsfix", "--no-action", volume.as_str()])?;
    Ok(())
}
