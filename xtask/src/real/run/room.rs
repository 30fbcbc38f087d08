//! An overlay without room: the machine stands still until there is some.

use anyhow::{Result, ensure};
use serde_json::json;

use super::instance::Instance;
use crate::test::{Context, Outcome};

/// A small file system below `cache`, that grows once `grow` is there. It is not a tmpfs, which
/// would be refused, but lies over one, and has its size.
const SMALL: &str = "mkdir -p small lower
mount -t tmpfs -o size=8m tmpfs small
mkdir small/upper small/work
mount -t overlay -o lowerdir=lower,upperdir=small/upper,workdir=small/work overlay cache
(until test -e grow; do sleep 0.2; done; mount -o remount,size=1g small) &";

pub(super) fn room(context: &Context) -> Result<Outcome> {
    let mut attic = Instance::new(context, "attic")?;
    SMALL.clone_into(&mut attic.before);
    let mut machine = attic.start()?;
    machine.ready()?;
    // Left at once: a console that nobody reads would hold the guest up.
    let order = json!({ "churn": { "path": r"C:\Churn" } });
    machine.console()?.leave(&order)?;
    machine.until("there is no room for the system disk's overlay")?;
    std::fs::write(attic.folder.join("grow"), "")?;
    machine.until("STATUS=ready")?;
    let mut console = machine.console()?;
    console.order(&json!("rest"))?;
    let checked = console.order(&json!({ "check": { "path": r"C:\Churn" } }))?;
    ensure!(checked["torn"] == json!([]), "C: holds {checked}");
    // More than there was room for.
    ensure!(checked["whole"].as_u64() > Some(60), "C: holds {checked}");
    drop(console);
    machine.stop()?;
    Ok(Outcome::Passed)
}
