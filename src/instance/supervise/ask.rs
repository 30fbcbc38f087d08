//! Asking Windows to shut down: its guest agent first, the power button where that does not answer.

use std::time::Duration;

use serde_json::json;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::timeout;

use crate::instance::control::{Agent, Shutdown};
use crate::qemu::Qmp;

/// How long the agent has: one that works answers in milliseconds, and Windows waits meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

/// How Windows was asked.
#[derive(Debug)]
pub(super) struct Asking {
    agent: Agent,
    /// The agent at work.
    under_way: Option<JoinHandle<bool>>,
    asked: bool,
}

impl Asking {
    pub(super) fn new(agent: Agent) -> Self {
        Self {
            agent,
            under_way: None,
            asked: false,
        }
    }

    /// Asks once: the agent, the first time, and from then on the button.
    pub(super) async fn ask(&mut self, qmp: &mut Qmp) -> anyhow::Result<()> {
        if self.asked {
            return press(qmp).await;
        }
        self.asked = true;
        let agent = self.agent.clone();
        self.under_way = Some(spawn_local(async move {
            let asked = timeout(PATIENCE, agent.shutdown(Shutdown::PowerOff)).await;
            matches!(asked, Ok(Ok(())))
        }));
        Ok(())
    }

    /// Waits until the agent has answered, or not: whether it did. Dropping the future loses
    /// nothing.
    pub(super) async fn answered(&mut self) -> bool {
        let Some(task) = &mut self.under_way else {
            return std::future::pending().await;
        };
        let answered = task.await.unwrap_or(false);
        self.under_way = None;
        answered
    }
}

/// Presses the power button.
pub(super) async fn press(qmp: &mut Qmp) -> anyhow::Result<()> {
    qmp.execute("system_powerdown", json!({})).await.map(drop)
}
