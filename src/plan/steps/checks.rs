//! Rules of what tells that a step is done.

use lucarne_protocol::step::{Check, Hive};

use super::desk::Desk;
use super::{paths, programs, registry, services};
use crate::problem::attribute;
use crate::spec::step;

/// A check, which is one of several kinds.
pub(super) fn check(desk: &mut Desk<'_, '_>, at: &str, said: &step::StepCheck) -> Option<Check> {
    let mut found = Vec::new();
    if let Some(path) = &said.path {
        paths::path(desk, &attribute(at, "path"), path);
        found.push(Check::Path(path.clone()));
    }
    if let Some(said) = &said.registry {
        found.push(value(desk, &attribute(at, "registry"), said));
    }
    if let Some(name) = &said.service {
        services::service_name(desk, &attribute(at, "service"), name);
        found.push(Check::Service(name.clone()));
    }
    if let Some(said) = &said.power_shell {
        let at = attribute(at, "powerShell");
        let script = programs::power_shell_script(desk, &at, said, "check.ps1");
        if !script.exit_codes.reboot.is_empty() {
            let hint = "leave it out: looking changes nothing";
            desk.problem(
                &format!("{at}.exitCodes.reboot"),
                "a check restarts nothing",
                hint,
            );
        }
        found.push(Check::PowerShell(script));
    }
    if found.len() != 1 {
        let what = format!("says {} things to look at", found.len());
        let hint = "exactly one of `path`, `registry`, `service` and `powerShell` is there";
        desk.problem_of_all(at, what, hint);
    }
    found.pop()
}

fn value(desk: &mut Desk<'_, '_>, at: &str, said: &step::ValueCheck) -> Check {
    let at_key = attribute(at, "key");
    let (hive, path) = registry::key(desk, &at_key, &said.key);
    if hive == Hive::EveryUser {
        let hint = "`DefaultUser` is what every new account begins with";
        desk.problem(&at_key, "`EveryUser` has several answers", hint);
    }
    if let Some(name) = &said.name {
        registry::value_name(desk, &attribute(at, "name"), name);
    }
    let at_data = attribute(at, "data");
    if said.data.is_some() && said.name.is_none() {
        let hint = "say its `name` too; the key's default value has the name `\"\"`";
        desk.problem(&at_data, "is of a value, and none is named", hint);
    }
    let data = said.data.as_ref();
    Check::Registry {
        hive,
        path,
        name: said.name.clone(),
        data: data.map(|data| registry::data(desk, &at_data, data)),
    }
}
