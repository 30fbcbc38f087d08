//! Rules of accounts.

use std::collections::BTreeMap;

use crate::plan::passwords::{Holder, given_or_derived, password};
use crate::plan::rules::{Rules, wrong_text};
use crate::plan::system::System;
use crate::plan::tables::languages_of;
use crate::plan::{Account, Password, groups, steps};
use crate::problem::{Problem, attribute, operand, operands};
use crate::spec::Spec;
use crate::windows_iso::Image;

/// The account that logs on once and registers the guest program.
pub(super) const BUILD_ACCOUNT: &str = "lucarne";
/// The accounts database holds no longer names, whatever the answer file allows.
const NAME_MAX: usize = 20;
/// The limit of `DisplayName`, `Description` and `Group`.
pub(super) const TEXT_MAX: usize = 256;
/// What Windows allows in no account's and no group's name.
pub(super) const FORBIDDEN: &str = "\"/\\[]:|<>+=;,?*%@";
/// Names that Windows has given away, in the languages where they differ; compared in lower case.
const RESERVED: &[&str] = &[
    "defaultaccount",
    "guest",
    "local service",
    "network service",
    "none",
    "system",
    "wdagutilityaccount",
    // Well-known principals share one name space with accounts and groups.
    "anonymous logon",
    "authenticated users",
    "batch",
    "creator group",
    "creator owner",
    "dialup",
    "everyone",
    "interactive",
    "network",
    "service",
];
/// More make a spec of another kind than this one, and Setup slow.
const COUNT_MAX: usize = 100;
/// The built-in account.
pub(super) const ADMINISTRATOR: &str = "Administrator";
/// What it is called around the world.
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
pub(super) fn accounts(rules: &mut Rules<'_>, image: &Image) -> Vec<Account> {
    let count = rules.spec.users.as_ref().map_or(0, BTreeMap::len);
    if count > COUNT_MAX {
        let what = format!("has {count} accounts, more than {COUNT_MAX}");
        let hint = "let a domain or a script of yours make so many";
        rules.problem_of_name(Problem::new("users", what).hint(hint));
    }
    let users = rules.spec.users.iter().flatten().take(COUNT_MAX);
    let mut accounts: Vec<Account> = Vec::new();
    for (name, user) in users {
        let at = attribute("users", name);
        account_name(rules, image, &at, name);
        if let Some(other) = accounts.iter().find(|other| same(&other.name, name)) {
            let what = format!("is the same account as {}", operand(&other.name));
            let hint = "Windows does not tell upper and lower case apart in names";
            rules.problem_of_name(Problem::new(&at, what).hint(hint));
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
            let holder = Holder {
                name,
                display_name: user.display_name.as_deref(),
            };
            password(rules, image, &attribute(&at, "password"), text, holder);
        }
        accounts.push(Account {
            name: name.clone(),
            password: given_or_derived(rules.spec, user.password.as_deref(), name),
            display_name: user.display_name.clone(),
            description: user.description.clone(),
            groups: groups::groups(rules, image, &attribute(&at, "groups"), user),
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
        let holder = Holder {
            name: ADMINISTRATOR,
            display_name: None,
        };
        password(rules, image, "administrator.password", text, holder);
    }
    let server = System::of(image).is_some_and(System::is_server);
    (given.is_some() || server).then(|| given_or_derived(rules.spec, given, ADMINISTRATOR))
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

/// Checks an account's name.
pub(super) fn account_name(rules: &mut Rules<'_>, image: &Image, at: &str, name: &str) {
    let lower = name.to_lowercase();
    let languages = languages_of(name);
    let spoken = languages.iter().find(|one| speaks(rules, image, one));
    let computer = rules.spec.computer_name.as_deref();
    let named_as_computer = computer.is_some_and(|computer| same(computer, name));
    let problem = if ADMINISTRATORS.contains(&lower.as_str()) {
        Problem::new(at, format!("{} is a built-in account", operand(name)))
            .hint("set `administrator.password` instead, or choose another name")
    } else if RESERVED.contains(&lower.as_str()) || groups::is_known(name) {
        Problem::new(at, format!("{} is a name of Windows' own", operand(name)))
            .hint("choose another name")
    } else if let Some(language) = spoken {
        let what = format!(
            "{} is a name of Windows' own in `{language}`",
            operand(name)
        );
        Problem::new(at, what).hint("choose another name")
    } else if steps::is_device(name) {
        Problem::new(at, format!("{} is a device's name", operand(name)))
            .hint("no folder can be called so, and the account needs one; choose another name")
    } else if lower == BUILD_ACCOUNT {
        Problem::new(at, "is the account that builds the image").hint("choose another name")
    } else if named_as_computer {
        Problem::new(at, "is the computer's name too")
            .hint("an account and its computer cannot have one name; change one of them")
    } else if let Some(what) = wrong_text(name, NAME_MAX) {
        let hint = format!("an account's name has 1 to {NAME_MAX} characters on one line");
        Problem::new(at, format!("the name {what}")).hint(hint)
    } else if let Some(bad) = name.chars().find(|c| FORBIDDEN.contains(*c)) {
        let bad = operand(&bad.to_string());
        Problem::new(at, format!("the name has {bad}, which no account can have")).hint(format!(
            "Windows allows none of {} in it",
            operand(FORBIDDEN)
        ))
    } else if name.ends_with('.') || name.trim() != name {
        let what = "the name begins with a space, or ends with one or a period";
        Problem::new(at, what).hint("leave that out")
    } else {
        foreign(rules, at, name, &languages);
        return;
    };
    rules.problem_of_name(problem);
}

/// A name that is only another Windows' own.
fn foreign(rules: &mut Rules<'_>, at: &str, name: &str, languages: &[&str]) {
    if languages.is_empty() {
        return;
    }
    let (name, languages) = (operand(name), operands(languages.iter().copied()));
    let what = format!("{name} is a name of Windows' own in {languages}");
    let hint = "from an ISO in that language the image could not be made; choose another name";
    rules.warn(Problem::new(at, what).hint(hint));
}

/// Whether the image, or its Setup, speaks a language.
pub(super) fn speaks(rules: &Rules<'_>, image: &Image, language: &str) -> bool {
    let ui = rules
        .spec
        .locale
        .as_ref()
        .and_then(|locale| locale.ui.as_ref());
    let mut spoken = image.languages.iter().chain(ui);
    spoken.any(|one| {
        let one = one.split('-').next().unwrap_or_default();
        one.eq_ignore_ascii_case(language)
    })
}

/// Whether Windows takes two names for one.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
