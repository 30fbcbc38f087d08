//! The way to `ready`: when a word is said, and for how long a service manager is asked to wait.

use std::time::Duration;

use super::{Course, Do, RESTARTS_MAX};
use crate::instance::notify::EXTEND_EVERY;
use crate::instance::state::Phase;

/// How far a start of Windows is that is waited for.
#[derive(Clone, Debug, Default)]
pub(super) struct Start {
    /// Whether it was told that it is slow.
    told_slow: bool,
    /// When somebody was last asked to wait on.
    extended: Option<Duration>,
    /// Whether the guest said that it will not be ready.
    pub(super) failed: bool,
}

impl Start {
    /// Windows starts again.
    pub(super) fn again(&mut self) {
        (self.told_slow, self.failed) = (false, false);
    }
}

impl Course {
    /// What time does to a machine that is not ready yet.
    pub(super) fn starting(&mut self, now: Duration, acts: &mut Vec<Do>) {
        if !matches!(self.phase, Phase::Identity | Phase::Booting) {
            return;
        }
        let late = now.saturating_sub(self.since) >= self.limits.slow;
        if self.phase == Phase::Booting && late && !self.start.told_slow {
            self.start.told_slow = true;
            let sec = self.limits.slow.as_secs();
            acts.push(Do::Warn(format!(
                "the guest did not say `ready` within {sec} s; `lucarne ctl {} screenshot \
                 screen.png` shows what it does",
                self.name
            )));
        }
        let due = |last| now.saturating_sub(last) >= EXTEND_EVERY;
        if self.is_waited_for(now, late) && self.start.extended.is_none_or(due) {
            self.start.extended = Some(now);
            acts.push(Do::Extend);
        }
    }

    /// Whether it is worth waiting for. A guest that said what failed is up as far as it gets; one
    /// that says nothing has the time of a slow start, each time that it restarts, and not for
    /// ever. An identity run ends by itself.
    fn is_waited_for(&self, now: Duration, late: bool) -> bool {
        let is_young = now.saturating_sub(self.first) < self.limits.slow * RESTARTS_MAX;
        self.limits.identity.is_some() || self.start.failed || !late && is_young
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Heard, Limits};
    use super::*;
    use crate::guest::{Input, Lines};
    use crate::instance::spec::Reset;
    use crate::qemu::Event;

    /// When a service manager was asked, with a tick a second; `at` happens before that tick.
    fn asked(limits: Limits, seconds: u64, at: &[(u64, Heard)]) -> Vec<u64> {
        let mut course = Course::new("office", limits, Duration::ZERO);
        let mut asked = Vec::new();
        for second in 0..seconds {
            let now = Duration::from_secs(second);
            for (_, heard) in at.iter().filter(|(when, _)| *when == second) {
                course.hear(now, heard);
            }
            let acts = course.hear(now, &Heard::Machine(Input::Tick));
            asked.extend(acts.contains(&Do::Extend).then_some(second));
        }
        asked
    }

    fn usual() -> Limits {
        Limits::new(Reset::OnStart, 120, 1)
    }

    fn says(line: &str) -> Heard {
        let mut heard = None;
        Lines::default().push(format!("@lucarne {line}\r\n").as_bytes(), |line| {
            heard = heard.take().or(Input::of_line(line));
        });
        Heard::Machine(heard.expect("an event"))
    }

    #[test]
    fn a_silent_guest_is_waited_for_as_long_as_a_slow_one_takes() {
        let asked = asked(usual(), 2000, &[]);
        assert_eq!(&asked[..3], [0, 20, 40]);
        assert_eq!(asked.last(), Some(&580));
    }

    #[test]
    fn each_restart_has_its_time_but_not_for_ever() {
        let reset = serde_json::json!({ "event": "RESET", "data": { "guest": true } });
        let reset = Event::read(&reset).expect("an event");
        let restart = |second| (second, Heard::Machine(Input::Qemu(reset.clone())));
        let at: Vec<_> = (1..20).map(|n| restart(n * 500)).collect();
        let asked = asked(usual(), 8000, &at);
        assert_eq!(asked.last(), Some(&2980));
    }

    #[test]
    fn what_came_before_the_machine_is_not_of_its_time() {
        // As after a long identity run.
        let begins = Duration::from_secs(10_000);
        let mut course = Course::new("office", usual(), begins);
        let acts = course.hear(begins, &Heard::Machine(Input::Tick));
        assert_eq!(acts, [Do::Extend]);
    }

    #[test]
    fn nobody_is_asked_once_it_is_ready_or_to_stop() {
        let ready = says(r#"{"seq":1,"event":"ready"}"#);
        assert_eq!(asked(usual(), 100, &[(30, ready)]), [0, 20]);
        assert_eq!(asked(usual(), 100, &[(50, Heard::Stop(None))]), [0, 20, 40]);
    }

    #[test]
    fn a_guest_that_said_what_failed_stays() {
        let failed = says(r#"{"seq":1,"event":"failed","message":"no"}"#);
        assert_eq!(asked(usual(), 5000, &[(30, failed)]).last(), Some(&4980));
    }

    #[test]
    fn an_identity_run_is_waited_for_until_its_own_end() {
        let asked = asked(Limits::of_identity(120, 1), 1800, &[]);
        assert_eq!(asked.last(), Some(&1780));
    }
}
