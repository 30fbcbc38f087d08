//! Rules of who uses a machine: logged on by himself, and the built-in Administrator.

use lucarne_protocol::step::AutoLogon;

use crate::plan::accounts::{ADMINISTRATOR, same};
use crate::plan::rules::Rules;
use crate::plan::{Account, Password};
use crate::problem::{Problem, attribute, nearest, operand};

/// The accounts that nobody is to use.
pub(super) fn disabled(rules: &mut Rules<'_>) -> Vec<String> {
    let said = rules.spec.administrator.clone().unwrap_or_default();
    let at = "administrator.enable";
    match (said.enable, &said.password) {
        (Some(false), None) => return vec![ADMINISTRATOR.to_owned()],
        (Some(false), Some(_)) => {
            let what = "is false, and a password enables the account";
            rules.problem_of(
                &[at, "administrator.password"],
                Problem::new(at, what).hint("leave one of the two out"),
            );
        }
        (Some(true), None) => {
            let what = "an account without a password lets nobody in from elsewhere";
            let hint = "set `administrator.password`";
            rules.problem_of(
                &[at, "administrator.password"],
                Problem::new(at, what).hint(hint),
            );
        }
        (Some(true), Some(_)) | (None, _) => {}
    }
    Vec::new()
}

/// Who is logged on by himself at each start of a machine.
pub(super) fn auto_logon(
    rules: &mut Rules<'_>,
    accounts: &[Account],
    administrator: Option<&Password>,
) -> Option<AutoLogon> {
    let said = rules.spec.auto_logon.as_deref()?;
    let at = "autoLogon";
    let built_in = same(said, ADMINISTRATOR);
    let account = accounts.iter().find(|account| same(&account.name, said));
    let (password, option) = match account {
        _ if built_in => (administrator, "administrator.password".to_owned()),
        Some(account) => {
            let users = attribute("users", &account.name);
            (Some(&account.password), attribute(&users, "password"))
        }
        None => {
            let what = format!("{} is no account of `users`", operand(said));
            let near = nearest(said, accounts.iter().map(|account| account.name.as_str()));
            let hint = near.map_or_else(
                || "name one that is there, or `Administrator`".to_owned(),
                |near| format!("did you mean {}?", operand(near)),
            );
            // An account that could not be read may be the one.
            rules.problem_of(&[at, "users"], Problem::new(at, what).hint(hint));
            return None;
        }
    };
    let Some(password) = password.filter(|password| !password.throw_away) else {
        let what = format!("nobody knows the password of {}", operand(said));
        let hint = format!(
            "give one as {}, which then stands in the store",
            operand(&option)
        );
        rules.problem_of(&[at, &option], Problem::new(at, what).hint(hint));
        return None;
    };
    Some(AutoLogon {
        user: account
            .map_or(ADMINISTRATOR, |account| &account.name)
            .to_owned(),
        password: password.text.clone(),
    })
}
