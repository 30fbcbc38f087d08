//! The steps that let Remote Desktop and remote management in with a machine's start, and never in
//! a build's.
//!
//! Until the guest program has applied a machine's settings, passwords are those of the image.

use lucarne_protocol::settings::{REMOTE_DESKTOP, REMOTE_MANAGEMENT};
use lucarne_protocol::step::{Action, Phase, Service, Start, State, Step};

/// A service that lets somebody in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Door {
    /// What its two steps are called.
    pub(super) by_hand: &'static str,
    pub(super) begin: &'static str,
    service: &'static str,
    /// For people.
    name: &'static str,
}

pub(super) const DESKTOP: Door = Door {
    by_hand: "remote-desktop",
    begin: "remote-desktop-start",
    service: REMOTE_DESKTOP,
    name: "Remote Desktop",
};
pub(super) const MANAGEMENT: Door = Door {
    by_hand: "remote-management",
    begin: "remote-management-start",
    service: REMOTE_MANAGEMENT,
    name: "remote management",
};

/// Like others that take moments.
const TIMEOUT_SEC: u32 = 600;

impl Door {
    fn step(
        self,
        id: &str,
        name: String,
        phase: Phase,
        start: Start,
        state: Option<State>,
    ) -> Step {
        let service = Service {
            name: self.service.to_owned(),
            create: None,
            start: Some(start),
            state,
            recovery: None,
            delete: false,
        };
        Step {
            id: id.to_owned(),
            name,
            phase,
            timeout_sec: TIMEOUT_SEC,
            check: None,
            reboot: false,
            action: Action::Service(service),
        }
    }

    /// Windows no longer starts it, which it does by itself where it may: Remote Desktop also when
    /// it is to start by hand, which is its own default, and `WinRM` at each start of Server. What
    /// Remote Desktop has made by then, its certificate, is taken out before sealing, and not made
    /// again.
    pub(super) fn by_hand(self) -> Step {
        let name = format!("Let only machines start {}", self.name);
        self.step(self.by_hand, name, Phase::System, Start::Disabled, None)
    }

    /// The last step of a start. The guest program disables the service again once it runs.
    pub(super) fn begin(self) -> Step {
        let name = format!("Start {}", self.name);
        let state = Some(State::Running);
        self.step(self.begin, name, Phase::Boot, Start::Manual, state)
    }
}
