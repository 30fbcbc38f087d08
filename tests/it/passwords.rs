//! Each kind of element that holds a password, with values of Microsoft's pages and of answer files
//! that are known to work: a wrong one is a password that nobody knows.

use lucarne::answer;
use lucarne::spec;
use serde_json::json;

use crate::answer_file::{Setting, settings};
use crate::cases::plan_of;

/// The settings of an answer file with two passwords.
fn answered() -> Vec<Setting> {
    let spec = json!({
        "schema": spec::SCHEMA, "name": "a", "edition": 6,
        "windowsIso": "/iso/Win11_24H2_English_x64.iso", "virtioWinIso": "/iso/virtio-win.iso",
        "users": {"ada": {"password": "password"}, "bob": {"password": "admin"}},
        "administrator": {"password": "pw"},
    });
    let spec = spec::read(spec.to_string().as_bytes()).expect("a right spec");
    settings(&answer::render(&plan_of(&spec)))
}

/// The texts at a path of Shell-Setup.
fn texts(path: &str) -> Vec<String> {
    let settings = answered().into_iter();
    let found = settings.filter(|setting| setting.path == path && setting.pass == "oobeSystem");
    found.map(|setting| setting.text).collect()
}

#[test]
fn of_local_accounts() {
    let path = "UserAccounts/LocalAccounts/LocalAccount/Password";
    // The first account is the one that builds.
    assert_eq!(
        texts(&format!("{path}/Value"))[1..],
        [
            "cABhAHMAcwB3AG8AcgBkAFAAYQBzAHMAdwBvAHIAZAA=",
            "YQBkAG0AaQBuAFAAYQBzAHMAdwBvAHIAZAA=",
        ]
    );
    assert_eq!(texts(&format!("{path}/PlainText")), ["false"; 3]);
}

#[test]
fn of_the_administrator() {
    let path = "UserAccounts/AdministratorPassword";
    assert_eq!(
        texts(&format!("{path}/Value")),
        ["cAB3AEEAZABtAGkAbgBpAHMAdAByAGEAdABvAHIAUABhAHMAcwB3AG8AcgBkAA=="]
    );
    assert_eq!(texts(&format!("{path}/PlainText")), ["false"]);
}

/// It logs on the account that builds, so that both have one value: the elements have one name.
#[test]
fn of_the_automatic_logon() {
    let path = "UserAccounts/LocalAccounts/LocalAccount/Password/Value";
    let logon = texts("AutoLogon/Password/Value");
    assert_eq!(logon, texts(path)[..1]);
    assert_eq!(texts("AutoLogon/Password/PlainText"), ["false"]);
    // `Password` in UTF-16 and Base64, behind 36 characters: no byte is left over for padding.
    let suffix = "UABhAHMAcwB3AG8AcgBkAA==";
    assert!(logon[0].ends_with(suffix), "{logon:?}");
}
