//! A copy of the data disk while the machine runs: QEMU's own job, which copies what the disk was
//! when it began, into a new qcow2 file that appears when it is whole.

use std::rc::Rc;

use anyhow::{Context as _, bail, ensure};
use camino::Utf8Path;
use serde_json::{Value, json};
use tokio::task::{spawn_blocking, spawn_local};

use super::control::{Answer, Refusal};
use super::part::Part;
use super::snapshot;
use crate::exec::Command;
use crate::machine::ids;
use crate::qemu::Qmp;

/// The name of the job, and of the block node of what it writes.
const JOB: &str = "backup";

/// A backup under way. Dropping it removes what it wrote.
#[derive(Debug)]
pub struct Backup {
    answer: Answer,
    part: Part,
    slot: Slot,
    /// Whether it was told to stop.
    cancelled: bool,
}

/// A place for one backup, which is taken until nothing of it is in the making: two of one process
/// would write to one file.
#[derive(Clone, Debug, Default)]
pub struct Slot(Rc<()>);

impl Slot {
    /// Whether a backup has it.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        Rc::strong_count(&self.0) > 1
    }
}

impl Backup {
    /// Begins to copy to a file that is not there yet. The answer is given in the end, or now where
    /// nothing comes of it.
    pub async fn start(
        qmp: &mut Qmp,
        qemu_img: &Utf8Path,
        place: &Utf8Path,
        slot: Slot,
        answer: Answer,
    ) -> Option<Self> {
        match begin(qmp, qemu_img, place).await {
            Ok(part) => Some(Self {
                answer,
                part,
                slot,
                cancelled: false,
            }),
            Err(error) => {
                answer.give(Err(Refusal::from(error)));
                None
            }
        }
    }

    /// Tells how far it is, and stops it when nobody waits for it any more.
    pub async fn tick(&mut self, qmp: &mut Qmp) {
        if let Ok(Some(job)) = query(qmp).await {
            let percent = percent(&job);
            self.answer.progress(json!({ "percent": percent }));
        }
        if self.answer.is_given_up() && !self.cancelled {
            self.cancelled = true;
            // It may have ended by itself, which an event tells.
            _ = qmp.execute("job-cancel", json!({ "id": JOB })).await;
        }
    }

    /// What an event says of a job: whether this one has ended.
    #[must_use]
    pub fn ends_with(id: &str, status: &str) -> bool {
        id == JOB && status == "concluded"
    }

    /// Puts the copy into its place when the job has ended well, and gives the answer. What is not
    /// on the disk yet may take minutes to be, in which the machine is heard. Needs a `LocalSet`.
    pub async fn finish(self, qmp: &mut Qmp) {
        let ended = self.end(qmp).await;
        let Self {
            answer, part, slot, ..
        } = self;
        if let Err(error) = ended {
            // Whoever hears that it failed finds nothing of it, and may begin anew.
            drop((part, slot));
            return answer.give(Err(error.into()));
        }
        let commit = move || part.commit().map(|()| json!({ "path": part.place() }));
        spawn_local(async move {
            let placed = spawn_blocking(commit).await;
            drop(slot);
            let placed = placed.context("it was given up").and_then(|placed| placed);
            answer.give(placed.map_err(Refusal::from));
        });
    }

    async fn end(&self, qmp: &mut Qmp) -> anyhow::Result<()> {
        let job = query(qmp).await?;
        qmp.execute("job-dismiss", json!({ "id": JOB })).await?;
        // Closes the file, and writes what QEMU still has of it.
        qmp.execute("blockdev-del", json!({ "node-name": JOB }))
            .await?;
        let job = job.context("QEMU does not know the job")?;
        if let Some(error) = job["error"].as_str() {
            bail!("cannot write `{}`: {error}", self.part.place());
        }
        ensure!(!self.cancelled, "the backup was given up");
        Ok(())
    }
}

async fn begin(qmp: &mut Qmp, qemu_img: &Utf8Path, place: &Utf8Path) -> anyhow::Result<Part> {
    let disk = snapshot::look(qmp).await?;
    let part = Part::new(place, false)?;
    let command = Command::new(qemu_img)
        .args(["create", "-q", "-f", "qcow2", part.path().as_str()])
        .arg(disk.virtual_bytes.to_string());
    command.run()?;
    open(qmp, part.path()).await?;
    let arguments = json!({
        "job-id": JOB, "device": ids::DATA, "target": JOB, "sync": "full",
        // The guest goes on whatever becomes of the copy.
        "on-target-error": "report",
        // Its end is looked at before it is forgotten.
        "auto-dismiss": false,
    });
    if let Err(error) = qmp.execute("blockdev-backup", arguments).await {
        _ = qmp
            .execute("blockdev-del", json!({ "node-name": JOB }))
            .await;
        return Err(error);
    }
    Ok(part)
}

/// Opens the file in QEMU, past the host's cache where its file system can do that: a whole disk
/// would throw everything else out of it.
async fn open(qmp: &mut Qmp, path: &Utf8Path) -> anyhow::Result<()> {
    let node = |direct: bool| {
        json!({
            "driver": "qcow2", "node-name": JOB, "cache": { "direct": direct },
            "file": { "driver": "file", "filename": path, "aio": "threads" },
        })
    };
    if qmp.execute("blockdev-add", node(true)).await.is_ok() {
        return Ok(());
    }
    qmp.execute("blockdev-add", node(false)).await.map(drop)
}

async fn query(qmp: &mut Qmp) -> anyhow::Result<Option<Value>> {
    let jobs = qmp.poll("query-jobs").await?;
    let mut jobs = jobs.as_array().into_iter().flatten();
    Ok(jobs.find(|job| job["id"] == JOB).cloned())
}

/// How much of a job is done, of 100.
fn percent(job: &Value) -> u64 {
    let number = |name: &str| job[name].as_u64().unwrap_or_default();
    let (done, all) = (number("current-progress"), number("total-progress"));
    let percent = u128::from(done) * 100 / u128::from(all.max(1));
    u64::try_from(percent).map_or(100, |percent| percent.min(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_percentage_whatever_is_told() {
        let job = |done: u64, all: u64| {
            percent(&json!({ "current-progress": done, "total-progress": all }))
        };
        assert_eq!(job(0, 0), 0);
        assert_eq!(job(1, 3), 33);
        assert_eq!(job(u64::MAX, u64::MAX), 100);
        assert_eq!(job(u64::MAX, 1), 100);
        assert_eq!(percent(&Value::Null), 0);
    }
}
