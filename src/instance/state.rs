//! What a running instance tells of itself: `state.json` in its runtime folder, without secrets.

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::folders;

/// The schema that this version writes.
pub const SCHEMA: &str = "lucarne.state/1";

/// `state.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    /// Always `lucarne.state/1`.
    pub schema: String,
    pub name: String,
    /// The process that runs it.
    pub pid: u32,
    /// QEMU's process.
    pub qemu_pid: Option<u32>,
    /// The image's folder.
    pub image: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    pub phase: Phase,
    /// When the guest said that it is ready, in this start of it: RFC 3339, UTC.
    pub ready_since: Option<String>,
    /// What the guest said went wrong, or the host, and has not ended it.
    pub trouble: Option<String>,
    /// How often the machine has restarted, from the same system disk or from a new one.
    pub restarts: u32,
    /// The port of 127.0.0.1 that leads to the guest's port 22.
    pub ssh_port: Option<u16>,
    /// Where VNC listens: the path of a socket, or `ADDRESS:PORT`.
    pub vnc: Option<String>,
    /// The data disk's file.
    pub data_disk: Option<String>,
}

/// How far a machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// What makes it itself is done, before its first start.
    Identity,
    /// Windows starts.
    Booting,
    /// The guest said that it is ready.
    Ready,
    /// Windows shuts down.
    Stopping,
}

impl Phase {
    /// The word in `state.json`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Booting => "booting",
            Self::Ready => "ready",
            Self::Stopping => "stopping",
        }
    }
}

impl State {
    /// Another start of QEMU follows. What was wrong is gone with the one before, such as a TPM.
    pub(super) fn again(&mut self) {
        self.restarts = self.restarts.saturating_add(1);
        self.qemu_pid = None;
        self.ready_since = None;
        self.trouble = None;
    }

    /// Puts it into a runtime folder. Others are told by the control socket.
    pub(super) fn write(&self, runtime: &Utf8Path) -> anyhow::Result<()> {
        let json = serde_json::to_string_pretty(self)? + "\n";
        folders::write(&runtime.join(folders::STATE), json.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_start_has_no_trouble_yet() {
        let first = State {
            schema: SCHEMA.into(),
            name: "office".into(),
            pid: 7,
            qemu_pid: None,
            image: "/i".into(),
            started_at: "2026-01-02T03:04:05Z".into(),
            phase: Phase::Stopping,
            ready_since: None,
            trouble: None,
            restarts: 0,
            ssh_port: None,
            vnc: None,
            data_disk: None,
        };
        let mut state = State {
            qemu_pid: Some(8),
            ready_since: Some("2026-01-02T03:05:05Z".into()),
            trouble: Some("the TPM is gone".into()),
            ..first.clone()
        };
        state.again();
        assert_eq!(
            state,
            State {
                restarts: 1,
                ..first
            }
        );
    }
}
