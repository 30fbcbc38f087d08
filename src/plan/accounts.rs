//! Rules of accounts and their passwords.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::plan::rules::{Rules, wrong_text};
use crate::plan::system::System;
use crate::plan::{Account, Password};
use crate::problem::{Problem, attribute, operand};
use crate::spec::{Spec, User};
use crate::windows_iso::Image;

/// The account that logs on once and registers the guest program.
pub(super) const BUILD_ACCOUNT: &str = "lucarne";
/// The accounts database holds no longer names, whatever the answer file allows.
const NAME_MAX: usize = 20;
/// What Setup takes.
const PASSWORD_MAX: usize = 127;
/// The limit of `DisplayName`, `Description` and `Group`.
const TEXT_MAX: usize = 256;
/// What Windows allows in no account's name.
const FORBIDDEN: &str = "\"/\\[]:|<>+=;,?*%@";
/// Names that Windows has given away, in the languages where they differ; compared in lower case.
const RESERVED: &[&str] = &[
    "defaultaccount",
    "guest",
    "local service",
    "network service",
    "none",
    "system",
    "wdagutilityaccount",
    // Groups and well-known principals: an account and a local group share one name space.
    "administrators",
    "anonymous logon",
    "authenticated users",
    "backup operators",
    "batch",
    "creator group",
    "creator owner",
    "dialup",
    "event log readers",
    "everyone",
    "guests",
    "iis_iusrs",
    "interactive",
    "network",
    "power users",
    "remote desktop users",
    "replicator",
    "service",
    "users",
];
/// What the built-in Administrator is called around the world.
const ADMINISTRATORS: &[&str] = &[
    "administrador",
    "administrateur",
    "administrator",
    "administratör",
    "amministratore",
    "järjestelmänvalvoja",
    "rendszergazda",
    "администратор",
];

/// The user's accounts.
pub(super) fn accounts(rules: &mut Rules<'_>) -> Vec<Account> {
    let users = rules.spec.users.iter().flatten();
    let mut accounts: Vec<Account> = Vec::new();
    for (name, user) in users {
        let at = attribute("users", name);
        account_name(rules, &at, name);
        if let Some(other) = accounts.iter().find(|other| same(&other.name, name)) {
            let what = format!("is the same account as {}", operand(&other.name));
            let hint = "Windows does not tell upper and lower case apart in names";
            rules.problem(Problem::new(&at, what).hint(hint));
        }
        for (field, text) in [
            ("displayName", &user.display_name),
            ("description", &user.description),
        ] {
            if let Some(text) = text {
                rules.text(&attribute(&at, field), text, TEXT_MAX);
            }
        }
        if let Some(text) = &user.password {
            password(rules, &attribute(&at, "password"), text);
        }
        accounts.push(Account {
            name: name.clone(),
            password: given_or_derived(rules.spec, user.password.as_deref(), name),
            display_name: user.display_name.clone(),
            description: user.description.clone(),
            groups: groups(rules, &attribute(&at, "groups"), user),
        });
    }
    accounts
}

/// The built-in Administrator's password. Server has that account enabled and its first start
/// asks for a password unless the answer file has one; Windows for desktops has it disabled.
pub(super) fn administrator(rules: &mut Rules<'_>, image: &Image) -> Option<Password> {
    let given = rules.spec.administrator.as_ref();
    let given = given.and_then(|administrator| administrator.password.as_deref());
    if let Some(text) = given {
        password(rules, "administrator.password", text);
    }
    let server = System::of(image).is_some_and(System::is_server);
    (given.is_some() || server).then(|| given_or_derived(rules.spec, given, "Administrator"))
}

/// The account that builds. Its password is in the answer file, so in the store, but works in no
/// image: the guest program disables the account before the image is sealed.
pub(super) fn build_account(spec: &Spec) -> Account {
    Account {
        name: BUILD_ACCOUNT.to_owned(),
        password: given_or_derived(spec, None, BUILD_ACCOUNT),
        display_name: None,
        description: Some("Builds the image; disabled afterwards".to_owned()),
        groups: vec!["Administrators".to_owned()],
    }
}

fn account_name(rules: &mut Rules<'_>, at: &str, name: &str) {
    let lower = name.to_lowercase();
    let computer = rules.spec.computer_name.as_deref();
    let named_as_computer = computer.is_some_and(|computer| same(computer, name));
    let problem = if ADMINISTRATORS.contains(&lower.as_str()) {
        Problem::new(at, format!("{} is a built-in account", operand(name)))
            .hint("set `administrator.password` instead, or choose another name")
    } else if RESERVED.contains(&lower.as_str()) {
        Problem::new(at, format!("{} is a name of Windows' own", operand(name)))
            .hint("choose another name")
    } else if lower == BUILD_ACCOUNT {
        Problem::new(at, "is the account that builds the image").hint("choose another name")
    } else if named_as_computer {
        Problem::new(at, "is the computer's name too")
            .hint("an account and its computer cannot have one name; change one of them")
    } else if let Some(what) = wrong_text(name, NAME_MAX) {
        Problem::new(at, format!("the name {what}"))
    } else if let Some(bad) = name.chars().find(|c| FORBIDDEN.contains(*c)) {
        let bad = operand(&bad.to_string());
        Problem::new(at, format!("the name has {bad}, which no account can have"))
    } else if name.ends_with('.') || name.trim() != name {
        Problem::new(
            at,
            "the name begins with a space, or ends with one or a period",
        )
    } else {
        return;
    };
    rules.problem(problem);
}

fn password(rules: &mut Rules<'_>, at: &str, text: &str) {
    match wrong_text(text, PASSWORD_MAX) {
        Some(what) if text.is_empty() => {
            let hint = "leave it out, and one is set when the machine starts";
            rules.problem(Problem::new(at, what).hint(hint));
        }
        Some(what) => rules.problem(Problem::new(at, what)),
        None => rules.warn(
            Problem::new(at, "every user of this host can read it in the store")
                .hint("leave it out, and set one when the machine starts"),
        ),
    }
}

fn groups(rules: &mut Rules<'_>, at: &str, user: &User) -> Vec<String> {
    let Some(groups) = &user.groups else {
        return vec!["Users".to_owned()];
    };
    if groups.is_empty() {
        let hint = "leave it out for `Users`";
        rules.problem(Problem::new(at, "is empty").hint(hint));
    }
    for (index, group) in groups.iter().enumerate() {
        if let Some(what) = wrong_text(group, TEXT_MAX) {
            rules.problem(Problem::new(
                at,
                format!("the group {} {what}", operand(group)),
            ));
        } else if let Some(bad) = group.chars().find(|c| FORBIDDEN.contains(*c)) {
            let bad = operand(&bad.to_string());
            let what = format!("the group {} has {bad}", operand(group));
            rules.problem(Problem::new(at, what));
        } else if groups[..index].iter().any(|other| same(other, group)) {
            let what = format!("the group {} is there twice", operand(group));
            rules.problem(Problem::new(at, what));
        }
    }
    // They are joined with `;` in one setting.
    if groups.join(";").encode_utf16().count() > TEXT_MAX {
        let what = format!("together they have more than {TEXT_MAX} characters");
        rules.problem(Problem::new(at, what));
    }
    groups.clone()
}

fn given_or_derived(spec: &Spec, given: Option<&str>, account: &str) -> Password {
    match given {
        Some(text) => Password {
            text: text.to_owned(),
            throw_away: false,
        },
        None => Password {
            text: derived(spec, account),
            throw_away: true,
        },
    }
}

/// A password that equal specs give equally: planning is pure. Windows' policy wants characters of
/// three kinds; the four in front have all
/// four kinds, whatever the hash is.
fn derived(spec: &Spec, account: &str) -> String {
    let spec = serde_json::to_vec(spec).expect("a spec's keys are strings");
    let mut hash = Sha256::new();
    hash.update(b"lucarne.password/1\0");
    hash.update(account.as_bytes());
    hash.update([0]);
    hash.update(&spec);
    let digits = hash.finalize();
    digits[..16]
        .iter()
        .fold("Lc9-".to_owned(), |mut text, byte| {
            _ = write!(text, "{byte:02x}");
            text
        })
}

/// Whether Windows takes two names for one.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
