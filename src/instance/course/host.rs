//! What the host does to a machine: disks without room, disks that fail, a KVM that gives up.

use std::time::Duration;

use super::{Course, Do, End, Of};
use crate::guest::escape;
use crate::machine::ids;

/// How often a machine without room is let try again, and for how long.
const RETRY: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(60);
/// After so long without a new error there is room again.
const WELL: Duration = Duration::from_secs(15);

/// A disk that has no room.
#[derive(Clone, Debug)]
pub(super) struct Full {
    node: String,
    since: Duration,
    /// The last error, and the last try.
    error: Duration,
    tried: Duration,
}

/// What a disk is called in messages.
fn disk(node: &str) -> String {
    match node {
        ids::SYSTEM => "the system disk's overlay".into(),
        ids::DATA => "the data disk".into(),
        other => format!("the disk `{}`", escape(other)),
    }
}

impl Course {
    pub(super) fn disk_error(
        &mut self,
        node: &str,
        no_space: bool,
        reason: &str,
        acts: &mut Vec<Do>,
    ) {
        if no_space {
            // The stop that follows is the one to act on.
            self.io_error = Some((node.to_owned(), escape(reason)));
        } else {
            // Windows is told too, and does what it does about a broken disk.
            let text = format!("{} has an error: {}", disk(node), escape(reason));
            self.warn(&text, acts);
        }
    }

    /// The system disk's overlay has reached its limit. Windows is let shut down, for the sake of
    /// the data disk: what it writes meanwhile is little.
    pub(super) fn too_large(&mut self, now: Duration, acts: &mut Vec<Do>) {
        let cause = "Windows has written to the system disk what `systemDisk.maxSizeGib` allows";
        let hint = "the next start begins with an empty overlay unless `reset` is `never`; raise \
                    the limit, or see what fills the disk";
        acts.push(Do::Warn(cause.to_owned()));
        self.wrong(Of::Limit, cause.to_owned(), acts);
        let then = End::Host(self.story(cause, hint));
        self.ask(now, None, then, acts);
    }

    /// The CPUs stopped, in a state of QEMU's.
    pub(super) fn stopped(&mut self, now: Duration, status: &str, acts: &mut Vec<Do>) {
        match status {
            "io-error" => self.no_room(now, acts),
            "internal-error" => {
                let cause = "the host's KVM gave up on the machine (an internal error)";
                let hint = "see that KVM works here; in a virtual machine it has to be nested, and \
                            `machine.accel` may be `tcg` for tests";
                acts.push(Do::End(End::Host(self.story(cause, hint))));
            }
            // By whoever makes a copy of a disk, or QEMU's own end.
            _ => {}
        }
    }

    fn no_room(&mut self, now: Duration, acts: &mut Vec<Do>) {
        let known = self.io_error.take();
        if let Some(full) = &mut self.full {
            full.error = now;
            return;
        }
        let (node, reason) = known.unwrap_or_default();
        let text = format!(
            "there is no room for {} ({reason}): the machine stands still, and is ended in {} s \
             unless there is some",
            disk(&node),
            PATIENCE.as_secs()
        );
        acts.push(Do::Warn(text.clone()));
        self.wrong(Of::Room, text, acts);
        self.full = Some(Full {
            node,
            since: now,
            error: now,
            tried: now,
        });
    }

    /// What time does to a machine that stands still for want of room.
    pub(super) fn retry(&mut self, now: Duration, acts: &mut Vec<Do>) {
        let Some(full) = &mut self.full else { return };
        if now.saturating_sub(full.error) >= WELL {
            self.full = None;
            acts.push(Do::Note(
                "there is room again, and the machine goes on".into(),
            ));
            self.well(Of::Room, acts);
        } else if now.saturating_sub(full.since) >= PATIENCE {
            let disk = disk(&full.node);
            let sec = PATIENCE.as_secs();
            let cause = format!("there was no room for {disk} for {sec} s");
            let hint = "free some space on its file system and start again; what Windows had not \
                        written yet is lost, as at a power cut";
            acts.push(Do::CutPower(cause.clone()));
            acts.push(Do::End(End::Host(self.story(cause, hint))));
        } else if now.saturating_sub(full.tried) >= RETRY {
            full.tried = now;
            acts.push(Do::Continue);
        }
    }
}
