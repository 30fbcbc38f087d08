//! The course without a Windows: every step, every kill, every restart.

mod fake;
mod general;
mod restarts;
mod start;

use fake::Fake;

use super::*;

fn steps(list: &[(&str, &str)]) -> Steps {
    let steps: Vec<_> = list
        .iter()
        .map(|(id, phase)| {
            serde_json::json!({
                "id": id,
                "name": id,
                "phase": phase,
                "timeoutSec": 1,
                "check": { "path": "x" },
                "action": "reboot",
            })
        })
        .collect();
    serde_json::from_value(serde_json::json!({
        "schema": lucarne_protocol::step::STEPS_SCHEMA,
        "steps": steps,
        "finish": { "buildAccount": "b", "lockAccounts": [], "idleSec": 1, "dataLetter": "D" },
    }))
    .expect("steps")
}

fn all() -> Steps {
    steps(&[
        ("late", "boot"),
        ("two", "system"),
        ("one", "session"),
        ("zero", "specialize"),
        ("three", "system"),
    ])
}

/// One start of the program, as its commands do it.
fn start(steps: &Steps, fake: &mut Fake, role: Role) -> Result<Then, String> {
    let mut state = match fake.disk.as_str() {
        "" => State::default(),
        text => State::read(text).expect("a whole state"),
    };
    go(steps, &mut state, role, fake)
}

/// A whole build, with a program that is started again after each kill.
fn build(steps: &Steps, fake: &mut Fake) {
    assert!(fake.windows_start == 0, "a machine builds once");
    for starts in 0.. {
        assert!(starts < 20, "it ends: {:?}", fake.words());
        let state = match fake.disk.as_str() {
            "" => State::default(),
            text => State::read(text).expect("a whole state"),
        };
        let role = match state.stage {
            Stage::Specialize if fake.windows_start == 0 => Role::Specialize,
            _ if needs_session(steps, &state) => Role::Session,
            _ => Role::Service,
        };
        match start(steps, fake, role) {
            Err(error) => {
                assert_eq!(error, "killed");
                fake.left = None;
            }
            // A kill that the course did not see: what it said last was not done.
            Ok(_) if fake.left == Some(0) => fake.left = None,
            Ok(Then::Finished) if role == Role::Specialize => fake.windows_start += 1,
            Ok(Then::Finished) => {}
            Ok(Then::Restart) => fake.windows_start += 1,
            Ok(Then::PowerOff) => return,
            Ok(Then::Ready) => panic!("it is not sealed: {:?}", fake.words()),
        }
    }
}

#[test]
fn a_build_goes_through_all_its_stages() {
    let mut fake = Fake::default();
    let wants = Performed {
        exit: Some(3010),
        restart: true,
        ..Performed::default()
    };
    fake.ends.insert("two".into(), wants);
    build(&all(), &mut fake);
    let words: Vec<String> = fake.words();
    let words: Vec<&str> = (words.iter().map(String::as_str))
        .filter(|word| !word.starts_with("output scrub"))
        .collect();
    assert_eq!(
        words,
        [
            "phase specialize",
            "zero 1/4 Start",
            "zero 1/4 Ok",
            "hello 1",
            "phase steps",
            "one 2/4 Start",
            "one 2/4 Ok",
            "hello 2",
            "phase steps",
            "two 3/4 Start",
            "two 3/4 Ok",
            "hello 3",
            "phase steps",
            "three 4/4 Start",
            "three 4/4 Ok",
            "log guest.log",
            "phase scrub",
            "phase settle",
            "hello 4",
            "output settle idle",
            "done",
        ]
    );
    // The sealed image starts.
    fake.windows_start += 1;
    fake.said.clear();
    assert_eq!(start(&all(), &mut fake, Role::Service), Ok(Then::Ready));
    assert_eq!(
        fake.words(),
        [
            "hello 5",
            "late 1/1 Start",
            "late 1/1 Ok",
            "applied",
            "ready"
        ]
    );
}

#[test]
fn a_kill_anywhere_changes_nothing_of_the_result() {
    let mut whole = Fake::default();
    build(&all(), &mut whole);
    let scrubbed = State::read(&whole.disk).expect("a state").scrubbed;
    for doings in 0.. {
        let mut fake = Fake {
            left: Some(doings),
            ..Fake::default()
        };
        build(&all(), &mut fake);
        let state = State::read(&fake.disk).expect("a state");
        let unhurt = fake.left.is_some();
        assert_eq!(fake.done, ["zero", "one", "two", "three"], "{doings}");
        assert_eq!(
            (state.stage, &state.failed),
            (Stage::Sealed, &None),
            "{doings}"
        );
        assert_eq!(state.scrubbed, scrubbed, "{doings}");
        let said = fake.words();
        assert!(
            said.contains(&"phase settle".to_owned()),
            "{doings}: {said:?}"
        );
        assert_eq!(said.last().map(String::as_str), Some("done"), "{doings}");
        if unhurt {
            assert!(doings > 30, "every doing was a place for a kill: {doings}");
            return;
        }
    }
}

#[test]
fn a_failing_step_ends_the_build_and_its_logs_are_sent() {
    let mut fake = Fake::default();
    let ended = Performed {
        ms: 5,
        exit: Some(1603),
        error: Some("it ended with 1603".into()),
        ..Performed::default()
    };
    fake.ends.insert("two".into(), ended);
    build(&all(), &mut fake);
    let said = fake.words();
    let end = [
        "two 3/4 Failed",
        "log guest.log",
        "failed step 3, `two`, failed",
    ];
    assert_eq!(said[said.len() - 3..], end);
    let state = State::read(&fake.disk).expect("a state");
    let last = state.results.last().expect("a result");
    assert_eq!((last.exit, last.ms), (Some(1603), 5));
    // Started again, it says so again and does nothing.
    fake.said.clear();
    assert_eq!(start(&all(), &mut fake, Role::Service), Ok(Then::PowerOff));
    assert_eq!(fake.words(), ["hello 3", "failed step 3, `two`, failed"]);
    assert!(!fake.done.contains(&"three".to_owned()));
}

#[test]
fn a_step_that_never_ends_is_given_up() {
    let one = steps(&[("one", "system")]);
    let mut fake = Fake::default();
    let state = State {
        stage: Stage::System,
        under_way: Some(UnderWay {
            id: "one".into(),
            attempt: ATTEMPTS_MAX,
            start: 1,
        }),
        ..State::default()
    };
    fake.disk = state.text();
    assert_eq!(start(&one, &mut fake, Role::Service), Ok(Then::PowerOff));
    let Some(Kind::Step { message, .. }) = fake.said.iter().rev().nth(2) else {
        panic!("{:?}", fake.words());
    };
    let message = message.as_deref().expect("a message");
    assert_eq!(message, "it was begun 10 times and never ended");
    assert!(fake.done.is_empty());
}

#[test]
fn what_is_done_already_is_skipped_and_what_did_not_help_fails() {
    let two = steps(&[("one", "system"), ("two", "system")]);
    let mut fake = Fake {
        done: vec!["one".into()],
        ..Fake::default()
    };
    build(&two, &mut fake);
    assert!(fake.words().contains(&"one 1/2 Skipped".to_owned()));
    assert_eq!(fake.done, ["one", "two"]);

    let mut blind = Fake {
        blind: true,
        ..Fake::default()
    };
    let mut state = State {
        stage: Stage::System,
        ..State::default()
    };
    assert_eq!(
        go(&two, &mut state, Role::Service, &mut blind),
        Ok(Then::PowerOff)
    );
    let message = state.results[0].message.as_deref();
    assert_eq!(message, Some("it ended well, but its check does not hold"));
}

#[test]
fn steps_that_setup_never_began_are_missed() {
    let mut fake = Fake {
        windows_start: 1,
        ..Fake::default()
    };
    assert_eq!(start(&all(), &mut fake, Role::Session), Ok(Then::PowerOff));
    let said = fake.words();
    let last = said.last().expect("words");
    assert_eq!(
        last,
        "failed Setup ended before the step `zero` of its pass had ended"
    );
}

#[test]
fn a_machine_starts_though_a_step_of_its_start_fails() {
    let mut fake = Fake::default();
    let error = Some("no".to_owned());
    let ended = Performed {
        error,
        ..Performed::default()
    };
    fake.ends.insert("a".into(), ended);
    let state = State {
        stage: Stage::Sealed,
        ..State::default()
    };
    fake.disk = state.text();
    let two = steps(&[("a", "boot"), ("b", "boot")]);
    assert_eq!(start(&two, &mut fake, Role::Service), Ok(Then::Ready));
    let said = fake.words();
    assert_eq!(said[3..5], ["b 2/2 Start", "b 2/2 Ok"]);
    let last = said.last().expect("words");
    assert_eq!(last, "failed steps of the start failed: `a`");
}
