//! Rules of names: the image's, the computer's, the owner's, and the time zone's.

use crate::plan::accounts::BUILD_ACCOUNT;
use crate::plan::findings::Findings;
use crate::plan::rules::Rules;
use crate::plan::tables::zones;
use crate::plan::{Owner, TimeZone};
use crate::problem::{Problem, nearest, operand};

/// How long an image's name may be: derivations add to it, and a store path's name has 211 bytes.
const IMAGE_NAME_MAX: usize = 180;
/// `NetBIOS` names have 15 bytes, and the answer file's table says the same.
const COMPUTER_NAME_MAX: usize = 15;
/// What other tools put where a number or a serial goes.
const TEMPLATE: [char; 6] = ['*', '%', '#', '{', '$', '<'];
/// The words of Microsoft's naming conventions that have the form of a computer's name, and the
/// one that stands for every computer itself.
const RESERVED: [&str; 18] = [
    "anonymous",
    "batch",
    "builtin",
    "dialup",
    "interactive",
    "internet",
    "local",
    "localhost",
    "network",
    "null",
    "proxy",
    "restricted",
    "self",
    "server",
    "service",
    "system",
    "users",
    "world",
];
/// The limit of `RegisteredOwner` and `RegisteredOrganization`.
const OWNER_MAX: usize = 256;

/// The image's name.
pub(super) fn image_name(rules: &mut Rules<'_>) -> String {
    let name = &rules.spec.name;
    if let Some(what) = wrong_image_name(name) {
        let hint = format!("1 to {IMAGE_NAME_MAX} letters, digits and `+-._?=` make a name");
        rules.problem(Problem::new("name", what).hint(hint));
    }
    name.clone()
}

/// Why no image has a name, which becomes part of a store path: the rule of
/// `nix/lib/name-problem.nix`, in its words.
pub(crate) fn wrong_image_name(name: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "+-._?=".contains(c);
    if name.is_empty() {
        Some("is empty".to_owned())
    } else if name.len() > IMAGE_NAME_MAX {
        Some(format!(
            "has {} bytes, more than {IMAGE_NAME_MAX}",
            name.len()
        ))
    } else if name.starts_with('.') {
        Some(format!("{} begins with a period", operand(name)))
    } else if !name.chars().all(fits) {
        let name = operand(name);
        Some(format!("{name} has characters that no store path can have"))
    } else {
        None
    }
}

/// The computer's name.
pub(super) fn computer_name(rules: &mut Rules<'_>) -> Option<String> {
    let name = rules.spec.computer_name.clone()?;
    check_computer_name(rules, "computerName", &name);
    Some(name)
}

/// Checks a computer's name.
pub(crate) fn check_computer_name(rules: &mut Findings<'_>, at: &str, name: &str) {
    let mut problem = |what: String, hint: &str| {
        rules.problem(Problem::new(at, what).hint(hint));
    };
    // Microsoft's page forbids less, but what is not a host name makes trouble with DNS later.
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name == "*" {
        problem(
            format!("{} is no name", operand(name)),
            "leave it out, and Windows makes one up",
        );
    } else if name.contains(TEMPLATE) {
        problem(
            format!(
                "{} is a template, and Windows takes names only",
                operand(name)
            ),
            "leave it out, and Windows makes one up at each install",
        );
    } else if name.len() > COMPUTER_NAME_MAX {
        let what = format!("{} has {} bytes", operand(name), name.len());
        problem(what, "a computer's name has at most 15 bytes");
    } else if let Some(bad) = name.chars().find(|c| !fits(*c)) {
        let bad = operand(&bad.to_string());
        problem(
            format!("{} has {bad}", operand(name)),
            "letters, digits, `-` and `_` make a computer's name",
        );
    } else if name.starts_with('-') || name.ends_with('-') {
        problem(
            format!("{} begins or ends with `-`", operand(name)),
            "a host name begins and ends with a letter or a digit",
        );
    } else if name.chars().all(|c| c.is_ascii_digit()) {
        problem(
            format!("{} is all digits", operand(name)),
            "add a letter: Windows Setup refuses a number as a name",
        );
    } else if name.eq_ignore_ascii_case(BUILD_ACCOUNT) {
        problem(
            format!("{} is the name of the account that builds", operand(name)),
            "an account and its computer cannot have one name; choose another",
        );
    } else if RESERVED.iter().any(|word| name.eq_ignore_ascii_case(word)) {
        let what = format!("{} is a word that Microsoft reserves", operand(name));
        let hint = "other programs take it for something else; choose another name";
        rules.warn(Problem::new(at, what).hint(hint));
    }
}

/// The time zone, as Windows names it; an IANA name is translated.
pub(super) fn time_zone(rules: &mut Rules<'_>) -> TimeZone {
    let said = rules.spec.time_zone.clone();
    match said {
        Some(said) => zone(rules, "timeZone", &said),
        None => TimeZone {
            name: "UTC".to_owned(),
            asked: None,
        },
    }
}

/// One that is named.
pub(super) fn zone(rules: &mut Rules<'_>, at: &str, zone: &str) -> TimeZone {
    let is_zone = |names: &str| names.split_whitespace().any(|name| name == zone);
    if let Some((windows, _)) = zones().find(|(_, names)| is_zone(names)) {
        return TimeZone {
            name: windows.to_owned(),
            // `UTC` is a name in both worlds.
            asked: (windows != zone).then(|| zone.to_owned()),
        };
    }
    // The same zone without daylight saving time, where there can be any.
    let base = zone.strip_suffix("_dstoff");
    let base = base.filter(|base| !base.starts_with("UTC")).unwrap_or(zone);
    if !zones().any(|(windows, _)| windows == base) {
        let what = format!("{} is no time zone of Windows or of IANA", operand(zone));
        let problem = Problem::new(at, what);
        let names = zones().flat_map(|(windows, names)| names.split_whitespace().chain([windows]));
        let meant = nearest(zone, names);
        rules.problem(match meant {
            Some(meant) => problem.hint(format!("did you mean `{meant}`?")),
            None => problem.hint("`tzutil /l` on Windows lists them"),
        });
    }
    TimeZone {
        name: zone.to_owned(),
        asked: None,
    }
}

/// Who Windows is registered to.
pub(super) fn owner(rules: &mut Rules<'_>) -> Owner {
    let owner = rules.spec.owner.clone().unwrap_or_default();
    for (at, text) in [
        ("owner.name", &owner.name),
        ("owner.organization", &owner.organization),
    ] {
        if let Some(text) = text {
            rules.text(at, text, OWNER_MAX);
        }
    }
    Owner {
        name: owner.name,
        organization: owner.organization,
    }
}
