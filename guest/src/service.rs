//! What a step asks of a service, as numbers and decisions: the rights that it needs, and how one
//! is stopped that is on its way or that others need.

use lucarne_protocol::step::{Service, Start, State};

/// Rights to a service, from winsvc.h. Some services, such as `WinDefend`, refuse most of them to
/// everybody, and those that a step does not need are not asked for.
pub const QUERY_CONFIG: u32 = 0x0001;
pub const CHANGE_CONFIG: u32 = 0x0002;
pub const QUERY_STATUS: u32 = 0x0004;
pub const ENUMERATE_DEPENDENTS: u32 = 0x0008;
pub const START: u32 = 0x0010;
pub const STOP: u32 = 0x0020;
/// From winnt.h.
pub const DELETE: u32 = 0x0001_0000;

/// What stopping it needs.
pub const TO_STOP: u32 = QUERY_STATUS | ENUMERATE_DEPENDENTS | STOP;

/// The rights that a step needs to its service.
#[must_use]
pub fn rights(service: &Service) -> u32 {
    if service.delete {
        return TO_STOP | DELETE;
    }
    let changes = service.create.is_some() || service.start.is_some() || service.recovery.is_some();
    let mut rights = QUERY_STATUS;
    if changes {
        rights |= CHANGE_CONFIG;
    }
    // Microsoft's page of `ChangeServiceConfig2`: who says that a service is started again when it
    // dies must be allowed to start it.
    if service.recovery.is_some() || service.state == Some(State::Running) {
        rights |= START;
    }
    if service.state == Some(State::Stopped) {
        rights |= TO_STOP;
    }
    rights
}

/// Whether a step is done where there is no such service, as one that takes something away is:
/// editions and Server Core come without some of those that others have.
#[must_use]
pub fn is_done_without(service: &Service) -> bool {
    service.delete
        || service.create.is_none()
            && service.recovery.is_none()
            && service.start == Some(Start::Disabled)
            && service.state != Some(State::Running)
}

/// What opens a door, one after the other: a step that starts a service which lets somebody in, and
/// what is done once it runs.
///
/// One that is disabled does not start at all, and one that is to start by hand Windows starts
/// where it likes, Remote Desktop at each start of its own: on a C: that is kept that would be
/// before the next start's passwords are set. So it is disabled but for the moment of its begin,
/// however it was to start before and whatever its step says: what an earlier start left, which may
/// have ended in that moment, tells nothing. A service that runs takes no notice.
#[must_use]
pub fn opening(wanted: &Service) -> [Service; 2] {
    let opens = Service {
        start: Some(Start::Manual),
        ..wanted.clone()
    };
    [opens, disabled(&wanted.name)]
}

/// What shuts one, in this order: one that is stopped first Windows might start between the two.
#[must_use]
pub fn shutting(name: &str) -> [Service; 2] {
    [disabled(name), only(name, None, Some(State::Stopped))]
}

/// What keeps Windows from starting one.
#[must_use]
pub fn disabled(name: &str) -> Service {
    only(name, Some(Start::Disabled), None)
}

/// Of a service only how it starts, or what it does.
#[must_use]
pub fn only(name: &str, start: Option<Start>, state: Option<State>) -> Service {
    Service {
        name: name.to_owned(),
        create: None,
        start,
        state,
        recovery: None,
        delete: false,
    }
}

/// A service's states, from winsvc.h.
pub const STOPPED: u32 = 1;
pub const START_PENDING: u32 = 2;
pub const STOP_PENDING: u32 = 3;
pub const RUNNING: u32 = 4;
const CONTINUE_PENDING: u32 = 5;
const PAUSE_PENDING: u32 = 6;

/// What is done next to stop a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopping {
    Done,
    /// It is on its way, and takes no word until it is there.
    Wait,
    /// Those that need it are stopped first, then it is told.
    Tell,
}

/// Decides by the state that it is in.
#[must_use]
pub fn stopping(state: u32) -> Stopping {
    match state {
        STOPPED => Stopping::Done,
        START_PENDING | STOP_PENDING | CONTINUE_PENDING | PAUSE_PENDING => Stopping::Wait,
        _ => Stopping::Tell,
    }
}

/// Whether a service that refuses to be stopped will take the word later.
#[must_use]
pub fn refuses_for_now(code: u32) -> bool {
    const DEPENDENT_SERVICES_RUNNING: u32 = 1051;
    const SERVICE_CANNOT_ACCEPT_CTRL: u32 = 1061;
    const SERVICE_NOT_ACTIVE: u32 = 1062;
    // It went on, or another that needs it began, between the look and the word.
    [
        DEPENDENT_SERVICES_RUNNING,
        SERVICE_CANNOT_ACCEPT_CTRL,
        SERVICE_NOT_ACTIVE,
    ]
    .contains(&code)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn service(mut value: Value) -> Service {
        value["name"] = json!("a");
        serde_json::from_value(value).expect("a service")
    }

    #[test]
    fn no_more_rights_are_asked_for_than_a_step_needs() {
        let new = json!({ "program": "a", "arguments": [], "dependsOn": [] });
        for (asked, wanted) in [
            (json!({ "start": "disabled" }), QUERY_STATUS | CHANGE_CONFIG),
            (json!({ "state": "running" }), QUERY_STATUS | START),
            (json!({ "state": "stopped" }), TO_STOP),
            (json!({ "delete": true }), TO_STOP | DELETE),
            (json!({ "create": new }), QUERY_STATUS | CHANGE_CONFIG),
            (
                json!({ "recovery": { "restartAfterMs": 1 } }),
                QUERY_STATUS | CHANGE_CONFIG | START,
            ),
            (
                json!({ "start": "manual", "state": "stopped" }),
                TO_STOP | CHANGE_CONFIG,
            ),
        ] {
            assert_eq!(rights(&service(asked.clone())), wanted, "{asked}");
        }
        // Only this module says which.
        let calls = include_str!("windows/scm.rs");
        assert!(!calls.contains("ALL_ACCESS"));
    }

    #[test]
    fn what_takes_away_is_done_where_nothing_is() {
        for (asked, done) in [
            (json!({ "start": "disabled" }), true),
            (json!({ "start": "disabled", "state": "stopped" }), true),
            (json!({ "delete": true }), true),
            (json!({ "start": "disabled", "state": "running" }), false),
            (json!({ "start": "manual" }), false),
            (json!({ "state": "stopped" }), false),
            (
                json!({ "start": "disabled", "recovery": { "restartAfterMs": 1 } }),
                false,
            ),
        ] {
            assert_eq!(is_done_without(&service(asked.clone())), done, "{asked}");
        }
    }

    #[test]
    fn a_door_is_disabled_again_however_it_was_to_start() {
        let disabled = service(json!({ "start": "disabled" }));
        for said in [json!(null), json!("manual"), json!("automatic")] {
            let wanted = json!({ "start": said, "state": "running" });
            let recovers = json!({ "restartAfterMs": 1 });
            let mut both = wanted.clone();
            both["recovery"] = recovers.clone();
            let mut begun = json!({ "start": "manual", "state": "running" });
            assert_eq!(
                opening(&service(wanted)),
                [service(begun.clone()), disabled.clone()],
                "{said}"
            );
            // What else its step says is done.
            begun["recovery"] = recovers;
            assert_eq!(opening(&service(both))[0], service(begun), "{said}");
        }
    }

    #[test]
    fn a_door_is_shut_so_that_windows_cannot_open_it_meanwhile() {
        let [first, then] = shutting("a");
        assert_eq!(first, service(json!({ "start": "disabled" })));
        assert_eq!(then, service(json!({ "state": "stopped" })));
    }

    #[test]
    fn a_service_on_its_way_is_waited_for() {
        assert_eq!(stopping(STOPPED), Stopping::Done);
        for state in [START_PENDING, STOP_PENDING, CONTINUE_PENDING, PAUSE_PENDING] {
            assert_eq!(stopping(state), Stopping::Wait, "{state}");
        }
        assert_eq!(stopping(RUNNING), Stopping::Tell);
        for code in [1051, 1061, 1062] {
            assert!(refuses_for_now(code), "{code}");
        }
        assert!(!refuses_for_now(5), "access denied stays so");
    }
}
