//! Conditions that steps name.

use std::path::Path;

use lucarne_protocol::step::{Check, Data, Hive};

use super::files;
use super::hive;
use super::registry::Key;
use super::scm;
use super::variables::Variables;
use crate::value;

/// Whether a condition holds that needs no program.
pub(super) fn holds(check: &Check, variables: &Variables) -> Result<bool, String> {
    match check {
        Check::Path(path) => {
            let path = files::place(path, variables)?;
            let there = Path::new(&path).try_exists();
            there.map_err(|error| format!("cannot look for `{path}`: {error}"))
        }
        Check::Registry {
            hive,
            path,
            name,
            data,
        } => registry(*hive, path, name.as_deref(), data.as_ref()),
        Check::Service(name) => scm::exists(name),
        Check::PowerShell(_) => Err("a script is no such condition".to_owned()),
    }
}

/// With several hives it holds in all of them or not at all.
fn registry(
    hive: Hive,
    path: &str,
    name: Option<&str>,
    data: Option<&Data>,
) -> Result<bool, String> {
    let wanted = data.map(value::encode).transpose()?;
    let mut all = true;
    hive::each(hive, |root, prefix| {
        let key = Key::open(root, &format!("{prefix}{path}"))?;
        let here = match (key, name) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(key), Some(name)) => {
                let found = key.get(name)?;
                found.is_some_and(|found| wanted.as_ref().is_none_or(|wanted| *wanted == found))
            }
        };
        all &= here;
        Ok(())
    })?;
    Ok(all)
}
