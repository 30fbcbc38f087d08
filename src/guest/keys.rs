//! Key presses, the last resort for a CD that asks for one: when they begin, and when they end.
//!
//! They begin when the firmware starts the CD, which is before its question, and go on until they
//! were taken: the CD's program, which had been waiting, then reads on. They never begin again,
//! for whatever asks later is no prompt of the CD's, and an answer might be one to Setup.

use std::time::Duration;

use super::course::{Action, Course, Verdict};
use super::phase::Phase;

/// What the boot program reads of the CD before its question is far less, and what it reads next
/// is far more: Windows PE has hundreds of MiB, the stand-in's kernel some twenty.
const READ_BYTES: u64 = 8 << 20;

/// Whether keys are pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Keys {
    #[default]
    Unneeded,
    /// As soon as the CD starts.
    Due,
    Pressed {
        since: Duration,
        /// What had been read of the CD by then, once that is known.
        read: Option<u64>,
    },
    Over,
}

impl Course {
    /// The CD will ask for a key.
    #[must_use]
    pub fn with_keys(mut self) -> Self {
        self.keys = Keys::Due;
        self
    }

    /// The CD starts for the first time.
    pub(super) fn begin_keys(&mut self, now: Duration, actions: &mut Vec<Action>) {
        if self.keys == Keys::Due {
            self.keys = Keys::Pressed {
                since: now,
                read: None,
            };
            actions.push(Action::Note("the CD asks for a key: pressing Enter".into()));
            actions.push(Action::PressKeys);
        }
    }

    /// So many bytes were read of the CD so far.
    pub(super) fn cd_read(&mut self, bytes: u64, actions: &mut Vec<Action>) {
        let Keys::Pressed { since, read } = self.keys else {
            return;
        };
        let before = read.unwrap_or(bytes);
        if bytes.saturating_sub(before) >= READ_BYTES {
            self.end_keys("the CD has taken the key", actions);
        } else {
            self.keys = Keys::Pressed {
                since,
                read: Some(before),
            };
        }
    }

    /// Ends them when something else shows that they were taken, or that they never will be.
    pub(super) fn watch_keys(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let Keys::Pressed { since, .. } = self.keys else {
            return;
        };
        let spent = now.saturating_sub(since);
        if self.written > 0 || self.resets > 0 || self.phase != Phase::WindowsPe {
            self.end_keys("no key is pressed any more", actions);
        } else if spent >= self.limits.firmware {
            actions.push(Action::End(Verdict::TimedOut(self.keys_in_vain(spent))));
        }
    }

    fn end_keys(&mut self, why: &str, actions: &mut Vec<Action>) {
        self.keys = Keys::Over;
        actions.push(Action::StopKeys);
        actions.push(Action::Note(why.into()));
    }
}
