//! What is asked and done about the media over QMP: bytes counted, CDs taken out, and a key
//! pressed for a CD that asks for one.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Run;
use crate::guest::{Input, Verdict};
use crate::machine::ids;

/// Often enough for a prompt that waits five seconds, and rarely enough for a guest under TCG to
/// see each press end.
const EVERY: Duration = Duration::from_millis(700);

/// When a key is due, from now on.
pub(super) fn ticks() -> Interval {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits until a key is due; for ever, where none is.
pub(super) async fn due(ticks: Option<&mut Interval>) {
    match ticks {
        Some(ticks) => _ = ticks.tick().await,
        None => std::future::pending().await,
    }
}

impl Run<'_> {
    /// Tells what was read of the CD since the last key, and presses Enter unless that was enough.
    pub(super) async fn press(&mut self) -> anyhow::Result<Option<Verdict>> {
        // An error is QEMU's end, which is heard next.
        let Ok(read) = self.counted(ids::WINDOWS_MEDIUM, "rd_bytes").await else {
            return Ok(None);
        };
        let verdict = self.hear(Input::CdRead(read)).await?;
        if verdict.is_none() && self.keys.is_some() {
            let enter = json!({ "keys": [{ "type": "qcode", "data": "ret" }] });
            _ = self.machine.qmp.execute("send-key", enter).await;
        }
        Ok(verdict)
    }

    /// How many bytes the guest has written to a medium, or read of it.
    pub(super) async fn counted(&mut self, node: &str, what: &str) -> anyhow::Result<u64> {
        let all = self.machine.qmp.poll("query-blockstats").await?;
        let medium = (all.as_array().into_iter().flatten())
            .find(|device| device["node-name"] == node)
            .with_context(|| format!("QEMU does not count the bytes of `{node}`"))?;
        medium["stats"][what]
            .as_u64()
            .context("QEMU's count is no number")
    }

    /// Takes the media out of both CD drives.
    pub(super) async fn empty_cds(&mut self) -> anyhow::Result<()> {
        for id in [ids::WINDOWS_CD, ids::ANSWER_CD] {
            let qmp = &mut self.machine.qmp;
            // `force`: the guest may have locked the drive.
            qmp.execute("eject", json!({ "id": id, "force": true }))
                .await?;
            qmp.execute("blockdev-close-tray", json!({ "id": id }))
                .await?;
        }
        Ok(())
    }
}
