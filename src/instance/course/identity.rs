//! The run that makes an instance itself: it ends with `done` and a power-off, within a time and
//! a number of restarts. A reset that is asked for meanwhile begins it anew.

use std::time::Duration;

use super::{Course, Do, End};
use crate::guest::escape;

/// How long it may take as KVM would: Sysprep runs Windows' first start anew.
pub(super) const DEADLINE: Duration = Duration::from_secs(1800);
/// A name takes one restart, a domain another, Sysprep three. One more than this is the end.
const RESTARTS_MAX: u32 = 8;
const HINT: &str = "`serial.log` and `events.jsonl` in the machine's state folder tell more; the \
     image and the data disk are as they were";

impl Course {
    /// How a power-off of Windows' own is meant.
    pub(super) fn off(&self) -> End {
        if self.limits.identity.is_none() || self.done {
            return End::Off;
        }
        End::Guest(self.story(
            "Windows powered itself off before it had its identity",
            HINT,
        ))
    }

    pub(super) fn no_identity(&self, message: &str) -> End {
        let cause = format!("the machine did not get its identity: {}", escape(message));
        End::Guest(self.story(cause, HINT))
    }

    pub(super) fn count_identity(&mut self, acts: &mut Vec<Do>) {
        if self.limits.identity.is_none() {
            return;
        }
        self.restarts += 1;
        if self.restarts > RESTARTS_MAX {
            let times = self.restarts;
            let cause = format!("Windows restarted {times} times and has no identity");
            acts.push(Do::End(End::Guest(self.story(cause, HINT))));
        }
    }

    pub(super) fn late_identity(&mut self, now: Duration, acts: &mut Vec<Do>) {
        let Some(limit) = self.limits.identity else {
            return;
        };
        if now.saturating_sub(self.began) >= limit && self.asked.is_none() {
            let sec = limit.as_secs();
            let cause = format!("the machine did not get its identity within {sec} s");
            acts.push(Do::End(End::TimedOut(self.story(cause, HINT))));
        }
    }
}
