//! What is wrong with a machine that goes on, by whose it is: what has become well again is not
//! what is wrong still.

use super::{Course, Do};

/// Warnings of one machine: a guest may go on for ever about what went wrong.
const WARNINGS_MAX: u32 = 100;

/// Whose a trouble is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// The guest said so of its start; another start may be better.
    Guest,
    /// A disk has no room.
    Room,
    /// The system disk's overlay has reached its limit.
    Limit,
    /// A process beside QEMU is gone, for as long as this QEMU runs.
    Lost,
}

/// All of one start of QEMU.
#[derive(Debug, Default)]
pub(super) struct Troubles(Vec<(Of, String)>);

impl Course {
    /// Warns of something.
    pub(super) fn warn(&mut self, text: &str, acts: &mut Vec<Do>) {
        self.told += 1;
        if self.told <= WARNINGS_MAX {
            acts.push(Do::Warn(text.to_owned()));
        }
    }

    /// Something is wrong. Several processes can be gone, of everything else there is one trouble.
    pub(super) fn wrong(&mut self, of: Of, text: String, acts: &mut Vec<Do>) {
        let all = &mut self.troubles.0;
        all.retain(|(other, _)| of == Of::Lost || *other != of);
        all.push((of, text));
        self.tell(acts);
    }

    /// It is well again.
    pub(super) fn well(&mut self, of: Of, acts: &mut Vec<Do>) {
        self.troubles.0.retain(|(other, _)| *other != of);
        self.tell(acts);
    }

    fn tell(&self, acts: &mut Vec<Do>) {
        let all: Vec<_> = self.troubles.0.iter().map(|(_, text)| &**text).collect();
        let all = (!all.is_empty()).then(|| all.join("; "));
        acts.push(Do::Trouble(all));
    }
}
