//! What watches over a machine is watched over: by systemd, which hears of it and ends it when it
//! hears no more.

use anyhow::{Context as _, Result};
use rustix::process::{Signal, kill_process};
use serde_json::json;

use super::machine::{self, Machine};
use crate::test::{Context, Outcome};

pub(super) fn watchdog(context: &Context) -> Result<Outcome> {
    let mut system = machine::host(context)?;
    let mut hung = Machine::new("hung");
    hung.spec["readiness"] = json!("start");
    hung.spec["shutdownTimeoutSec"] = json!(1);
    // The default is 300 s. A word is due each half of it: a host that is so busy that two are not
    // said within it only ends the machine sooner than this check does.
    hung.settings.insert("WatchdogSec".into(), json!("15s"));
    hung.settings.insert("RestartSec".into(), json!("100ms"));
    hung.install(context, &system)?;

    // systemd tells each word that it hears.
    system.systemctl(&["log-level", "debug"])?;
    system.systemctl(&["start", &hung.unit()])?;
    system.until(&hung.unit(), "WATCHDOG=1")?;
    system.systemctl(&["log-level", "info"])?;

    // It lives, and does nothing any more.
    let helper = system.process("lucarne")?;
    kill_process(helper, Signal::STOP).context("cannot stop `lucarne`")?;
    system.until(&hung.unit(), "Watchdog timeout")?;
    system.until(&hung.unit(), "Started ")?;
    system.systemctl(&["stop", &hung.unit()])?;
    Ok(Outcome::Passed)
}
