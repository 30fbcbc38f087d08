//! What a selftest remembers of an install while it runs.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use lucarne_protocol::{Event, Kind, Status};

use super::document::Step;
use crate::guest::{Phase, escape};
use crate::install::Listener;
use crate::machine::Accel;
use crate::media::GAVE_UP;
use crate::progress::{News, Stage};

/// What is kept of a guest that says a lot.
const STEPS_MAX: usize = 1000;
const WARNINGS_MAX: usize = 100;

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) accel: Option<Accel>,
    /// Each stage, and when it began.
    pub(super) stages: Vec<(Stage, Duration)>,
    /// When the last stage ended.
    pub(super) end: Duration,
    pub(super) steps: Vec<Step>,
    pub(super) warnings: Vec<String>,
    /// Whether something was heard on COM1 from within Windows PE.
    pub(super) windows_pe_spoke: bool,
    /// Whether Setup wrote to the disk.
    pub(super) wrote: bool,
    /// Whether Setup's own hook for fatal errors spoke, and in which phase.
    pub(super) gave_up: Option<Stage>,
    /// Whether the guest program was heard.
    pub(super) guest_spoke: bool,
}

/// Listens to an install, and shares what it saw.
#[derive(Clone, Debug, Default)]
pub(super) struct Observer(pub(super) Rc<RefCell<Seen>>);

impl Listener for Observer {
    fn hear(&mut self, at: Duration, news: &News) {
        self.0.borrow_mut().hear(at, news);
    }
}

impl Seen {
    pub(super) fn hear(&mut self, at: Duration, news: &News) {
        self.end = self.end.max(at);
        match news {
            News::Machine(accel) => self.accel = Some(*accel),
            News::Stage(stage) => self.stages.push((*stage, at)),
            News::Progress(snapshot) => {
                let copies = snapshot.stage == Stage::Guest(Phase::WindowsPe);
                self.wrote |= copies && snapshot.stage_percent.is_some();
            }
            News::Guest(event) => self.guest(event),
            News::Warning(text) if self.warnings.len() < WARNINGS_MAX => {
                self.warnings.push(text.clone());
            }
            News::Warning(_) | News::Note(_) => {}
        }
    }

    fn guest(&mut self, event: &Event) {
        let stage = self.stages.last().map(|(stage, _)| *stage);
        if stage == Some(Stage::Guest(Phase::WindowsPe)) {
            self.windows_pe_spoke = true;
        }
        match &event.kind {
            Kind::Hello { .. } => self.guest_spoke = true,
            Kind::Failed { message } if message == GAVE_UP => self.gave_up = stage,
            Kind::Step {
                name, status, ms, ..
            } if *status != Status::Start && self.steps.len() < STEPS_MAX => {
                self.steps.push(Step {
                    name: escape(name),
                    status: match status {
                        Status::Start | Status::Ok => "ok",
                        Status::Failed => "failed",
                        Status::Skipped => "skipped",
                    },
                    ms: *ms,
                });
            }
            _ => {}
        }
    }
}
