//! Changes of the registry, and of the variables that it keeps.

use lucarne_protocol::step::{Change, Environment, Hive, Registry, Scope, Variable};
use windows_sys::Win32::System::Registry::HKEY;

use super::registry::{self, Key};
use super::{hive, variables};
use crate::{list, value};

/// Does a step.
pub(super) fn registry(step: &Registry) -> Result<(), String> {
    hive::each(step.hive, |root, prefix| {
        let path = format!("{prefix}{}", step.path);
        let mut changes = step.changes.iter();
        changes.try_for_each(|change| one(root, &path, change))
    })
}

fn one(root: HKEY, path: &str, change: &Change) -> Result<(), String> {
    match change {
        Change::Create => Key::create(root, path).map(|_| ()),
        Change::DeleteKey => registry::delete_tree(root, path),
        Change::DeleteValue(name) => match Key::open_all(root, path)? {
            Some(key) => key.delete_value(name),
            None => Ok(()),
        },
        Change::Set { name, data } => {
            let (kind, bytes) = value::encode(data)?;
            Key::create(root, path)?.set(name, kind, &bytes)
        }
    }
}

const MACHINE: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment";

/// Does a step.
pub(super) fn variable(step: &Environment) -> Result<(), String> {
    let (hive, path) = match step.scope {
        Scope::Machine => (Hive::Machine, MACHINE),
        Scope::EveryUser => (Hive::EveryUser, "Environment"),
    };
    hive::each(hive, |root, prefix| {
        change(root, &format!("{prefix}{path}"), &step.name, &step.variable)
    })?;
    variables::tell();
    Ok(())
}

fn change(root: HKEY, path: &str, name: &str, variable: &Variable) -> Result<(), String> {
    let key = Key::create(root, path)?;
    let (elements, at_begin) = match variable {
        Variable::Delete => return key.delete_value(name),
        Variable::Set(text) => return write(&key, name, text, value::REG_SZ),
        Variable::Append(elements) => (elements, false),
        Variable::Prepend(elements) => (elements, true),
    };
    let known = key.get(name)?;
    let kind = known.as_ref().map_or(value::REG_SZ, |(kind, _)| *kind);
    let known = known
        .map(|(_, bytes)| value::text(&bytes))
        .unwrap_or_default();
    write(&key, name, &list::merge(&known, elements, at_begin), kind)
}

/// One that refers to others is of the type that says so, and one that was of it stays of it.
fn write(key: &Key, name: &str, text: &str, kind: u32) -> Result<(), String> {
    let kind = if text.contains('%') {
        value::REG_EXPAND_SZ
    } else {
        kind
    };
    let units = text.encode_utf16().chain([0]);
    let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    key.set(name, kind, &bytes)
}
