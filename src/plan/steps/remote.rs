//! The steps that let Remote Desktop in with a machine's start, and never in a build's.
//!
//! Until the guest program has applied a machine's settings, passwords are those of the image.

use lucarne_protocol::settings::REMOTE_DESKTOP;
use lucarne_protocol::step::{Action, Phase, Service, Start, State, Step};

/// What they are called.
pub(super) const BY_HAND: &str = "remote-desktop";
pub(super) const BEGIN: &str = "remote-desktop-start";

/// Like others that take moments.
const TIMEOUT_SEC: u32 = 600;

fn step(id: &str, name: &str, phase: Phase, start: Option<Start>, state: Option<State>) -> Step {
    let service = Service {
        name: REMOTE_DESKTOP.to_owned(),
        create: None,
        start,
        state,
        recovery: None,
        delete: false,
    };
    Step {
        id: id.to_owned(),
        name: name.to_owned(),
        phase,
        timeout_sec: TIMEOUT_SEC,
        check: None,
        reboot: false,
        action: Action::Service(service),
    }
}

/// Windows no longer starts it, which it does by itself where it may, also when it is to start by
/// hand: that is its own default. What it has made by then, its certificate, is taken out before
/// sealing, and not made again.
pub(super) fn by_hand() -> Step {
    let name = "Let only machines start Remote Desktop";
    step(BY_HAND, name, Phase::System, Some(Start::Disabled), None)
}

/// The last step of a start.
pub(super) fn begin() -> Step {
    let name = "Start Remote Desktop";
    let start = Some(Start::Manual);
    step(BEGIN, name, Phase::Boot, start, Some(State::Running))
}
