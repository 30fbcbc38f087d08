//! What the supervisor does for a client with QEMU's monitor and the guest agent. Requests that
//! concern the machine's own course come back to it.

use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::{
    Agent, Answer, Asked, Kind, NoAgent, REPLY_BYTES_MAX, Refusal, Request, Shutdown, qcode,
};
use crate::instance::backup::{Backup, Slot};
use crate::instance::snapshot;
use crate::qemu::{Event, Qmp};
use crate::regular;

/// QEMU draws a screen in milliseconds, unless it hangs.
const PICTURE_DEADLINE: Duration = Duration::from_secs(10);
/// Where QEMU puts the picture, in its own folder.
const PICTURE: &str = "control.png";
/// What of a reply is not the picture.
const FRAME_BYTES: usize = 1024;

/// A request that concerns the machine's own course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfCourse {
    Status,
    /// `None`: within the machine's own time.
    Stop(Option<Duration>),
    Kill,
    Reset,
}

/// What is needed for it, and what is under way.
#[derive(Debug)]
pub struct Duties {
    folder: Utf8PathBuf,
    qemu_img: Utf8PathBuf,
    agent: Agent,
    backup: Option<Backup>,
    slot: Slot,
}

impl Duties {
    /// For a machine that runs in a folder.
    #[must_use]
    pub fn new(folder: &Utf8Path, qemu_img: &Utf8Path, agent: Agent) -> Self {
        Self {
            folder: folder.to_owned(),
            qemu_img: qemu_img.to_owned(),
            agent,
            backup: None,
            slot: Slot::default(),
        }
    }

    /// Does what was asked, or gives it back where it is the supervisor's own to do. Nothing here
    /// waits for the guest. Needs a `LocalSet`.
    pub async fn ask(&mut self, asked: Asked, qmp: &mut Qmp) -> Option<(OfCourse, Answer)> {
        let Asked { request, answer } = asked;
        let done = match request {
            Request::Screenshot {} => screenshot(qmp, &self.folder).await,
            Request::SendKey { keys } => press(qmp, &keys).await,
            Request::Snapshot { name } => snapshot::take(qmp, &name).await.map(|()| json!({})),
            Request::DeleteSnapshot { name } => {
                snapshot::delete(qmp, &name).await.map(|()| json!({}))
            }
            Request::Snapshots {} => snapshot::look(qmp).await.and_then(to_json),
            Request::Backup { path } => {
                self.back_up(&path, answer, qmp).await;
                return None;
            }
            Request::Exec { argv, timeout_sec } => {
                let patience = Duration::from_secs(timeout_sec);
                spawn_local(run(self.agent.clone(), argv, patience, answer));
                return None;
            }
            Request::Reboot {} => {
                spawn_local(reboot(self.agent.clone(), answer));
                return None;
            }
            Request::Status {} => return Some((OfCourse::Status, answer)),
            Request::Stop { timeout_sec } => {
                let within = timeout_sec.map(Duration::from_secs);
                return Some((OfCourse::Stop(within), answer));
            }
            Request::Kill {} => return Some((OfCourse::Kill, answer)),
            Request::Reset {} => return Some((OfCourse::Reset, answer)),
        };
        answer.give(done.map_err(Refusal::from));
        None
    }

    /// Hears of what goes on in QEMU.
    pub async fn hear(&mut self, event: &Event, qmp: &mut Qmp) {
        let Event::Job { id, status } = event else {
            return;
        };
        if Backup::ends_with(id, status)
            && let Some(backup) = self.backup.take()
        {
            backup.finish(qmp).await;
        }
    }

    /// Is to be called every second or so while something is under way.
    pub async fn tick(&mut self, qmp: &mut Qmp) {
        if let Some(backup) = &mut self.backup {
            backup.tick(qmp).await;
        }
    }

    /// Whether something is under way.
    #[must_use]
    pub fn are_under_way(&self) -> bool {
        self.slot.is_taken()
    }

    async fn back_up(&mut self, place: &Utf8Path, answer: Answer, qmp: &mut Qmp) {
        if self.slot.is_taken() {
            let refusal = Refusal::new("a backup is under way").kind(Kind::Busy);
            return answer.give(Err(refusal));
        }
        let slot = self.slot.clone();
        self.backup = Backup::start(qmp, &self.qemu_img, place, slot, answer).await;
    }
}

/// Whether somebody is at the guest's console. QEMU lets in one, and tells the next nothing.
pub async fn is_console_taken(qmp: &mut Qmp) -> anyhow::Result<bool> {
    Ok(is_connected(&qmp.poll("query-chardev").await?, "com2"))
}

/// What QEMU calls the other end of a port says whether there is one.
fn is_connected(ports: &Value, id: &str) -> bool {
    let mut ports = ports.as_array().into_iter().flatten();
    let port = ports.find(|port| port["label"] == id);
    let name = port.and_then(|port| port["filename"].as_str());
    name.is_some_and(|name| !name.starts_with("disconnected:"))
}

async fn screenshot(qmp: &mut Qmp, folder: &Utf8Path) -> anyhow::Result<Value> {
    let arguments = json!({ "filename": PICTURE, "format": "png" });
    let taken = timeout(PICTURE_DEADLINE, qmp.execute("screendump", arguments)).await;
    taken.context("QEMU gives no picture")??;
    let place = folder.join(PICTURE);
    let bytes_max = (REPLY_BYTES_MAX - FRAME_BYTES) / 4 * 3;
    let picture = regular::read(&place, bytes_max as u64).context("cannot read the picture");
    // It is the screen of somebody's machine; the next one would be written over it.
    _ = std::fs::remove_file(&place);
    Ok(json!({ "png": STANDARD.encode(picture?) }))
}

async fn press(qmp: &mut Qmp, keys: &[String]) -> anyhow::Result<Value> {
    let codes = keys.iter().map(|key| qcode(key));
    let codes = codes.map(|code| Ok(json!({ "type": "qcode", "data": code? })));
    let codes: Result<Vec<_>, Refusal> = codes.collect();
    let arguments = json!({ "keys": codes? });
    // They may be a password.
    qmp.execute_quietly("send-key", arguments).await?;
    Ok(json!({}))
}

async fn run(agent: Agent, argv: Vec<String>, patience: Duration, answer: Answer) {
    let ran = agent.exec(&argv, patience).await;
    answer.give(ran.map_err(refuse).map(|ran| {
        json!({
            "exit": ran.exit, "stdout": ran.stdout, "stderr": ran.stderr,
            "truncated": ran.truncated,
        })
    }));
}

async fn reboot(agent: Agent, answer: Answer) {
    let asked = agent.shutdown(Shutdown::Reboot).await;
    answer.give(asked.map(|()| json!({})).map_err(refuse));
}

fn refuse(error: NoAgent) -> Refusal {
    let is_silent = matches!(error, NoAgent::Silent(_));
    let refusal = Refusal::from(anyhow::Error::from(error));
    if is_silent && refusal.hint.is_none() {
        let hint = "an image has QEMU's guest agent where virtio-win was given; it answers when \
                    Windows has started";
        return refusal.kind(Kind::NoAgent).hint(hint);
    }
    refusal
}

fn to_json(disk: snapshot::Disk) -> anyhow::Result<Value> {
    serde_json::to_value(disk).context("a disk is JSON")
}

#[cfg(test)]
mod tests;
