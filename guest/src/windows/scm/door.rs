//! Services that let somebody in: started, and still disabled for Windows; or stopped.

use std::time::Duration;

use lucarne_protocol::step::{Service, Start, State};

use super::{apply, exists, program};
use crate::service;

/// Starts one. What the image has disabled is disabled again, whatever became of the start.
pub(in crate::windows) fn open(wanted: &Service, limit: Duration) -> Result<(), String> {
    let name = &wanted.name;
    let door = service::door(program::is_disabled(name)?, wanted.start);
    let mut opens = wanted.clone();
    opens.start = door.before;
    let opened = apply(&opens, limit);
    let after = door.after.map(|start| only(name, Some(start), None));
    let shut = after.map_or(Ok(()), |after| apply(&after, limit));
    opened.and(shut)
}

/// Stops one that runs. One that is not there lets nobody in.
pub(in crate::windows) fn shut(name: &str, limit: Duration) -> Result<(), String> {
    if exists(name)? {
        apply(&only(name, None, Some(State::Stopped)), limit)
    } else {
        Ok(())
    }
}

/// Of a service only how it starts, or what it does.
pub(in crate::windows) fn only(name: &str, start: Option<Start>, state: Option<State>) -> Service {
    Service {
        name: name.to_owned(),
        create: None,
        start,
        state,
        recovery: None,
        delete: false,
    }
}
