//! The end of a build, and the start of a machine.

use lucarne_protocol::step::{Phase, Step};
use lucarne_protocol::{Kind, SCRUB, SETTLE, Status};

use super::{Course, Then, again_skipped, of_phase};
use crate::machine::{Machine, Performed};
use crate::scrub;
use crate::state::Stage;

impl<M: Machine> Course<'_, M> {
    pub(super) fn scrub(&mut self) -> Result<Then, String> {
        if self.state.scrubbed.is_empty() {
            self.machine.send_logs();
        }
        self.phase("scrub");
        let finish = &self.steps.finish;
        let items = scrub::items(finish, !self.state.layers.is_empty());
        for item in items.iter().skip(self.state.scrubbed.len()) {
            match self.machine.scrub(item, finish) {
                Ok(line) => {
                    self.state.scrubbed.push(line.clone());
                    self.save()?;
                    self.output(SCRUB, line);
                }
                Err(error) => {
                    self.give_up(format!("cannot remove {}: {error}", item.what()))?;
                    return Ok(Then::PowerOff);
                }
            }
        }
        self.state.stage = Stage::Settle;
        self.state.leaving = Some(self.machine.windows_start());
        self.save()?;
        Ok(self.leave())
    }

    pub(super) fn settle(&mut self) -> Result<Then, String> {
        let line = self.machine.settle(&self.steps.finish);
        self.output(SETTLE, line);
        self.state.stage = Stage::Sealed;
        self.state.leaving = Some(self.machine.windows_start());
        self.save()?;
        Ok(self.leave())
    }

    /// Says once more why this start ends, for the program may have been killed before it did.
    pub(super) fn leave(&mut self) -> Then {
        match self.state.stage {
            Stage::Sealed => {
                self.machine.say(Kind::Done);
                Then::PowerOff
            }
            Stage::Settle => {
                self.phase("settle");
                Then::Restart
            }
            _ => Then::Restart,
        }
    }

    /// A machine's start. A step that fails is told, and the others are done: a machine that some
    /// of its settings are missing from is better than one that is switched off.
    pub(super) fn boot(&mut self) -> Then {
        let steps: Vec<&Step> = of_phase(self.steps, Phase::Boot).collect();
        let of = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        let mut wrong = Vec::new();
        for (n, step) in (1..).zip(steps) {
            self.say_step(step, (n, of), Status::Start, &Performed::default(), None);
            let (status, done) = self.attempt(step);
            if status == Status::Failed {
                wrong.push(format!("`{}`", step.name));
            }
            let message = done.error.clone().or(again_skipped(status));
            self.say_step(step, (n, of), status, &done, message);
        }
        if wrong.is_empty() {
            self.machine.say(Kind::Applied);
            self.machine.say(Kind::Ready);
        } else {
            let message = format!("steps of the start failed: {}", wrong.join(", "));
            self.machine.send_logs();
            self.machine.say(Kind::Failed { message });
        }
        Then::Ready
    }
}
