//! Many starts and ends of one machine, of which nothing may be left.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::life::difference;
use super::machine::{self, Machine};
use super::tap::{BRIDGE, TAP, bridge};
use crate::test::{Context, Outcome};

const ROUNDS: usize = 50;

/// How a round ends.
const ENDS: &[&str] = &["stop", "lucarne", "qemu-system"];

/// It counts as started when QEMU runs: what Windows does then is not what this is about.
pub(super) fn rounds(context: &Context) -> Result<Outcome> {
    let mut system = machine::host(context)?;
    bridge(&system)?;
    let mut hive = Machine::new("hive");
    hive.spec["readiness"] = json!("start");
    hive.spec["shutdownTimeoutSec"] = json!(1);
    hive.spec["dataDisk"] = json!({ "sizeGib": 1 });
    hive.spec["network"] = json!({ "mode": "bridge", "tap": TAP, "bridge": BRIDGE });
    hive.settings.insert("Restart".into(), json!("no"));
    hive.install(context, &system)?;
    let unit = hive.unit();
    let folders = |system: &_| -> Result<Vec<String>> {
        let mut all = Vec::new();
        for kind in ["/var/lib", "/var/cache"] {
            let place = hive.folder(system, kind);
            let entries = place.read_dir_utf8();
            for entry in entries.with_context(|| format!("cannot list `{place}`"))? {
                all.push(format!("{kind}/{}", entry?.file_name()));
            }
        }
        ensure!(!all.is_empty(), "the machine has no files");
        all.sort();
        Ok(all)
    };

    let before = system.inventory()?;
    let mut kept = None;
    let began = Instant::now();
    for round in 0..ROUNDS {
        system.systemctl(&["start", &unit])?;
        let end = ENDS[round % ENDS.len()];
        if end == "stop" {
            system.systemctl(&["stop", &unit])?;
            hive.is(&system, &[("Result", "success")])?;
        } else {
            system.kill(end)?;
            // The last that is said of it; what is then done is done before it hears this.
            system.until(&unit, "Failed with result")?;
            system.systemctl(&["reset-failed", &unit])?;
        }
        let after = system.inventory_like(&before)?;
        ensure!(
            after == before,
            "after round {round}, which ended by `{end}`: {}",
            difference(&before, &after)
        );
        let now = folders(&system)?;
        let kept = kept.get_or_insert_with(|| now.clone());
        ensure!(now == *kept, "round {round}: {}", difference(kept, &now));
    }
    let each = began.elapsed() / u32::try_from(ROUNDS)?;
    context.log(&format!("{ROUNDS} rounds, of {each:?} each"))?;
    Ok(Outcome::Passed)
}
