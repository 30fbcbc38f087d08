//! What no step may take away: what Windows cannot be without, and what the guest program, which
//! does the steps, has of its own. Whichever way a step would do it is asked here.

mod files;
mod names;

use lucarne_protocol::own;
use lucarne_protocol::step::{Change, Data, FOLDER, Hive, Scope, Start, Variable};

use self::files::{expanded, is_among, takes_vital};
use super::desk::Desk;
use crate::plan::accounts::same;
use crate::problem::{attribute, operand};

const OWN: &str = "is the guest program's own, which does the steps";
const OWN_HINT: &str = "leave it to the guest program: what a build needs is taken out at its end";
const AS_IT_IS: &str = "leave it as it is";
const FIND: &str = "is what Windows' programs find each other by";
const FIND_HINT: &str = "leave it as it is; `append` and `prepend` of an `environment` step extend \
                         `PATH`";

fn vital(what: &str) -> String {
    format!("Windows cannot be without {}", operand(what))
}

/// A file or folder that is made or changed.
pub(super) fn written(desk: &mut Desk<'_, '_>, at: &str, path: &str) {
    if is_own(&expanded(path)) {
        desk.problem(at, format!("{} {OWN}", operand(path)), OWN_HINT);
    }
}

/// Whether a path can only be a folder's: a drive's, one that every Windows has, or what a variable
/// alone stands for.
pub(super) fn is_folder(path: &str) -> bool {
    let full = expanded(path);
    let alone = full.len() > 1 && full.starts_with('%') && full.ends_with('%');
    path.ends_with('\\') || files::is_folder(&full) || alone && !full.contains('\\')
}

/// A file or folder that is removed, or several, by a pattern.
pub(super) fn removed(desk: &mut Desk<'_, '_>, at: &str, path: &str) {
    let full = expanded(path);
    let shown = operand(path);
    if takes_vital(&full) {
        let hint = "name, as exactly as can be, what is no part of Windows";
        desk.problem(at, vital(path), hint);
    } else if is_own(&full) {
        desk.problem(at, format!("{shown} {OWN}"), OWN_HINT);
    } else if let Some((link, target)) = files::link_above(&full) {
        let what = format!("{shown} goes through {}, which is a link", operand(link));
        let hint = format!(
            "nothing is removed through it; it leads to {}",
            operand(target)
        );
        desk.problem(at, what, hint);
    } else if let Some(part) = path.split('\\').find(|part| is_short(part)) {
        let part = operand(part);
        let what = format!("{part} looks like a short name, and only Windows knows of what");
        desk.problem(at, what, "say the whole name");
    }
}

fn is_own(full: &str) -> bool {
    let folder = FOLDER.to_lowercase();
    let behind = full.strip_prefix(&folder);
    behind.is_some_and(|rest| rest.is_empty() || rest.starts_with('\\')) || is_among(full, &folder)
}

/// Whether a name has the form of those that Windows makes for DOS, such as `PROGRA~1`.
fn is_short(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let parts = stem.rsplit_once('~');
    stem.len() <= 8 && parts.is_some_and(|(name, number)| !name.is_empty() && digits(number))
}

/// A key that is changed, or removed with all below it.
pub(super) fn key(desk: &mut Desk<'_, '_>, at: &str, said: &str, hive: Hive, changes: &[Change]) {
    let path = said.split_once('\\').map_or("", |(_, path)| path);
    let path = current(&path.to_lowercase());
    let at_key = attribute(at, "key");
    if hive == Hive::Machine && names::is_own_key(&path) {
        desk.problem(&at_key, format!("{} {OWN}", operand(said)), OWN_HINT);
    } else if *changes == [Change::DeleteKey] && names::is_key(hive, &path) {
        let hint = if hive == Hive::Machine && names::is_in_whole(&path) {
            AS_IT_IS
        } else {
            "name a key further below, or another"
        };
        desk.problem(&at_key, vital(said), hint);
    } else {
        values(desk, at, hive, &path, changes);
    }
}

fn values(desk: &mut Desk<'_, '_>, at: &str, hive: Hive, path: &str, changes: &[Change]) {
    let scope = match hive {
        Hive::Machine if path == names::ENVIRONMENT => Some(Scope::Machine),
        Hive::DefaultUser | Hive::EveryUser if path == "environment" => Some(Scope::EveryUser),
        _ => None,
    };
    let is_removed = |change: &&Change| matches!(change, Change::DeleteValue(_));
    let count = changes.iter().filter(is_removed).count();
    let paths = desk.rules.elements(&attribute(at, "deleteValues"), count);
    let mut paths = paths.into_iter();
    for change in changes {
        let (name, at, variable) = match change {
            Change::DeleteValue(name) => (name, paths.next().unwrap_or_default(), Variable::Delete),
            Change::Set { name, data } => {
                let text = match data {
                    Data::String(text) | Data::ExpandString(text) => text.clone(),
                    _ => String::new(),
                };
                let at = attribute(&attribute(at, "values"), name);
                (name, at, Variable::Set(text))
            }
            Change::Create | Change::DeleteKey => continue,
        };
        if let Some(scope) = scope {
            self::variable(desk, &at, name, scope, &variable);
        } else if hive == Hive::Machine && names::is_value(path, change) {
            let what = format!("{} is what Windows starts by", operand(name));
            desk.problem(&at, what, AS_IT_IS);
        }
    }
}

/// The set of controls that is in use, by the name of it that is always right.
pub(super) fn current(path: &str) -> String {
    let numbered = path.strip_prefix(r"system\controlset");
    match numbered.and_then(|rest| rest.split_at_checked(3)) {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => {
            format!(r"system\currentcontrolset{rest}")
        }
        _ => path.to_owned(),
    }
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    let rest = path.strip_prefix(above);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
}

/// A service that is made, changed or removed.
pub(super) fn service(
    desk: &mut Desk<'_, '_>,
    at: &str,
    name: &str,
    start: Option<Start>,
    delete: bool,
) {
    if same(name, own::SERVICE) {
        desk.problem(at, format!("{} {OWN}", operand(name)), OWN_HINT);
    } else if (delete || start == Some(Start::Disabled)) && names::is_service(name) {
        desk.problem(at, vital(name), AS_IT_IS);
    }
}

/// A task, or several by a pattern.
pub(super) fn task(desk: &mut Desk<'_, '_>, at: &str, name: &str) {
    let own = own::SESSION_TASK.trim_start_matches('\\').to_lowercase();
    if is_among(&name.trim_start_matches('\\').to_lowercase(), &own) {
        let what = format!("{} {OWN}", operand(name));
        desk.problem(at, what, OWN_HINT);
    }
}

/// A variable that is set, extended or removed.
pub(super) fn variable(
    desk: &mut Desk<'_, '_>,
    at: &str,
    name: &str,
    scope: Scope,
    change: &Variable,
) {
    let machine = scope == Scope::Machine;
    let delete = *change == Variable::Delete && names::is_variable(name, machine);
    if names::is_of_windows(name) || delete {
        desk.problem(at, format!("{} {FIND}", operand(name)), FIND_HINT);
    } else if machine
        && let Variable::Set(value) = change
        && let Some(held) = names::lacks(name, value)
    {
        let what = format!("{} would no longer hold {}", operand(name), operand(held));
        desk.problem(at, what, FIND_HINT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guest_programs_folder_is_its_own() {
        for own in [
            r"C:\Windows\Lucarne",
            r"%windir%\LUCARNE\state.json",
            r"C:\Windows\Luc*",
        ] {
            assert!(is_own(&expanded(own)), "{own}");
        }
        assert!(!is_own(&expanded(r"C:\Windows\Lucarnes")));
        assert!(!is_own(&expanded(r"C:\Windows")));
    }

    #[test]
    fn names_of_dos_are_known() {
        for short in ["WINDOW~1", "PROGRA~2", "A~1.TXT", "a~10"] {
            assert!(is_short(short), "{short}");
        }
        for long in ["~1", "a~", "longer~name~1", "a~b", "~$a.docx"] {
            assert!(!is_short(long), "{long}");
        }
    }
}
