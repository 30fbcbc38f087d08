//! A package of Windows Installer that installs, made under Wine through its own functions.

use anyhow::{Result, ensure};
use serde_json::json;

use super::document::{document, step};
use super::machine::{Machine, PROBE, run};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "wine/msi",
    shows: "a package of Windows Installer installs with the properties that its step gives it",
    run: msi,
}];

/// What needs its quoting on the way.
const ANSWER: &str = r#"forty "two" & 100% \"#;

fn msi(context: &Context) -> Result<Outcome> {
    let machine = Machine::new(context, &document(&[]))?;
    let went = machine.start(&[run(&[PROBE, "msi", r"C:\example.msi"])])?;
    ensure!(went.ran[0].code == 0, "{:?}", went.ran[0]);
    let package = machine.read("example.msi")?;
    machine.write("windows/Lucarne/payload/msi/example.msi", package)?;
    let installs = step(
        "msi",
        &json!({ "msi": {
            "package": r"payload\msi\example.msi",
            "properties": { "ANSWER": ANSWER },
            "exitCodes": { "success": [0], "reboot": [3010, 1641] },
        } }),
    );
    let key = r"HKLM\Software\Example";
    let asks = run(&["reg", "query", key, "/v", "Answer"]);
    let steps = [installs];
    let went = machine.build(&steps, &[asks])?;
    went.all_done(&steps)?;
    ensure!(went.end_of("msi")?["exit"] == 0, "{}", went.told());
    let read = went.ran[0].stdout.trim_end();
    ensure!(read.ends_with(&format!("REG_SZ    {ANSWER}")), "{read:?}");
    Ok(Outcome::Passed)
}
