//! What an install tells while it runs, one thing after the other.

use std::time::Duration;

use lucarne_protocol::{Event, Kind, Status};

use super::{Progress, Snapshot, Stage};
use crate::guest::{Action, Input};
use crate::machine::Accel;

/// One thing that is told.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A machine is about to be started.
    Machine(Accel),
    /// A stage begins.
    Stage(Stage),
    /// How far it is: when a stage begins, with each step, and every two seconds.
    Progress(Snapshot),
    /// The guest's event as it is: its text is hostile.
    Guest(Event),
    /// For people. Text of the guest's in it is escaped already.
    Note(String),
    Warning(String),
}

impl Progress {
    /// The helper begins a stage.
    pub fn begin(&mut self, now: Duration, stage: Stage) -> Vec<News> {
        self.enter(now, stage);
        vec![News::Stage(stage), News::Progress(self.at(now))]
    }

    /// Something was heard of the machine.
    pub fn hear(&mut self, now: Duration, input: &Input) -> Vec<News> {
        let mut news = Vec::new();
        match input {
            // A tick follows.
            Input::Written(bytes) => self.written(now, *bytes),
            Input::Guest(event) => {
                news.push(News::Guest(event.clone()));
                if let Kind::Step { n, of, status, .. } = event.kind {
                    self.steps_done(now, done(n, status), of);
                    news.push(News::Progress(self.at(now)));
                }
            }
            Input::Tick => news.push(News::Progress(self.at(now))),
            _ => {}
        }
        news
    }

    /// The course of the install did something.
    pub fn act(&mut self, now: Duration, action: &Action) -> Vec<News> {
        match action {
            Action::Enter(phase) => self.begin(now, Stage::Guest(*phase)),
            Action::Note(text) => vec![News::Note(text.clone())],
            Action::Warn(text) => vec![News::Warning(text.clone())],
            Action::Look
            | Action::EmptyCds
            | Action::PressKeys
            | Action::StopKeys
            | Action::End(_) => Vec::new(),
        }
    }
}

/// How many steps are done at an event of the step with this number.
fn done(n: u32, status: Status) -> u32 {
    match status {
        Status::Start | Status::Failed => n.saturating_sub(1),
        Status::Ok | Status::Skipped => n,
    }
}
