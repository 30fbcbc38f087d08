//! The guest program's words where they hang on what this start was given: made by the protocol
//! that both share, in the order in which the program says them.

use std::{path::Path, time::Instant};

use anyhow::Result;
use lucarne_protocol::{Event, Kind, Status, encode, step::Step};

use super::{screen, serial};
use crate::{
    cmd::Registry,
    drives::Drives,
    steps::{self, Ended},
};

/// What is said, with its number.
#[derive(Debug, Default)]
pub(super) struct Says(u64);

impl Says {
    pub(super) fn event(&mut self, kind: Kind) -> Result<()> {
        self.0 += 1;
        let event = Event { seq: self.0, kind };
        serial::send(encode(&event).as_bytes())?;
        screen::hear(&event.kind);
        Ok(())
    }

    pub(super) fn phase(&mut self, phase: &str) -> Result<()> {
        self.event(Kind::Phase {
            phase: phase.into(),
        })
    }

    /// Does a step and tells of it.
    pub(super) fn step(
        &mut self,
        step: &Step,
        drives: &Drives,
        medium: &Path,
        registry: &mut Registry,
        (n, of): (u32, u32),
    ) -> Result<Ended> {
        let tell = |status, ms, ended: &Ended| Kind::Step {
            id: step.id.clone(),
            n,
            of,
            name: step.name.clone(),
            status,
            ms,
            exit: ended.exit,
            message: ended.failed.clone(),
        };
        self.event(tell(Status::Start, None, &Ended::default()))?;
        let since = Instant::now();
        let ended = steps::act(step, drives, medium, registry);
        // What the program could not do at all is a failed step too.
        let ended = ended.unwrap_or_else(|error| Ended {
            failed: Some(format!("{error:#}")),
            ..Ended::default()
        });
        if !ended.output.is_empty() {
            self.event(Kind::Output {
                step: step.id.clone(),
                text: ended.output.clone(),
            })?;
        }
        let ms = u64::try_from(since.elapsed().as_millis()).ok();
        let status = if ended.failed.is_some() {
            Status::Failed
        } else {
            Status::Ok
        };
        self.event(tell(status, ms, &ended))?;
        Ok(ended)
    }
}
