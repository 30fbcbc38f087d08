//! Rules of an account's groups.

use lucarne_protocol::known::GROUPS;

use crate::plan::accounts::{FORBIDDEN, TEXT_MAX, same, speaks};
use crate::plan::rules::{Rules, wrong_text};
use crate::plan::tables::languages_of;
use crate::problem::{Problem, nearest, operand};
use crate::spec::User;
use crate::windows_iso::Image;

/// The groups of an account.
pub(super) fn groups(rules: &mut Rules<'_>, image: &Image, at: &str, user: &User) -> Vec<String> {
    let Some(groups) = &user.groups else {
        return vec!["Users".to_owned()];
    };
    if groups.is_empty() {
        let hint = "leave it out for `Users`";
        rules.problem(Problem::new(at, "is empty").hint(hint));
    }
    // What is behind so many is too much already, and is told so below.
    let paths = rules.elements(at, groups.len().min(TEXT_MAX));
    for (index, (group, at)) in groups.iter().zip(&paths).enumerate() {
        if let Some(problem) = wrong(at, group, &groups[..index]) {
            rules.problem(problem);
        } else if !is_known(group) && !is_spoken(rules, image, group) {
            rules.warn(unknown(at, group));
        }
    }
    // They are joined with `;` in one setting.
    if groups.join(";").encode_utf16().count() > TEXT_MAX {
        let what = format!("together they have more than {TEXT_MAX} characters");
        let hint = "the answer file holds no more: leave some out";
        rules.problem(Problem::new(at, what).hint(hint));
    }
    groups.clone()
}

/// Whether Windows has a group of this name of its own.
pub(super) fn is_known(name: &str) -> bool {
    GROUPS.iter().any(|(known, _)| same(known, name))
}

/// Whether a group is one of Windows' own in a language of the image's.
fn is_spoken(rules: &Rules<'_>, image: &Image, group: &str) -> bool {
    let mut languages = languages_of(group).into_iter();
    languages.any(|language| speaks(rules, image, language))
}

/// What is wrong with a group's name, the others before it in its list at hand.
pub(super) fn wrong(at: &str, group: &str, before: &[String]) -> Option<Problem> {
    let named = |what: &str| Problem::new(at, format!("the group {} {what}", operand(group)));
    if let Some(what) = wrong_text(group, TEXT_MAX) {
        let hint = format!("a group's name has 1 to {TEXT_MAX} characters on one line");
        Some(named(&what).hint(hint))
    } else if let Some(bad) = group.chars().find(|c| FORBIDDEN.contains(*c)) {
        let what = format!("has {}", operand(&bad.to_string()));
        let hint = format!("Windows allows none of {} in it", operand(FORBIDDEN));
        Some(named(&what).hint(hint))
    } else if before.iter().any(|other| same(other, group)) {
        let hint = "leave one of them out: Windows does not tell upper and lower case apart";
        Some(named("is there twice").hint(hint))
    } else {
        None
    }
}

/// An ISO of one's own may have other groups, and Windows in another language other names.
fn unknown(at: &str, group: &str) -> Problem {
    let what = format!("{} is no group of Windows' own", operand(group));
    let names = GROUPS.iter().map(|(name, _)| *name);
    let meant = match nearest(group, names) {
        Some(meant) => format!("did you mean `{meant}`? "),
        None => String::new(),
    };
    let hint = "Setup stops when the account's group is not there";
    Problem::new(at, what).hint(format!("{meant}{hint}"))
}
