//! The end of a build.

use lucarne_protocol::{GENERALIZE, Kind, SCRUB, SETTLE};

use super::{Course, Then};
use crate::machine::Machine;
use crate::scrub;
use crate::state::{IdentityStage, Stage};

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
        // The last of all: whatever Windows does after it would belong to one machine again.
        if let Some(sec) = self.steps.finish.generalize_sec {
            match self.machine.generalize(sec) {
                Ok(line) => self.output(GENERALIZE, line),
                Err(error) => {
                    self.give_up(format!("cannot generalise Windows: {error}"))?;
                    return Ok(Then::PowerOff);
                }
            }
        }
        self.state.stage = Stage::Sealed;
        self.state.leaving = Some(self.machine.windows_start());
        self.save()?;
        Ok(self.leave())
    }

    /// Says once more why this start ends, for the program may have been killed before it did.
    pub(super) fn leave(&mut self) -> Then {
        let identity = self.state.identity.as_ref().map(|it| it.stage);
        match self.state.stage {
            Stage::Sealed if identity.is_some_and(|it| it != IdentityStage::Done) => Then::Restart,
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
}
