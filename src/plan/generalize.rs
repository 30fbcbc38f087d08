//! Rules of an image that sysprep generalises: what it takes back cannot be asked for, and what it
//! would ask must be answered.

use std::collections::BTreeMap;

use crate::plan::rules::Rules;
use crate::plan::system::System;
use crate::plan::{Account, Password};
use crate::problem::Problem;
use crate::spec::step::{Phase, UserStep};
use crate::windows_iso::Image;

const AT: &str = "generalize";
/// A name that is asked for, whichever way, and what to do.
pub(super) const NAMED: (&str, &str) = (
    "each copy of a generalised image gets a name of its own",
    "leave it out; rename a copy when it runs",
);
/// How long sysprep may take, in seconds. It takes minutes, longer with many Store apps.
pub(super) const LIMIT_SEC: u64 = 1800;

/// Whether sysprep has the last word.
pub(super) fn generalize(
    rules: &mut Rules<'_>,
    image: &Image,
    accounts: &[Account],
    administrator: Option<&Password>,
) -> bool {
    if rules.spec.generalize != Some(true) {
        return false;
    }
    taken_back(rules);
    is_somebody_there(rules, image, accounts, administrator);
    true
}

/// What sysprep refuses, and what no copy would have.
fn taken_back(rules: &mut Rules<'_>) {
    let spec = rules.spec;
    let defaults = spec.defaults.as_ref();
    let domain = spec.domain.as_ref();
    for (said, at, what, hint) in [
        (
            spec.auto_logon.is_some(),
            "autoLogon",
            "sysprep ends the automatic logon, and `generalize` asks for sysprep",
            "leave one of the two out",
        ),
        (
            spec.computer_name.is_some(),
            "computerName",
            NAMED.0,
            NAMED.1,
        ),
        (
            domain.is_some_and(|domain| domain.offline_join.is_some()),
            "domain.offlineJoin",
            "is of one computer, and a generalised image is for many",
            "leave it out; join each copy when it runs",
        ),
        (
            defaults.is_some_and(|said| said.prevent_device_encryption == Some(false)),
            "defaults.preventDeviceEncryption",
            "is false, and sysprep refuses a disk that is encrypted (0x80310039)",
            "leave it out; a copy can be encrypted when it runs",
        ),
    ] {
        if said {
            rules.problem_of(&[at, AT], Problem::new(at, what).hint(hint));
        }
    }
}

/// What a build leaves of an account.
#[derive(Default)]
struct Left {
    has_password: bool,
    is_disabled: bool,
}

/// Whether a build leaves an account that somebody can log on to.
fn is_left(rules: &Rules<'_>, users: &[Account]) -> bool {
    let mut accounts: BTreeMap<String, Left> = BTreeMap::new();
    let steps = rules.spec.steps.as_deref().unwrap_or_default();
    // They are done one phase after the other, whatever their places in the list.
    let mut steps: Vec<_> = steps
        .iter()
        .filter_map(|step| Some((step.phase.unwrap_or(Phase::System), step.user.as_ref()?)))
        .collect();
    steps.sort_by_key(|(phase, _)| *phase);
    // Setup makes the accounts of `users` behind the pass specialize.
    let behind = steps.partition_point(|(phase, _)| *phase == Phase::Specialize);
    let (before, after) = steps.split_at(behind);
    for (_, user) in before {
        step(&mut accounts, user);
    }
    for user in users {
        let left = accounts.entry(user.name.to_lowercase()).or_default();
        left.has_password |= is_known(&user.password);
    }
    for (_, user) in after {
        step(&mut accounts, user);
    }
    let mut left = accounts.values();
    left.any(|account| account.has_password && !account.is_disabled)
}

/// Does a step to the account that it names.
fn step(accounts: &mut BTreeMap<String, Left>, user: &UserStep) {
    let left = accounts.entry(user.name.to_lowercase()).or_default();
    if user.delete == Some(true) {
        *left = Left::default();
    }
    left.has_password |= user.password.is_some();
    left.is_disabled = user.enabled.map_or(left.is_disabled, |enabled| !enabled);
}

/// Whether anybody knows it.
fn is_known(password: &Password) -> bool {
    !password.throw_away
}

/// OOBE is told to make no account, so one that somebody knows the password of must be there.
/// Server's asks for the Administrator's, which sysprep takes away; of a client sysprep disables
/// that account.
fn is_somebody_there(
    rules: &mut Rules<'_>,
    image: &Image,
    accounts: &[Account],
    administrator: Option<&Password>,
) {
    let administrator = administrator.is_some_and(is_known);
    let server = System::of(image).is_some_and(System::is_server);
    let others = [AT, "users", "administrator", "administrator.password"];
    if server && !administrator {
        let what = "the first start of a copy of Server asks for the Administrator's password";
        let hint = "set `administrator.password`, which then stands in the store";
        rules.problem_of(&others, Problem::new(AT, what).hint(hint));
    } else if !server && !is_left(rules, accounts) {
        let what = "nobody could log on to a copy: no account has a password that anybody knows";
        let hint = "give one of `users`, or a step `user`, a `password`, which then stands in the \
                    store";
        rules.problem_of(&others, Problem::new(AT, what).hint(hint));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::plan::{Facts, check};
    use crate::spec;

    fn is_refused(users: &[Value]) -> bool {
        let steps: Vec<_> = users.iter().map(|user| json!({"user": user})).collect();
        is_refused_with(&json!({}), &steps)
    }

    fn is_refused_with(users: &Value, steps: &[Value]) -> bool {
        let spec = json!({
            "schema": spec::SCHEMA, "name": "a", "edition": "Windows 11 Pro", "generalize": true,
            "locale": {"ui": "en-US"}, "disk": {"bus": "nvme"}, "steps": steps, "users": users,
        });
        let shaped = spec::shape(spec.to_string().as_bytes()).expect("an object");
        match check(&shaped, &Facts::default()) {
            Ok(_) => false,
            Err(problems) => {
                let told = problems.to_string();
                assert!(
                    told.starts_with("generalize: nobody could log on"),
                    "{told}"
                );
                true
            }
        }
    }

    #[test]
    fn an_account_that_a_step_makes_is_somebody() {
        let me = json!({"name": "me", "password": "known"});
        let off = json!({"name": "ME", "enabled": false});
        let on = json!({"name": "me", "enabled": true});
        let gone = json!({"name": "me", "delete": true});
        assert!(!is_refused(std::slice::from_ref(&me)));
        assert!(!is_refused(&[me.clone(), off.clone(), on]));
        assert!(!is_refused(&[gone.clone(), me.clone()]));
        // What the last step says counts.
        assert!(is_refused(&[me.clone(), off]));
        assert!(is_refused(&[me, gone]));
        for nobody in [
            json!({"name": "me"}),
            json!({"name": "me", "password": "known", "enabled": false}),
            json!({"name": "me", "delete": true}),
        ] {
            assert!(is_refused(std::slice::from_ref(&nobody)), "{nobody}");
        }
    }

    #[test]
    fn steps_count_in_the_order_in_which_they_are_done() {
        let me = json!({"name": "me", "password": "known"});
        let gone = json!({"name": "me", "delete": true});
        let of = |phase: &str, user: &Value| json!({"phase": phase, "user": user});
        // A step without a phase is one of `system`.
        let list = [json!({"user": gone}), of("session", &me)];
        assert!(is_refused_with(&json!({}), &list));
        let list = [json!({"user": me}), of("session", &gone)];
        assert!(!is_refused_with(&json!({}), &list));
    }

    #[test]
    fn an_account_of_users_that_a_step_takes_away_is_nobody() {
        let users = json!({"me": {"password": "known"}});
        let of = |phase: &str, user: Value| [json!({"phase": phase, "user": user})];
        assert!(!is_refused_with(&users, &[]));
        for taken in [
            json!({"name": "ME", "delete": true}),
            json!({"name": "Me", "enabled": false}),
        ] {
            assert!(
                is_refused_with(&users, &of("system", taken.clone())),
                "{taken}"
            );
        }
        // Setup makes it behind that pass.
        let early = of("specialize", json!({"name": "me", "delete": true}));
        assert!(!is_refused_with(&users, &early));
        // One that nobody asked for is known to nobody.
        assert!(is_refused_with(&json!({"me": {}}), &[]));
    }
}
