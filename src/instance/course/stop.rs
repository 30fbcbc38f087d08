//! The way to a machine's end: Windows is asked, and asked again, and at the deadline its power is
//! cut.

use std::time::Duration;

use super::{Course, Do, End};
use crate::instance::state::Phase;

/// How often Windows is asked: it misses what comes too early, and forgets what comes once.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// How long QEMU has to end: it writes back what it holds.
const QUIT_DEADLINE: Duration = Duration::from_secs(30);
/// How long it has for an answer at the least, and for its last one.
const ANSWER: Duration = Duration::from_secs(2);
const SIGINT: i32 = 2;

/// That Windows was asked to shut down.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    last: Duration,
    until: Duration,
    within: Duration,
    /// What follows.
    pub(super) then: End,
}

impl Course {
    pub(super) fn signal(&mut self, now: Duration, number: i32, acts: &mut Vec<Do>) {
        // Whoever presses Ctrl-C twice means it; a service manager kills by itself.
        let interrupted = number == SIGINT;
        self.interrupts = self.interrupts.saturating_add(u32::from(interrupted));
        if interrupted && self.interrupts > 1 {
            self.kill(now, "it was interrupted twice", End::Stopped, acts);
        } else {
            self.ask(now, None, End::Stopped, acts);
        }
    }

    /// How long QEMU may take for an answer: once the machine is to end, what is left of its time;
    /// `None`: as long as usual.
    pub(in crate::instance) fn patience(&self, now: Duration) -> Option<Duration> {
        if self.leaves() {
            return Some(ANSWER);
        }
        let asked = self.asked.as_ref()?;
        Some(asked.until.saturating_sub(now).max(ANSWER))
    }

    /// Whether QEMU is about to end, by itself or because its power was cut.
    pub(in crate::instance) fn leaves(&self) -> bool {
        self.leaving.is_some()
    }

    /// Whether a new start follows the shutdown that was asked for.
    pub(in crate::instance) fn goes_on(&self) -> bool {
        (self.asked.as_ref()).is_some_and(|asked| asked.then == End::Again)
    }

    /// Asks Windows to shut down. Who asked last says what follows, and an end outdoes a restart.
    pub(super) fn ask(
        &mut self,
        now: Duration,
        within: Option<Duration>,
        then: End,
        acts: &mut Vec<Do>,
    ) {
        let within = within.unwrap_or(self.limits.shutdown);
        let until = now.saturating_add(within);
        if let Some(asked) = &mut self.asked {
            if asked.then != End::Stopped {
                asked.then = then;
            }
            if until < asked.until {
                (asked.until, asked.within) = (until, within);
            }
            return;
        }
        self.asked = Some(Asked {
            last: now,
            until,
            within,
            then,
        });
        self.enter(Phase::Stopping, acts);
        if self.full.is_some() {
            // It stands still, and hears nothing.
            acts.push(Do::Continue);
        }
        acts.push(Do::Ask);
    }

    /// Cuts the power.
    pub(super) fn kill(&mut self, now: Duration, why: &str, then: End, acts: &mut Vec<Do>) {
        acts.push(Do::CutPower(why.to_owned()));
        acts.push(Do::Quit);
        self.leaving = Some((then, now));
    }

    /// What time does to a machine that was asked, or that is about to end.
    pub(super) fn ask_again(&mut self, now: Duration, acts: &mut Vec<Do>) {
        if let Some((end, since)) = &self.leaving {
            if now.saturating_sub(*since) >= QUIT_DEADLINE {
                // It is killed at the end.
                acts.push(Do::End(end.clone()));
            }
            return;
        }
        let Some(asked) = &mut self.asked else { return };
        if now >= asked.until {
            let sec = asked.within.as_secs();
            let then = asked.then.clone();
            let why = format!("Windows did not shut down within {sec} s");
            self.kill(now, &why, then, acts);
        } else if now.saturating_sub(asked.last) >= ASK_AGAIN {
            asked.last = now;
            acts.push(Do::Ask);
        }
    }
}
