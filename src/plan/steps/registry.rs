//! Rules of the registry.
//!
//! Limits are those of Microsoft's page "Registry element size limits".

use lucarne_protocol::step::{Action, Change, Data, Hive, Phase, Registry};

use super::desk::Desk;
use super::{texts, vital};
use crate::plan::accounts::same;
use crate::plan::rules::wrong_text;
use crate::problem::{Problem, attribute, nearest, operand};
use crate::spec::step;

const PART_MAX: usize = 255;
const LEVELS_MAX: usize = 512;
const VALUE_NAME_MAX: usize = 16383;
/// Longer data belong into a file, says the page.
const DATA_MAX: usize = 1 << 20;
const VALUES_MAX: usize = 1000;
/// Each root by its names.
const ROOTS: [(&str, Hive); 10] = [
    ("HKLM", Hive::Machine),
    ("HKEY_LOCAL_MACHINE", Hive::Machine),
    ("HKCR", Hive::Classes),
    ("HKEY_CLASSES_ROOT", Hive::Classes),
    ("HKU", Hive::Users),
    ("HKEY_USERS", Hive::Users),
    ("HKCU", Hive::CurrentUser),
    ("HKEY_CURRENT_USER", Hive::CurrentUser),
    ("DefaultUser", Hive::DefaultUser),
    ("EveryUser", Hive::EveryUser),
];

/// What switches hibernation on, or fast start-up: values that `powercfg` and the control panel
/// write.
const HIBERNATION: [(&str, &str); 2] = [
    (
        r"system\currentcontrolset\control\power",
        "HibernateEnabled",
    ),
    (
        r"system\currentcontrolset\control\session manager\power",
        "HiberbootEnabled",
    ),
];

/// Changes of a key.
pub(super) fn registry(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: &step::Registry,
) -> (Action, String) {
    let (hive, path) = key(desk, &attribute(at, "key"), &said.key);
    if hive == Hive::CurrentUser {
        whose(desk, &attribute(at, "key"));
    }
    let delete = said.delete == Some(true);
    of_classes(desk, &attribute(at, "key"), hive, &path);
    let changes = changes(desk, at, said);
    hibernation(desk, at, hive, &path, &changes);
    // A root alone is told as such, and removing what is right below one.
    if path.contains('\\') || !delete {
        vital::key(desk, at, &said.key, hive, &changes);
    }
    if delete && !path.contains('\\') {
        let what = format!("{} is too much to remove", operand(&said.key));
        desk.problem(&attribute(at, "delete"), what, "name a key further below");
    }
    let word = match changes.as_slice() {
        [Change::Create] => "Make",
        [Change::DeleteKey] => "Remove",
        _ => "Change",
    };
    let name = format!("{word} {}", said.key);
    let registry = Registry {
        hive,
        path,
        changes,
    };
    (Action::Registry(registry), name)
}

fn hibernation(desk: &mut Desk<'_, '_>, at: &str, hive: Hive, path: &str, changes: &[Change]) {
    let path = vital::current(&path.to_lowercase());
    let Some((_, value)) = HIBERNATION.iter().find(|(key, _)| *key == path) else {
        return;
    };
    for change in changes {
        if let Change::Set { name, data } = change
            && hive == Hive::Machine
            && same(name, value)
            && *data != Data::Dword(0)
        {
            super::system::hibernation(desk, &attribute(&attribute(at, "values"), name));
        }
    }
}

/// HKCU is the hive of whoever the step runs as, who is nobody that matters.
fn whose(desk: &mut Desk<'_, '_>, at: &str) {
    let who = match desk.place.phase {
        Phase::Session => "the account that builds, which is disabled afterwards",
        Phase::Specialize | Phase::System | Phase::Boot => "SYSTEM",
    };
    let what = format!("`HKCU` is of {who}");
    let hint = "`EveryUser` is of each account, those to come included";
    desk.rules.warn(Problem::new(at, what).hint(hint));
}

/// An account's `Software\Classes` is a link to a hive of its own (`UsrClass.dat`), which only
/// comes to be at its first logon: what is in its place in the account's other hive nobody reads.
pub(super) fn of_classes(desk: &mut Desk<'_, '_>, at: &str, hive: Hive, path: &str) {
    let lower = path.to_lowercase();
    let rest = lower.strip_prefix(r"software\classes");
    let is_there = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'));
    if is_there && matches!(hive, Hive::DefaultUser | Hive::EveryUser) {
        let what = r"an account has its `Software\Classes` in a hive that its first logon makes";
        let hint = "a `StubPath` of Active Setup runs for each account when it logs on, as that \
                    of `explorer.withOldExplorerMenu` does; `HKLM\\SOFTWARE\\Classes` is of all";
        desk.problem(at, what, hint);
    }
}

fn changes(desk: &mut Desk<'_, '_>, at: &str, said: &step::Registry) -> Vec<Change> {
    let values = said.values.as_ref();
    let removed = said.delete_values.as_deref().unwrap_or_default();
    let count = values.map_or(0, std::collections::BTreeMap::len);
    if said.delete == Some(true) {
        if count + removed.len() > 0 {
            let what = "the key is removed, and its values are changed";
            let hint = "leave one of them out, or make a second step of it";
            desk.problem(&attribute(at, "delete"), what, hint);
        }
        return vec![Change::DeleteKey];
    }
    if count > VALUES_MAX {
        let what = format!("has {count} values, more than {VALUES_MAX}");
        desk.problem(&attribute(at, "values"), what, "make a second step of some");
    }
    let mut changes = Vec::new();
    let at_removed = attribute(at, "deleteValues");
    let paths = desk.elements(&at_removed, removed, VALUES_MAX);
    for (index, (name, path)) in removed.iter().zip(paths).enumerate() {
        value_name(desk, &path, name);
        if removed[..index].iter().any(|other| same(other, name)) {
            let what = format!("{} is there twice", operand(name));
            desk.problem(&path, what, "leave one of them out");
        }
        if values.is_some_and(|values| values.keys().any(|other| same(other, name))) {
            let what = format!("{} is removed and written", operand(name));
            desk.problem(&path, what, "leave it in one of the lists");
        }
        changes.push(Change::DeleteValue(name.clone()));
    }
    let at_values = attribute(at, "values");
    let mut before: Vec<&String> = Vec::new();
    for (name, value) in values.into_iter().flatten().take(VALUES_MAX) {
        let path = attribute(&at_values, name);
        value_name(desk, &path, name);
        desk.once(&path, name, &before);
        before.push(name);
        // The default value has the name of its key.
        let of_key = said.key.rsplit('\\').next().unwrap_or_default();
        desk.warn_of_secret(&path, if name.is_empty() { of_key } else { name });
        let data = data(desk, &path, value);
        changes.push(Change::Set {
            name: name.clone(),
            data,
        });
    }
    if changes.is_empty() {
        changes.push(Change::Create);
    }
    changes
}

/// A key's root and what follows it.
pub(super) fn key(desk: &mut Desk<'_, '_>, at: &str, key: &str) -> (Hive, String) {
    let (root, path) = key.split_once('\\').unwrap_or((key, ""));
    let known = ROOTS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(root));
    let Some((_, hive)) = known else {
        unknown_root(desk, at, key, root);
        return (Hive::Machine, path.to_owned());
    };
    let parts: Vec<_> = path.split('\\').collect();
    let wrong = |part: &&str| wrong_text(part, PART_MAX);
    if path.is_empty() {
        let what = format!("{} is a root alone", operand(key));
        desk.problem(
            at,
            what,
            r"name a key below it, such as `HKLM\SOFTWARE\Example`",
        );
    } else if parts.len() > LEVELS_MAX {
        let what = format!("has {} levels, more than {LEVELS_MAX}", parts.len());
        desk.problem(at, what, "Windows allows no more");
    } else if let Some((part, what)) = parts.iter().find_map(|part| Some((part, wrong(part)?))) {
        let what = format!("the part {} {what}", operand(part));
        let hint = format!("`\\` parts a key's names, of 1 to {PART_MAX} characters each");
        desk.problem(at, what, hint);
    }
    (*hive, path.to_owned())
}

fn unknown_root(desk: &mut Desk<'_, '_>, at: &str, key: &str, root: &str) {
    if key.contains('/') && !key.contains('\\') {
        let what = format!("{} has `/`", operand(key));
        desk.problem(
            at,
            what,
            "`\\` parts a key's names; in Nix it is written `\\\\`",
        );
        return;
    }
    let what = format!("{} is no root of the registry", operand(root));
    let names = ROOTS.iter().map(|(name, _)| *name);
    let hint = match nearest(root, names) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`HKLM`, `HKCR`, `HKU`, `HKCU`, `DefaultUser` and `EveryUser` are".to_owned(),
    };
    desk.problem(at, what, hint);
}

/// A value's name; the empty one is the key's default value.
pub(super) fn value_name(desk: &mut Desk<'_, '_>, at: &str, name: &str) {
    let wrong = wrong_text(name, VALUE_NAME_MAX).filter(|_| !name.is_empty());
    if let Some(what) = wrong {
        let hint = format!("at most {VALUE_NAME_MAX} characters on one line make one");
        let problem = Problem::new(at, format!("the value's name {what}")).hint(hint);
        desk.rules.problem_of_name(problem);
    }
}

/// A value's data.
pub(super) fn data(desk: &mut Desk<'_, '_>, at: &str, value: &step::Value) -> Data {
    match value {
        step::Value::Dword(number) => Data::Dword(*number),
        step::Value::String(text) => Data::String(string(desk, at, text)),
        step::Value::MultiString(list) => Data::MultiString(strings(desk, at, list)),
        step::Value::Typed(typed) => typed_data(desk, at, typed),
    }
}

fn typed_data(desk: &mut Desk<'_, '_>, at: &str, typed: &step::Typed) -> Data {
    let inner = |name: &str| attribute(at, name);
    let mut found = Vec::new();
    found.extend(typed.dword.map(Data::Dword));
    found.extend(typed.qword.map(Data::Qword));
    let text = typed.string.as_ref();
    found.extend(text.map(|text| Data::String(string(desk, &inner("string"), text))));
    let text = typed.expand_string.as_ref();
    found.extend(text.map(|text| Data::ExpandString(string(desk, &inner("expandString"), text))));
    let list = typed.multi_string.as_ref();
    found.extend(list.map(|list| Data::MultiString(strings(desk, &inner("multiString"), list))));
    let digits = typed.binary.as_ref();
    found.extend(digits.map(|digits| Data::Binary(binary(desk, &inner("binary"), digits))));
    found.extend(typed.none.and_then(|none| none.then_some(Data::None)));
    if found.len() != 1 {
        let what = format!("has {} types", found.len());
        let hint = "exactly one of `dword`, `qword`, `string`, `expandString`, `multiString`, \
                    `binary` and `none` is there";
        desk.problem_of_all(at, what, hint);
    }
    found.pop().unwrap_or(Data::None)
}

fn string(desk: &mut Desk<'_, '_>, at: &str, text: &str) -> String {
    texts::value(desk, at, text, DATA_MAX);
    text.to_owned()
}

fn strings(desk: &mut Desk<'_, '_>, at: &str, list: &[String]) -> Vec<String> {
    let paths = desk.elements(at, list, VALUES_MAX);
    for (text, at) in list.iter().zip(paths) {
        if text.is_empty() {
            let hint = "an empty text ends a `REG_MULTI_SZ`; leave it out";
            desk.problem(&at, "is empty", hint);
        }
        texts::value(desk, &at, text, DATA_MAX);
    }
    list.to_vec()
}

fn binary(desk: &mut Desk<'_, '_>, at: &str, digits: &str) -> String {
    let hint = "such as `00ff10`";
    if digits.len() > DATA_MAX {
        let what = format!("has {} digits, more than {DATA_MAX}", digits.len());
        desk.problem(at, what, "larger data belong into a file");
    } else if let Some(bad) = digits.chars().find(|c| !c.is_ascii_hexdigit()) {
        let what = format!(
            "has {}, which is no hexadecimal digit",
            operand(&bad.to_string())
        );
        desk.problem(at, what, hint);
    } else if digits.len() % 2 == 1 {
        desk.problem(at, "has an odd number of hexadecimal digits", hint);
    }
    digits.to_lowercase()
}
