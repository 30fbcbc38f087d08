//! The course of a build and of a machine's start: what is done next, and what is said of it.
//!
//! Everything that touches Windows is behind [`Machine`], so the course is tested without it: a
//! kill between any two of its doings, a restart anywhere.

mod ends;
mod look;
mod start;

use lucarne_protocol::step::{Phase, Step, Steps};
use lucarne_protocol::{Kind, PROTOCOL, Status};

use crate::machine::{Machine, Performed};
use crate::state::{Ended, Stage, State, UnderWay};

/// How often a step may be begun without ending. A program may restart Windows by itself a few
/// times; one that does so for ever is to be told.
pub const ATTEMPTS_MAX: u32 = 10;

/// Who goes through the course: each does its own stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The command of the specialize pass.
    Specialize,
    /// In the build account's session.
    Session,
    /// The service, as SYSTEM.
    Service,
}

/// What is left to do when the course returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing: the stages of this role are over.
    Finished,
    Restart,
    PowerOff,
    /// The machine runs, and goes on doing so.
    Ready,
}

/// Goes on from where the state says.
///
/// An error is one of writing the state: without it nothing may go on.
pub fn go(
    steps: &Steps,
    state: &mut State,
    role: Role,
    machine: &mut impl Machine,
) -> Result<Then, String> {
    let mut course = Course {
        steps,
        state,
        machine,
    };
    course.go(role)
}

/// Whether steps of a session are still to be done.
#[must_use]
pub fn needs_session(steps: &Steps, state: &State) -> bool {
    state.stage <= Stage::Session
        && state.failed.is_none()
        && of_phase(steps, Phase::Session)
            .any(|step| !state.has_ended(&step.id) || state.is_unchecked(&step.id))
}

fn of_phase(steps: &Steps, phase: Phase) -> impl Iterator<Item = &Step> {
    steps.steps.iter().filter(move |step| step.phase == phase)
}

/// The steps of a build in the order in which they are done.
fn of_build(steps: &Steps) -> Vec<&Step> {
    let phases = [Phase::Specialize, Phase::Session, Phase::System];
    let each = phases.into_iter().map(|phase| of_phase(steps, phase));
    each.flatten().collect()
}

/// Those of one phase, each with its number among all, and how many there are.
fn placed(steps: &Steps, phase: Phase) -> impl Iterator<Item = (&Step, (u32, u32))> {
    let build = of_build(steps);
    let of = u32::try_from(build.len()).unwrap_or(u32::MAX);
    let numbered = (1..).zip(build);
    numbered
        .filter(move |(_, step)| step.phase == phase)
        .map(move |(n, step)| (step, (n, of)))
}

struct Course<'a, M> {
    steps: &'a Steps,
    state: &'a mut State,
    machine: &'a mut M,
}

impl<M: Machine> Course<'_, M> {
    fn go(&mut self, role: Role) -> Result<Then, String> {
        if role == Role::Specialize {
            return self.specialize();
        }
        self.hello()?;
        if let Some(message) = self.state.failed.clone() {
            self.machine.say(Kind::Failed { message });
            return Ok(Then::PowerOff);
        }
        if self.state.leaving == Some(self.machine.windows_start()) {
            return Ok(self.leave());
        }
        self.state.leaving = None;
        if self.state.stage == Stage::Sealed {
            return self.start();
        }
        if self.state.stage == Stage::Specialize {
            self.pass_specialize()?;
        }
        if self.state.stage <= Stage::System && self.state.failed.is_none() {
            self.phase("steps");
        }
        // Setup's own restart was that of its pass's steps.
        if let Some(then) = self.look_back(Phase::Specialize)? {
            return Ok(then);
        }
        self.stages(role)
    }

    /// The stages of one role, one after the other.
    fn stages(&mut self, role: Role) -> Result<Then, String> {
        loop {
            if self.state.failed.is_some() {
                return Ok(Then::PowerOff);
            }
            let next = match self.state.stage {
                Stage::Specialize | Stage::Session => {
                    if role != Role::Session && needs_session(self.steps, self.state) {
                        return Ok(Then::Finished);
                    }
                    if let Some(then) = self.steps_of(Phase::Session)? {
                        return Ok(then);
                    }
                    Stage::System
                }
                _ if role != Role::Service => return Ok(Then::Finished),
                Stage::System => {
                    if let Some(then) = self.steps_of(Phase::System)? {
                        return Ok(then);
                    }
                    Stage::Scrub
                }
                Stage::Scrub => return self.scrub(),
                Stage::Settle => return self.settle(),
                Stage::Sealed => return self.start(),
            };
            self.state.stage = next;
            self.save()?;
        }
    }

    fn hello(&mut self) -> Result<(), String> {
        self.state.starts = self.state.starts.saturating_add(1);
        self.save()?;
        self.machine.say(Kind::Hello {
            protocol: PROTOCOL.to_owned(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            boot: self.state.starts,
        });
        Ok(())
    }

    /// Setup's pass has no `hello`: with that the host takes the passes for over.
    fn specialize(&mut self) -> Result<Then, String> {
        if self.state.stage != Stage::Specialize {
            return Ok(Then::Finished);
        }
        self.phase("specialize");
        // Restarts are Setup's own here, one comes at the end of the pass.
        if self.steps_of(Phase::Specialize)? == Some(Then::PowerOff) {
            return Ok(Then::PowerOff);
        }
        self.state.stage = Stage::Session;
        self.save()?;
        Ok(Then::Finished)
    }

    /// Setup is over: what it should have started must have ended.
    fn pass_specialize(&mut self) -> Result<(), String> {
        let missed = of_phase(self.steps, Phase::Specialize)
            .find(|step| !self.state.has_ended(&step.id))
            .map(|step| step.name.clone());
        if let Some(name) = missed {
            let message = format!("Setup ended before the step `{name}` of its pass had ended");
            return self.give_up(message);
        }
        self.state.stage = Stage::Session;
        self.save()
    }

    /// Does what is left of a phase. `Some`: this start ends.
    fn steps_of(&mut self, phase: Phase) -> Result<Option<Then>, String> {
        if let Some(then) = self.look_back(phase)? {
            return Ok(Some(then));
        }
        for (step, place) in placed(self.steps, phase) {
            if self.state.has_ended(&step.id) {
                continue;
            }
            if let Some(then) = self.step(step, place)? {
                return Ok(Some(then));
            }
        }
        Ok(None)
    }

    fn step(&mut self, step: &Step, place: (u32, u32)) -> Result<Option<Then>, String> {
        let attempt = self.state.attempt(&step.id);
        self.state.under_way = Some(UnderWay {
            id: step.id.clone(),
            attempt,
            start: self.state.starts,
        });
        self.save()?;
        let again = (attempt > 1).then(|| format!("attempt {attempt}"));
        self.say_step(step, place, Status::Start, &Performed::default(), again);
        let (status, done) = if attempt > ATTEMPTS_MAX {
            let error = format!("it was begun {ATTEMPTS_MAX} times and never ended");
            (Status::Failed, failed(error))
        } else {
            self.attempt(step, M::perform)
        };
        let restarts = step.phase != Phase::Specialize && (step.reboot || done.restart);
        let restarts = restarts && status == Status::Ok;
        self.state.under_way = None;
        self.state.results.push(Ended {
            id: step.id.clone(),
            status,
            attempt,
            start: self.state.starts,
            ms: done.ms,
            exit: done.exit,
            message: done.error.clone(),
        });
        if status == Status::Ok && look::is_later(step, &done) {
            self.state.unchecked.push(step.id.clone());
        }
        if restarts {
            self.state.leaving = Some(self.machine.windows_start());
        }
        if status == Status::Failed {
            return self.end_with(step, place, &done).map(Some);
        }
        self.save()?;
        self.say_step(step, place, status, &done, again_skipped(status));
        Ok(restarts.then_some(Then::Restart))
    }

    /// A step has failed, and the build with it.
    fn end_with(
        &mut self,
        step: &Step,
        place: (u32, u32),
        done: &Performed,
    ) -> Result<Then, String> {
        let message = format!("step {}, `{}`, failed", place.0, step.name);
        self.state.failed = Some(message.clone());
        self.save()?;
        let why = done.error.clone();
        self.say_step(step, place, Status::Failed, done, why);
        self.machine.send_logs();
        self.machine.say(Kind::Failed { message });
        Ok(Then::PowerOff)
    }

    /// Does it, one way or another, between two looks.
    fn attempt(
        &mut self,
        step: &Step,
        perform: impl FnOnce(&mut M, &Step) -> Performed,
    ) -> (Status, Performed) {
        if let Some(check) = &step.check {
            match self.machine.holds(step, check) {
                Ok(true) => return (Status::Skipped, Performed::default()),
                Ok(false) => {}
                Err(error) => {
                    let error = format!("cannot tell whether its check holds: {error}");
                    return (Status::Failed, failed(error));
                }
            }
        }
        let mut done = perform(self.machine, step);
        if done.error.is_none() {
            done.error = self.look_again(step, &done);
        }
        let status = if done.error.is_some() {
            Status::Failed
        } else {
            Status::Ok
        };
        (status, done)
    }

    fn give_up(&mut self, message: String) -> Result<(), String> {
        self.state.failed = Some(message.clone());
        self.save()?;
        self.machine.send_logs();
        self.machine.say(Kind::Failed { message });
        Ok(())
    }

    fn save(&mut self) -> Result<(), String> {
        self.machine.save(self.state)
    }

    fn phase(&mut self, phase: &str) {
        self.machine.say(Kind::Phase {
            phase: phase.to_owned(),
        });
    }

    fn output(&mut self, step: &str, text: String) {
        self.machine.say(Kind::Output {
            step: step.to_owned(),
            text,
        });
    }

    fn say_step(
        &mut self,
        step: &Step,
        place: (u32, u32),
        status: Status,
        done: &Performed,
        message: Option<String>,
    ) {
        self.say_named((&step.id, &step.name), place, status, done, message);
    }

    fn say_named(
        &mut self,
        (id, name): (&str, &str),
        (n, of): (u32, u32),
        status: Status,
        done: &Performed,
        message: Option<String>,
    ) {
        self.machine.say(Kind::Step {
            id: id.to_owned(),
            n,
            of,
            name: name.to_owned(),
            status,
            ms: (status != Status::Start).then_some(done.ms),
            exit: done.exit,
            message,
        });
    }
}

fn again_skipped(status: Status) -> Option<String> {
    (status == Status::Skipped).then(|| "its check holds already".to_owned())
}

fn failed(error: String) -> Performed {
    Performed {
        error: Some(error),
        ..Performed::default()
    }
}

#[cfg(test)]
mod tests;
