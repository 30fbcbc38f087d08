//! Rules of accounts, groups and shares.

use lucarne_protocol::step::{Access, Action, Grant, Group, Share, User};

use super::desk::Desk;
use super::{paths, texts, vital};
use crate::plan::accounts::{self, TEXT_MAX};
use crate::plan::groups;
use crate::plan::passwords::{Holder, password};
use crate::plan::rules::wrong_text;
use crate::problem::{Problem, attribute, operand};
use crate::spec::step;

const MEMBERS_MAX: usize = 100;
/// The limit of `NetShareAdd`.
const SHARE_MAX: usize = 80;
const REMARK_MAX: usize = 256;
/// Names that Windows gives to shares of its own, or to things that are none.
const SHARES: [&str; 8] = [
    "admin$", "ipc$", "mailslot", "pipe", "print$", "fax$", "netlogon", "sysvol",
];

/// A local account.
pub(super) fn user(desk: &mut Desk<'_, '_>, at: &str, said: &step::UserStep) -> (Action, String) {
    let image = desk.decided.image;
    accounts::account_name(desk.rules, image, &attribute(at, "name"), &said.name);
    texts::optional(
        desk,
        &attribute(at, "displayName"),
        said.display_name.as_ref(),
        TEXT_MAX,
    );
    texts::optional(
        desk,
        &attribute(at, "description"),
        said.description.as_ref(),
        TEXT_MAX,
    );
    if let Some(text) = &said.password {
        let holder = Holder {
            name: &said.name,
            display_name: said.display_name.as_deref(),
        };
        password(desk.rules, image, &attribute(at, "password"), text, holder);
    }
    let said_groups = said.groups.clone().unwrap_or_default();
    let at_groups = attribute(at, "groups");
    if said.groups.is_some() && said_groups.is_empty() {
        let hint = "leave it out: an account that is in no group is put into `Users`";
        desk.problem_of_all(&at_groups, "is empty", hint);
    }
    let paths = desk.elements(&at_groups, &said_groups, MEMBERS_MAX);
    for (index, (group, at)) in said_groups.iter().zip(paths).enumerate() {
        if let Some(problem) = groups::wrong(&at, group, &said_groups[..index]) {
            desk.rules.problem(problem);
        }
    }
    let delete = said.delete.unwrap_or(false);
    let more = said.password.is_some()
        || said.display_name.is_some()
        || said.description.is_some()
        || said.groups.is_some()
        || said.enabled.is_some();
    no_more(desk, at, delete, more);
    let word = if delete { "Remove" } else { "Make" };
    let name = format!("{word} the account {}", said.name);
    let user = User {
        name: said.name.clone(),
        password: said.password.clone(),
        display_name: said.display_name.clone(),
        description: said.description.clone(),
        groups: said_groups,
        enabled: said.enabled,
        delete,
    };
    (Action::User(user), name)
}

fn no_more(desk: &mut Desk<'_, '_>, at: &str, delete: bool, more: bool) {
    if delete && more {
        let hint = "leave it out, or all but the name";
        desk.problem(
            &attribute(at, "delete"),
            "is said, and something else too",
            hint,
        );
    }
}

/// A local group.
pub(super) fn group(desk: &mut Desk<'_, '_>, at: &str, said: &step::Group) -> (Action, String) {
    let at_name = attribute(at, "name");
    if let Some(problem) = groups::wrong(&at_name, &said.name, &[]) {
        desk.rules.problem(problem);
    }
    texts::optional(
        desk,
        &attribute(at, "description"),
        said.description.as_ref(),
        TEXT_MAX,
    );
    let add = members(desk, &attribute(at, "add"), said.add.as_deref());
    let at_remove = attribute(at, "remove");
    let remove = members(desk, &at_remove, said.remove.as_deref());
    let paths = desk.rules.elements(&at_remove, remove.len());
    for (member, at) in remove.iter().zip(paths) {
        if add.iter().any(|other| accounts::same(other, member)) {
            let what = format!("{} is added too", operand(member));
            desk.problem(&at, what, "leave it in one of the lists");
        }
        if accounts::same(member, accounts::BUILD_ACCOUNT) {
            let what = format!("{} is the account that builds the image", operand(member));
            let hint = "leave it out: it is disabled before the image is sealed";
            desk.problem(&at, what, hint);
        }
    }
    let delete = said.delete.unwrap_or(false);
    let more = said.description.is_some() || said.add.is_some() || said.remove.is_some();
    no_more(desk, at, delete, more);
    if delete && groups::is_known(&said.name) {
        let what = format!("{} is a group of Windows' own", operand(&said.name));
        desk.problem(
            &attribute(at, "delete"),
            what,
            "it can be emptied, and not removed",
        );
    }
    let word = if delete { "Remove" } else { "Change" };
    let name = format!("{word} the group {}", said.name);
    let group = Group {
        name: said.name.clone(),
        description: said.description.clone(),
        add,
        remove,
        delete,
    };
    (Action::Group(group), name)
}

/// Accounts, of this computer, of a domain as `DOMAIN\name`, or Windows' own.
fn members(desk: &mut Desk<'_, '_>, at: &str, said: Option<&[String]>) -> Vec<String> {
    let said = said.unwrap_or_default();
    let paths = desk.elements(at, said, MEMBERS_MAX);
    for (index, (name, at)) in said.iter().zip(paths).enumerate() {
        member(desk, &at, name);
        if said[..index]
            .iter()
            .any(|other| accounts::same(other, name))
        {
            let what = format!("{} is there twice", operand(name));
            desk.problem(&at, what, "leave one of them out");
        }
    }
    said.to_vec()
}

fn member(desk: &mut Desk<'_, '_>, at: &str, name: &str) {
    let plain = name.rsplit_once('\\').map_or(name, |(_, name)| name);
    let what = wrong_text(name, TEXT_MAX).or_else(|| {
        let mut bad = plain.chars().filter(|c| accounts::FORBIDDEN.contains(*c));
        Some(format!("has {}", operand(&bad.next()?.to_string())))
    });
    if let Some(what) = what {
        let what = format!("the account {} {what}", operand(name));
        desk.problem(at, what, r"such as `alice`, `Everyone` or `DOMAIN\alice`");
    }
}

/// A share.
pub(super) fn share(desk: &mut Desk<'_, '_>, at: &str, said: &step::Share) -> (Action, String) {
    share_name(desk, &attribute(at, "name"), &said.name);
    texts::optional(
        desk,
        &attribute(at, "description"),
        said.description.as_ref(),
        REMARK_MAX,
    );
    let delete = said.delete.unwrap_or(false);
    match &said.path {
        Some(path) => {
            let at = attribute(at, "path");
            paths::path(desk, &at, path);
            paths::of_data_disk(desk, &at, path);
            vital::written(desk, &at, path);
        }
        None if !delete => {
            let hint = r"such as `D:\Shared`; `delete = true` ends a share";
            desk.problem(&attribute(at, "path"), "is missing", hint);
        }
        None => {}
    }
    let more = said.path.is_some() || said.description.is_some() || said.grants.is_some();
    no_more(desk, at, delete, more);
    let grants = grants(desk, &attribute(at, "grants"), said);
    if grants.is_empty() && !delete && said.path.is_some() {
        let what = "grants nothing to anybody";
        let hint = "`grants = { alice = \"change\"; }` lets her in";
        desk.rules.warn(Problem::new(at, what).hint(hint));
    }
    let word = if delete { "End" } else { "Share" };
    let name = format!("{word} {}", said.name);
    let share = Share {
        name: said.name.clone(),
        path: said.path.clone().unwrap_or_default(),
        description: said.description.clone(),
        grants,
        delete,
    };
    (Action::Share(share), name)
}

fn grants(desk: &mut Desk<'_, '_>, at: &str, said: &step::Share) -> Vec<Grant> {
    let grants = said.grants.iter().flatten();
    let count = said
        .grants
        .as_ref()
        .map_or(0, std::collections::BTreeMap::len);
    if count > MEMBERS_MAX {
        let what = format!("has {count} accounts, more than {MEMBERS_MAX}");
        desk.problem(at, what, "make a group of them");
    }
    let mut found = Vec::new();
    let mut before: Vec<&String> = Vec::new();
    for (account, access) in grants.take(MEMBERS_MAX) {
        let at = attribute(at, account);
        member(desk, &at, account);
        desk.once(&at, account, &before);
        before.push(account);
        found.push(Grant {
            account: account.clone(),
            access: match access {
                step::Access::Read => Access::Read,
                step::Access::Change => Access::Change,
                step::Access::Full => Access::Full,
            },
        });
    }
    found
}

fn share_name(desk: &mut Desk<'_, '_>, at: &str, name: &str) {
    let lower = name.to_lowercase();
    let letter = matches!(lower.as_bytes(), [b'a'..=b'z', b'$']);
    let what = wrong_text(name, SHARE_MAX).or_else(|| {
        if SHARES.contains(&lower.as_str()) || letter {
            return Some(format!("{} is a share of Windows' own", operand(name)));
        }
        // The characters that Explorer refuses, and Windows Server's documentation with it.
        let bad = name.chars().find(|c| "\"/\\[]:|<>+=;,?*".contains(*c))?;
        Some(format!("has {}", operand(&bad.to_string())))
    });
    if let Some(what) = what {
        desk.problem(
            at,
            what,
            format!("1 to {SHARE_MAX} characters make a share's name"),
        );
    }
}
