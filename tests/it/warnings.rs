//! What is allowed and worth a word.

use lucarne::spec::Spec;
use serde_json::{Value, json};

use crate::cases::plan_of;

const CLIENT: &str = "/iso/Win11_24H2_English_x64.iso";
const SERVER: &str = "/iso/server-2019.iso";

/// The warnings about a spec with some more options, each with its hint.
fn warnings(iso: &str, options: Value) -> Vec<String> {
    let mut spec = json!({
        "schema": "lucarne.spec/1", "name": "a", "windowsIso": iso,
        "virtioWinIso": "/iso/virtio-win.iso",
    });
    if iso == CLIENT {
        spec["edition"] = json!("Windows 11 Pro");
    }
    let Value::Object(options) = options else {
        panic!("{options} are no options");
    };
    spec.as_object_mut().expect("an object").extend(options);
    let spec: Spec = serde_json::from_value(spec).expect("a spec");
    let plan = plan_of(&spec);
    plan.warnings
        .iter()
        .map(lucarne::problem::Problem::with_hint)
        .collect()
}

/// One warning begins so, and says this too.
#[track_caller]
fn warns(warnings: &[String], begins: &str, says: &str) {
    let found = warnings.iter().find(|warning| warning.starts_with(begins));
    let found = found.unwrap_or_else(|| panic!("{begins}: {warnings:?}"));
    assert!(found.contains(says), "{found}");
}

#[test]
fn servers_have_a_policy_for_passwords() {
    let options = json!({
        "users": {"ada": {"password": "battery staple"}, "bob": {"password": "Xy7-tuesday"}},
        "administrator": {"password": "Administrator1"},
    });
    let told = warnings(SERVER, options.clone());
    let refuses = |at: &str| format!("{at}.password: Windows Server may refuse it: ");
    warns(&told, &refuses("users.ada"), "fewer than 3 kinds");
    warns(
        &told,
        &refuses("administrator"),
        "part of the account's names",
    );
    assert!(
        !told
            .iter()
            .any(|warning| warning.starts_with(&refuses("users.bob")))
    );
    assert!(
        !told
            .iter()
            .any(|w| w.contains("staple") || w.contains("Administrator1"))
    );
    let told = warnings(CLIENT, options);
    assert!(
        !told.iter().any(|warning| warning.contains("may refuse")),
        "{told:?}"
    );
}

#[test]
fn what_windows_may_know_is_no_problem() {
    let told = warnings(
        CLIENT,
        json!({
            "computerName": "Server",
            "locale": {"user": "en-DE", "system": "en-us", "input": "0409:000a0409;de-DE"},
            "users": {"ada": {"groups": ["administrators", "Remote Desktop User", "docker-users"]}},
        }),
    );
    warns(&told, "computerName: `Server`", "reserves");
    warns(&told, "locale.user: `en-DE`", "did you mean");
    warns(&told, "locale.input: `000a0409`", "`00010409`");
    warns(
        &told,
        "users.ada.groups[1]: ",
        "did you mean `Remote Desktop Users`?",
    );
    warns(&told, "users.ada.groups[2]: `docker-users`", "Setup stops");
    assert_eq!(told.len(), 5, "{told:?}");
}

/// What is a name of Windows' own in another language is one there alone.
#[test]
fn names_of_other_languages_are_allowed() {
    let users = json!({"users": {"Gast": {}, "Invitado": {}, "Гость": {}, "Convidado": {}}});
    let told = warnings(CLIENT, users);
    for (name, language) in [
        ("Gast", "de"),
        ("\"Гость\"", "ru"),
        ("Invitado", "es"),
        ("Convidado", "pt"),
    ] {
        let what = format!("is a name of Windows' own in `{language}`");
        warns(&told, &format!("users.{name}: "), &what);
    }
    assert_eq!(told.len(), 4, "{told:?}");
    let german = "/iso/Win11_24H2_German_x64.iso";
    let options = json!({
        "edition": "Windows 11 Pro", "users": {"Invitado": {"groups": ["Benutzer", "Usuarios"]}},
    });
    let told = warnings(german, options);
    warns(&told, "users.Invitado: ", "`es`");
    warns(&told, "users.Invitado.groups[1]: ", "Setup stops");
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn time_zones_have_their_old_names() {
    let zone = |name: &str| {
        let spec = json!({
            "schema": "lucarne.spec/1", "name": "a", "edition": 6, "windowsIso": CLIENT,
            "virtioWinIso": "/iso/virtio-win.iso", "timeZone": name,
        });
        let spec: Spec = serde_json::from_value(spec).expect("a spec");
        plan_of(&spec).time_zone.name
    };
    assert_eq!(zone("GMT"), "UTC");
    assert_eq!(zone("EST5EDT"), "Eastern Standard Time");
    assert_eq!(zone("PST8PDT"), "Pacific Standard Time");
    let off = "W. Europe Standard Time_dstoff";
    assert_eq!(zone(off), off);
}

#[test]
fn a_file_is_the_value_of_the_switch_before_it() {
    let arguments = |between: Value| {
        let program = json!({"path": r"C:\a.exe", "arguments": ["-password", between, "b"]});
        warnings(CLIENT, json!({"steps": [{"program": program}]}))
    };
    let told = arguments(json!("known"));
    warns(
        &told,
        "steps[0].program.arguments[1]: `-password`",
        "secret",
    );
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(arguments(json!({"source": "/a/key"})).is_empty());
}
