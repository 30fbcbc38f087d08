//! A machine's start by its settings, and the making of an identity.

use lucarne_protocol::settings::{DOORS, Purpose, Settings};
use lucarne_protocol::step::Steps;

use super::fake::Fake;
use super::{all, start, steps};
use crate::boot::Part;
use crate::course::start::IDENTITY_STARTS_MAX;
use crate::course::{Role, Then};
use crate::state::{IdentityStage, Stage, State};

fn settings() -> Settings {
    let text = include_str!("../../../../protocol/src/settings/settings.json");
    Settings::read(text.as_bytes()).expect("settings")
}

fn sealed(settings: Settings) -> Fake {
    let state = State {
        stage: Stage::Sealed,
        ..State::default()
    };
    Fake {
        disk: state.text(),
        settings: Ok(Some(settings)),
        ..Fake::default()
    }
}

fn identity() -> Settings {
    let mut settings = Settings::new("a", Purpose::Identity);
    settings.computer_name = Some("OFFICE".into());
    settings
}

#[test]
fn settings_are_applied_around_the_images_own_steps() {
    let mut fake = sealed(settings());
    assert_eq!(start(&all(), &mut fake, Role::Service), Ok(Then::Ready));
    let done = [
        "start.data-disk",
        "start.adapters",
        "late",
        "start.passwords",
        "start.administrators-keys",
        "start.earlier-keys",
        "start.authorized-keys",
        "start.files",
        "folder-1",
        "script-1",
        "start.no-files",
        "start.host-keys",
        "start.services",
    ];
    assert_eq!(fake.done, done);
    let words = fake.words();
    assert_eq!(words[1], "start.data-disk 1/13 Start");
    assert_eq!(words[words.len() - 2..], ["applied", "ready"]);
}

#[test]
fn what_fails_is_told_and_the_rest_is_done() {
    let mut fake = sealed(settings());
    fake.fails = vec![Part::DataDisk, Part::Adapters];
    assert_eq!(start(&all(), &mut fake, Role::Service), Ok(Then::Ready));
    assert_eq!(fake.done.last().map(String::as_str), Some("start.services"));
    let words = fake.words();
    assert!(words.contains(&"start.data-disk 1/13 Failed".to_owned()));
    assert!(!words.contains(&"applied".to_owned()));
    let last = "failed steps of the start failed: `Data disk`, `Network adapters`";
    assert_eq!(words.last().map(String::as_str), Some(last));
}

#[test]
fn nobody_is_let_in_where_who_may_is_not_known() {
    let mut told = settings();
    told.services = vec!["SSHD".into(), "Spooler".into()];
    for lock in [Part::Passwords, Part::AdministratorsKeys, Part::EarlierKeys] {
        let mut fake = sealed(told.clone());
        fake.fails = vec![lock];
        fake.stuck = vec!["WinRM".into()];
        assert_eq!(start(&all(), &mut fake, Role::Service), Ok(Then::Ready));
        assert_eq!(
            fake.done.last().map(String::as_str),
            Some("start.host-keys")
        );
        let words = fake.words();
        assert!(words.contains(&"start.services 13/13 Skipped".to_owned()));
        // Whoever started it, and each once.
        assert_eq!(fake.shut, ["sshd", "TermService", "WinRM", "Spooler"]);
        // At once: what cannot be shut is told before the rest is done.
        let place = |wanted: &str| words.iter().position(|word| word == wanted);
        let said = place("output start.services `WinRM` may let somebody in: no");
        assert!(said.is_some_and(|it| it < place("start.files 8/13 Start").unwrap_or(0)));
        let last = format!("failed steps of the start failed: `{}`", lock.name());
        assert_eq!(words.last(), Some(&last));
    }
}

#[test]
fn an_account_keeps_nobody_but_itself_out() {
    let mut fake = sealed(settings());
    fake.fails = vec![Part::AuthorizedKeys];
    assert_eq!(start(&all(), &mut fake, Role::Service), Ok(Then::Ready));
    assert_eq!(fake.done.last().map(String::as_str), Some("start.services"));
    assert!(fake.shut.is_empty());
    let last = "failed steps of the start failed: `Authorized keys`";
    assert_eq!(fake.words().last().map(String::as_str), Some(last));
}

/// A step of the image's, and one that opens a door.
fn with_door() -> Steps {
    let mut two = steps(&[("late", "boot"), ("desktop", "boot")]);
    let door = serde_json::json!({ "service": { "name": "TermService", "state": "running" } });
    two.steps[1].action = serde_json::from_value(door).expect("an action");
    two.steps[1].check = None;
    two
}

#[test]
fn a_door_that_its_step_leaves_alone_is_disabled_nevertheless() {
    let mut two = with_door();
    let check = serde_json::json!({ "path": r"C:\a" });
    two.steps[1].check = Some(serde_json::from_value(check).expect("a check"));
    for stuck in [false, true] {
        let mut fake = sealed(settings());
        // Its check holds.
        fake.done = vec!["desktop".into()];
        fake.stuck = stuck
            .then(|| "TermService".to_owned())
            .into_iter()
            .collect();
        assert_eq!(start(&two, &mut fake, Role::Service), Ok(Then::Ready));
        assert!(!fake.done.iter().any(|done| done.starts_with("open")));
        assert_eq!(fake.disabled, ["TermService"]);
        let words = fake.words();
        let end = if stuck { "Failed" } else { "Skipped" };
        let is_told = |word: &String| word.starts_with("desktop") && word.ends_with(end);
        assert!(words.iter().any(is_told), "{words:?}");
    }
}

#[test]
fn a_door_that_the_image_alone_has_stays_shut_too() {
    let two = with_door();
    let mut told = settings();
    told.services.clear();
    let mut fake = sealed(told.clone());
    assert_eq!(start(&two, &mut fake, Role::Service), Ok(Then::Ready));
    // It is opened, which disables it again, and not done as other steps are.
    assert!(fake.done.contains(&"open desktop: TermService".to_owned()));
    assert!(fake.disabled.is_empty());
    assert!(!fake.done.contains(&"desktop".to_owned()));
    assert!(fake.shut.is_empty());
    // The settings name it nowhere, and a password is not set; they cannot be read at all.
    let mut failing = sealed(told.clone());
    failing.fails = vec![Part::Passwords];
    let mut unread = sealed(told);
    unread.settings = Err("it is no JSON".into());
    for mut fake in [failing, unread] {
        assert_eq!(start(&two, &mut fake, Role::Service), Ok(Then::Ready));
        assert!(fake.done.contains(&"late".to_owned()));
        let opened = fake.done.iter().any(|done| done.contains("desktop"));
        assert!(!opened, "{:?}", fake.done);
        assert_eq!(fake.shut, DOORS);
        let words = fake.words();
        let left = words
            .iter()
            .any(|word| word.starts_with("desktop") && word.ends_with("Skipped"));
        assert!(left, "{words:?}");
    }
}

#[test]
fn settings_that_cannot_be_read_are_told_and_the_images_steps_are_done() {
    let mut fake = sealed(settings());
    fake.settings = Err("it is no JSON".into());
    assert_eq!(start(&all(), &mut fake, Role::Service), Ok(Then::Ready));
    assert_eq!(fake.done, ["late"]);
    // Also those that no step of the image's starts.
    assert_eq!(fake.shut, DOORS);
    let words = fake.words();
    assert_eq!(
        words[1],
        "output start.settings the settings cannot be read: it is no JSON"
    );
    let last = "failed steps of the start failed: the settings";
    assert_eq!(words.last().map(String::as_str), Some(last));
}

/// Starts Windows until something else than a restart is decided.
fn make(fake: &mut Fake) -> (u32, Then) {
    for starts in 1..50 {
        fake.windows_start += 1;
        match start(&steps(&[]), fake, Role::Service) {
            Ok(Then::Restart) => {}
            // Killed, and started again by the service manager or at the next start.
            Err(_) => fake.left = None,
            Ok(_) if fake.left == Some(0) => fake.left = None,
            Ok(then) => return (starts, then),
        }
    }
    panic!("it does not end: {:?}", fake.words());
}

#[test]
fn an_identity_is_applied_and_looked_at_after_a_restart() {
    let mut fake = sealed(identity());
    assert_eq!(make(&mut fake), (2, Then::PowerOff));
    assert_eq!(fake.done, ["start.computer-name", "start.identity"]);
    let words = fake.words();
    assert_eq!(words.last().map(String::as_str), Some("done"));
    assert!(!words.contains(&"ready".to_owned()));
    // A machine's starts on top of it restart nothing.
    fake.settings = Ok(Some(Settings::new("a", Purpose::Start)));
    assert_eq!(make(&mut fake), (1, Then::Ready));
    assert_eq!(fake.words().last().map(String::as_str), Some("ready"));
}

#[test]
fn a_kill_anywhere_changes_nothing_of_the_identity() {
    for doings in 0.. {
        let mut fake = sealed(identity());
        fake.left = Some(doings);
        let (starts, then) = make(&mut fake);
        assert_eq!(then, Then::PowerOff, "{doings}");
        assert!(starts <= 4, "{doings}: {starts}");
        assert_eq!(
            fake.words().last().map(String::as_str),
            Some("done"),
            "{doings}"
        );
        let state = State::read(&fake.disk).expect("a state");
        let reached = state.identity.map(|it| it.stage);
        assert_eq!(reached, Some(IdentityStage::Done), "{doings}");
        if fake.left.is_some() {
            assert!(doings > 8, "every doing was a place for a kill: {doings}");
            return;
        }
    }
}

#[test]
fn an_own_sid_is_another_one() {
    let mut own = identity();
    own.own_sid = true;
    let mut fake = sealed(own.clone());
    assert_eq!(make(&mut fake), (3, Then::PowerOff));
    let done = ["start.own-sid", "start.computer-name", "start.identity"];
    assert_eq!(fake.done, done);
    assert_eq!(fake.words().last().map(String::as_str), Some("done"));
    // sysprep that did nothing.
    let mut fake = sealed(own);
    fake.sid = "S-1-5-21-4-5-6".into();
    assert_eq!(make(&mut fake), (3, Then::PowerOff));
    let last = "failed the machine has its image's SID still";
    assert_eq!(fake.words().last().map(String::as_str), Some(last));
}

#[test]
fn an_identity_that_fails_is_none() {
    for (part, starts) in [(Part::ComputerName, 1), (Part::Identity, 2)] {
        let mut fake = sealed(identity());
        fake.fails = vec![part];
        assert_eq!(make(&mut fake), (starts, Then::PowerOff), "{part:?}");
        let last = fake.words().pop().expect("words");
        assert!(last.starts_with("failed the identity"), "{last}");
    }
}

#[test]
fn an_identity_is_not_begun_for_ever() {
    let mut fake = sealed(identity());
    fake.fails = vec![Part::Identity];
    for _ in 0..=IDENTITY_STARTS_MAX {
        make(&mut fake);
    }
    let before = fake.done.len();
    assert_eq!(make(&mut fake), (1, Then::PowerOff));
    assert_eq!(fake.done.len(), before);
    let last = fake.words().pop().expect("words");
    assert!(last.ends_with("in vain"), "{last}");
}

#[test]
fn an_identity_whose_settings_are_gone_is_none() {
    let mut fake = sealed(identity());
    fake.windows_start += 1;
    assert_eq!(
        start(&steps(&[]), &mut fake, Role::Service),
        Ok(Then::Restart)
    );
    fake.settings = Ok(None);
    assert_eq!(make(&mut fake), (1, Then::PowerOff));
    let last = fake.words().pop().expect("words");
    assert_eq!(
        last,
        "failed the identity was begun, and its settings are gone"
    );
}
