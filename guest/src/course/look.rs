//! Looks at a step's check once the step has ended: at once, or after its restart.

use lucarne_protocol::Status;
use lucarne_protocol::step::{Phase, Step};

use super::{Course, Then, placed};
use crate::machine::{Machine, Performed};

/// Whether the look comes later: what a step did that wants a restart may show only after that.
/// The pass specialize ends with one of Setup's. At a machine's start none follows.
pub(super) fn is_later(step: &Step, done: &Performed) -> bool {
    step.check.is_some() && step.phase != Phase::Boot && (done.restart || step.reboot)
}

impl<M: Machine> Course<'_, M> {
    /// Looks whether a step has done what it is for, unless that comes later.
    pub(super) fn look_again(&mut self, step: &Step, done: &Performed) -> Option<String> {
        if is_later(step, done) {
            return None;
        }
        self.look(step, "it ended well, but its check does not hold")
    }

    /// After a restart: looks at what ended with it. `Some`: one of them failed.
    pub(super) fn look_back(&mut self, phase: Phase) -> Result<Option<Then>, String> {
        let steps = self.steps;
        for (step, place) in placed(steps, phase) {
            if !self.state.is_unchecked(&step.id) {
                continue;
            }
            let error = self.look(step, "its check does not hold after the restart");
            if let Some(error) = error {
                return self.take_back(step, place, error).map(Some);
            }
            self.state.unchecked.retain(|id| *id != step.id);
            self.save()?;
        }
        Ok(None)
    }

    fn look(&mut self, step: &Step, not: &str) -> Option<String> {
        let check = step.check.as_ref()?;
        match self.machine.holds(step, check) {
            Ok(true) => None,
            Ok(false) => Some(not.to_owned()),
            Err(error) => Some(format!("cannot tell whether its check holds: {error}")),
        }
    }

    /// A step that had ended well has not.
    fn take_back(&mut self, step: &Step, place: (u32, u32), error: String) -> Result<Then, String> {
        let mut done = Performed {
            error: Some(error.clone()),
            ..Performed::default()
        };
        if let Some(ended) = (self.state.results.iter_mut()).find(|ended| ended.id == step.id) {
            (done.ms, done.exit) = (ended.ms, ended.exit);
            ended.status = Status::Failed;
            ended.message = Some(error);
        }
        self.end_with(step, place, &done)
    }
}
