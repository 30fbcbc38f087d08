//! Services that let somebody in: started, and disabled for Windows; or stopped.

use std::time::Duration;

use lucarne_protocol::step::Service;

use super::{apply, exists};
use crate::service;
use crate::windows::boot::all;

/// Starts one, and disables it whatever became of the start.
pub(in crate::windows) fn open(wanted: &Service, limit: Duration) -> Result<(), String> {
    both(&service::opening(wanted), limit)
}

/// Disables one and stops it. One that is not there lets nobody in.
pub(in crate::windows) fn shut(name: &str, limit: Duration) -> Result<(), String> {
    if exists(name)? {
        both(&service::shutting(name), limit)
    } else {
        Ok(())
    }
}

/// The second is done whatever becomes of the first.
fn both(doings: &[Service; 2], limit: Duration) -> Result<(), String> {
    let done = doings.iter().map(|doing| apply(doing, limit));
    all(done.filter_map(Result::err).collect())
}
