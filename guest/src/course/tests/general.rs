//! Generalising, the last thing of a build that asks for it.

use super::*;

fn general() -> Steps {
    let mut steps = steps(&[("one", "system")]);
    steps.finish.generalize_sec = Some(1);
    steps
}

#[test]
fn it_comes_behind_everything_else() {
    let mut fake = Fake::default();
    build(&general(), &mut fake);
    let said = fake.words();
    let end = ["output settle idle", "output generalize done", "done"];
    assert_eq!(said[said.len() - 3..], end, "{said:?}");
    let mut other = Fake::default();
    build(&steps(&[("one", "system")]), &mut other);
    let told = other.words().iter().any(|word| word.contains("generalize"));
    assert!(!told, "nobody asked for it");
}

#[test]
fn a_failure_is_one_of_the_build() {
    let mut fake = Fake {
        general: Some(Err("sysprep ended with 0x1".into())),
        ..Fake::default()
    };
    build(&general(), &mut fake);
    let said = fake.words();
    let end = [
        "output settle idle",
        "log guest.log",
        "failed cannot generalise Windows: sysprep ended with 0x1",
    ];
    assert_eq!(said[said.len() - 3..], end, "{said:?}");
    let state = State::read(&fake.disk).expect("a state");
    assert_eq!(state.stage, Stage::Settle, "it is not sealed");
}

#[test]
fn a_program_that_is_killed_over_it_comes_to_the_same_end() {
    let mut whole = Fake::default();
    build(&general(), &mut whole);
    assert_eq!(whole.generalised, 1);
    let end = |fake: &Fake| {
        let state = State::read(&fake.disk).expect("a state");
        (state.stage, state.failed, state.scrubbed)
    };
    for doings in 0.. {
        let mut fake = Fake {
            left: Some(doings),
            ..Fake::default()
        };
        build(&general(), &mut fake);
        let unhurt = fake.left.is_some();
        assert_eq!(end(&fake), end(&whole), "{doings}");
        assert_eq!(fake.done, whole.done, "{doings}");
        let said = fake.words();
        assert_eq!(said.last(), whole.words().last(), "{doings}");
        // Once more where it was not written down; sysprep itself is looked at before.
        assert!((1..=2).contains(&fake.generalised), "{doings}");
        if unhurt {
            assert_eq!(fake.generalised, 1);
            assert!(doings > 20, "every doing was a place for a kill: {doings}");
            return;
        }
    }
}
