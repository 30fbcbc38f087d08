//! Restarts: what is looked at after them, and that each is one.

use super::*;

/// A restart that a step asks for by its exit code.
fn wanting_a_restart() -> Performed {
    Performed {
        exit: Some(3010),
        restart: true,
        ..Performed::default()
    }
}

#[test]
fn a_check_is_looked_at_after_the_restart() {
    for phase in ["system", "session", "specialize"] {
        let two = steps(&[("one", phase), ("two", "system")]);
        let mut fake = Fake {
            blind: true,
            ..Fake::default()
        };
        fake.ends.insert("one".into(), wanting_a_restart());
        build(&two, &mut fake);
        let said = fake.words();
        assert!(said.contains(&"one 1/2 Ok".to_owned()), "{said:?}");
        let end = [
            "one 1/2 Failed",
            "log guest.log",
            "failed step 1, `one`, failed",
        ];
        assert_eq!(said[said.len() - 3..], end, "{phase}");
        assert_eq!(fake.done, ["one"], "the second was not begun");
        let state = State::read(&fake.disk).expect("a state");
        let result = &state.results[0];
        let why = Some("its check does not hold after the restart");
        assert_eq!(result.message.as_deref(), why);
        assert_eq!((result.status, result.exit), (Status::Failed, Some(3010)));
    }
}

/// What a step does may show only after its restart, and it may be the last of its session.
#[test]
fn a_check_that_holds_after_the_restart_is_enough() {
    for phase in ["system", "session", "specialize"] {
        let two = steps(&[("one", phase), ("two", "system")]);
        let mut fake = Fake {
            late: true,
            ..Fake::default()
        };
        fake.ends.insert("one".into(), wanting_a_restart());
        build(&two, &mut fake);
        assert_eq!(fake.words().last().map(String::as_str), Some("done"));
        let state = State::read(&fake.disk).expect("a state");
        assert!(state.unchecked.is_empty());
    }
}

#[test]
fn the_session_looks_at_its_own_checks() {
    let one = steps(&[("one", "session")]);
    let mut fake = Fake::default();
    fake.ends.insert("one".into(), wanting_a_restart());
    assert_eq!(start(&one, &mut fake, Role::Session), Ok(Then::Restart));
    let state = State::read(&fake.disk).expect("a state");
    assert!(needs_session(&one, &state), "{state:?}");
    fake.windows_start += 1;
    assert_eq!(start(&one, &mut fake, Role::Session), Ok(Then::Finished));
    let state = State::read(&fake.disk).expect("a state");
    assert!(!needs_session(&one, &state), "{state:?}");
}

/// At a machine's start no restart follows that a look could wait for.
#[test]
fn a_check_of_a_start_is_looked_at_at_once() {
    let mut fake = Fake {
        blind: true,
        ..Fake::default()
    };
    fake.ends.insert("a".into(), wanting_a_restart());
    let sealed = State {
        stage: Stage::Sealed,
        ..State::default()
    };
    fake.disk = sealed.text();
    let one = steps(&[("a", "boot")]);
    assert_eq!(start(&one, &mut fake, Role::Service), Ok(Then::Ready));
    let said = fake.words();
    let last = said.last().expect("words");
    assert_eq!(last, "failed steps of the start failed: `a`");
}

#[test]
fn the_pass_specialize_is_not_restarted() {
    let two = steps(&[("one", "specialize"), ("two", "specialize")]);
    let mut fake = Fake::default();
    fake.ends.insert("one".into(), wanting_a_restart());
    let went = start(&two, &mut fake, Role::Specialize);
    assert_eq!(went, Ok(Then::Finished));
    assert_eq!(fake.done, ["one", "two"]);
    let state = State::read(&fake.disk).expect("a state");
    assert_eq!(state.leaving, None);
}

/// A start of Windows that was decided to end and did not is left again; the next one is not.
#[test]
fn what_was_left_once_is_left_once() {
    let two = steps(&[("one", "system"), ("two", "system")]);
    let mut fake = Fake::default();
    fake.ends.insert("one".into(), wanting_a_restart());
    let state = State {
        stage: Stage::System,
        ..State::default()
    };
    fake.disk = state.text();
    for _ in 0..2 {
        assert_eq!(start(&two, &mut fake, Role::Service), Ok(Then::Restart));
    }
    assert_eq!(fake.done, ["one"]);
    fake.windows_start += 1;
    // A kill, in the middle of the next step: then no restart is left to be done.
    fake.left = Some(4);
    assert!(start(&two, &mut fake, Role::Service).is_err());
    let state = State::read(&fake.disk).expect("a state");
    assert_eq!(state.leaving, None);
}
