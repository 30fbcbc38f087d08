//! What QEMU says of the machine: restarts, ends, errors of the host's.

use std::time::Duration;

use super::course::{Action, Course, Verdict};
use super::phase::Phase;
use super::{escape, stories};
use crate::machine::Accel;
use crate::qemu::Event;

/// How often a machine may start again within one phase; Windows needs three at most, a step of
/// the user's as many as it likes within reason.
const RESETS_MAX: u32 = 12;
const RESETS_MAX_IN_STEPS: u32 = 64;

impl Course {
    pub(super) fn qemu(&mut self, now: Duration, event: Event, actions: &mut Vec<Action>) {
        match event {
            Event::Reset { .. } => self.reset(now, actions),
            Event::Shutdown {
                guest: true,
                reason,
            } => actions.push(self.powered_off(&reason)),
            Event::Shutdown {
                guest: false,
                reason,
            } => {
                let cause = format!("QEMU was ended ({})", escape(&reason));
                actions.push(self.host(cause, stories::ENDED_HINT));
            }
            Event::GuestPanicked { info } => {
                let cause = format!("the guest's system crashed {}", escape(&info));
                actions.push(self.fail(cause.trim_end(), stories::CRASH_HINT));
            }
            Event::BlockIoError {
                no_space, reason, ..
            } => {
                self.io_error = Some((no_space, escape(&reason)));
            }
            // The state is asked for after a stop.
            Event::Stop
            | Event::Resume
            | Event::WriteThreshold
            | Event::Job { .. }
            | Event::Other(_) => {}
        }
    }

    fn reset(&mut self, now: Duration, actions: &mut Vec<Action>) {
        self.moved(now);
        self.resets += 1;
        let most = match self.phase {
            Phase::Steps => RESETS_MAX_IN_STEPS,
            _ => RESETS_MAX,
        };
        if self.phase == Phase::Shutdown {
            let (cause, hint) = stories::LATE_RESTART;
            actions.push(self.fail(cause, hint));
        } else if self.resets > most {
            let cause = format!("the machine restarted {most} times");
            actions.push(self.fail(cause, stories::restarts_hint(self.phase)));
        } else if self.settles && self.phase == Phase::Steps {
            self.enter(now, Phase::Settle, actions);
            actions.push(Action::EmptyCds);
        } else {
            actions.push(Action::Note("the machine restarts".into()));
        }
    }

    fn powered_off(&self, reason: &str) -> Action {
        if self.phase == Phase::Shutdown && reason == "guest-shutdown" {
            return Action::End(Verdict::Done);
        }
        match reason {
            "guest-shutdown" => {
                let (cause, hint) = stories::POWER_OFF;
                self.fail(cause, hint)
            }
            "guest-panic" => self.fail("the guest's system crashed", stories::CRASH_HINT),
            other => {
                let cause = format!("the machine ended ({})", escape(other));
                self.fail(cause, stories::POWER_OFF.1)
            }
        }
    }

    /// The CPUs stand still, and nobody asked them to.
    pub(super) fn stopped(&mut self, status: &str, actions: &mut Vec<Action>) {
        let status = escape(status);
        let status = status.as_str();
        actions.push(match (status, self.io_error.take()) {
            // A crash has an event of its own, which says more.
            ("running" | "guest-panicked" | "shutdown", _) => return,
            (_, Some((true, reason))) => {
                let cause = format!("QEMU stopped: no space left for the disk ({reason})");
                self.host(cause, stories::NO_SPACE_HINT)
            }
            (_, Some((false, reason))) => {
                let cause = format!("QEMU stopped: disk error ({reason})");
                self.host(cause, stories::DISK_ERROR_HINT)
            }
            (status, None) if self.accel == Accel::Kvm && !self.heard => Action::End(Verdict::Kvm(
                format!("KVM is there but does not run the guest: QEMU stopped at once ({status})"),
            )),
            (status, None) => {
                let cause = format!("QEMU stopped the guest ({status})");
                self.host(cause, stories::STOPPED_HINT)
            }
        });
    }

    pub(super) fn exited(&self, words: &str) -> Action {
        // QEMU calls KVM both, and ends before the first instruction.
        let blames_kvm = ["kvm", "hypervisor"]
            .iter()
            .any(|name| words.to_lowercase().contains(name));
        if self.accel == Accel::Kvm && !self.heard && blames_kvm {
            let why = format!("KVM is there but does not run this machine: {words}");
            return Action::End(Verdict::Kvm(why));
        }
        let cause = if words.starts_with("QEMU ended") {
            words.to_owned()
        } else {
            format!("QEMU ended by itself: {words}")
        };
        self.host(cause, stories::EXITED_HINT)
    }

    fn host(&self, cause: String, hint: &str) -> Action {
        Action::End(Verdict::Host(self.story(cause, hint)))
    }
}
