//! Rules of the environment, power, names of hosts, the computer's name and its time zone.

use core::net::IpAddr;

use lucarne_protocol::step::{
    Action, Environment, Hosts, Phase, Power, PowerSource, Scope, Setting, TimeOut, Variable,
};

use super::desk::Desk;
use super::{texts, vital};
use crate::plan::network::dns_name;
use crate::plan::rules::wrong_text;
use crate::plan::{generalize, names};
use crate::problem::{Problem, attribute, operand};
use crate::spec::step;

/// The dialog of Windows takes no longer names, and none with `=`.
const VARIABLE_MAX: usize = 255;
const VALUE_MAX: usize = 32_766;
const ELEMENTS_MAX: usize = 256;
/// Windows' resolver reads no more names of a line (RFC 952 has no limit).
const NAMES_MAX: usize = 9;
/// Windows counts them in seconds of 32 bits.
const MINUTES_MAX: u32 = u32::MAX / 60;

/// A variable of the environment.
pub(super) fn environment(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: &step::Environment,
) -> (Action, String) {
    variable_name(desk, &attribute(at, "name"), &said.name);
    let mut found = Vec::new();
    if let Some(value) = &said.value {
        let at = attribute(at, "value");
        desk.warn_of_secret(&at, &said.name);
        if value.is_empty() {
            let hint = "Windows has no empty variables; `delete = true` removes it";
            desk.problem(&at, "is empty", hint);
        }
        texts::value(desk, &at, value, VALUE_MAX);
        found.push(Variable::Set(value.clone()));
    }
    if let Some(list) = &said.append {
        found.push(Variable::Append(elements(
            desk,
            &attribute(at, "append"),
            list,
        )));
    }
    if let Some(list) = &said.prepend {
        found.push(Variable::Prepend(elements(
            desk,
            &attribute(at, "prepend"),
            list,
        )));
    }
    found.extend((said.delete == Some(true)).then_some(Variable::Delete));
    if found.len() != 1 {
        let what = format!("says {} things to do", found.len());
        let hint = "exactly one of `value`, `append`, `prepend` and `delete` is there";
        desk.problem_of_all(at, what, hint);
    }
    let said_one = found.len() == 1;
    let variable = found.pop().unwrap_or(Variable::Delete);
    let scope = match said.scope {
        None | Some(step::Scope::Machine) => Scope::Machine,
        Some(step::Scope::EveryUser) => Scope::EveryUser,
    };
    if said_one {
        vital::variable(desk, &attribute(at, "name"), &said.name, scope, &variable);
    }
    let word = match variable {
        Variable::Set(_) => "Set",
        Variable::Delete => "Remove",
        Variable::Append(_) | Variable::Prepend(_) => "Extend",
    };
    let name = format!("{word} the variable {}", said.name);
    let environment = Environment {
        name: said.name.clone(),
        scope,
        variable,
    };
    (Action::Environment(environment), name)
}

/// A variable's name.
pub(super) fn variable_name(desk: &mut Desk<'_, '_>, at: &str, name: &str) {
    let what = wrong_text(name, VARIABLE_MAX).or_else(|| {
        let bad = name.chars().find(|c| "=%".contains(*c))?;
        Some(format!("has {}", operand(&bad.to_string())))
    });
    if let Some(what) = what {
        let hint = format!("1 to {VARIABLE_MAX} characters without `=` and `%` make a name");
        let problem = Problem::new(at, format!("the variable's name {what}")).hint(hint);
        desk.rules.problem(problem);
    }
}

fn elements(desk: &mut Desk<'_, '_>, at: &str, list: &[String]) -> Vec<String> {
    if list.is_empty() {
        desk.problem_of_all(at, "is empty", "leave the step out");
    }
    let paths = desk.elements(at, list, ELEMENTS_MAX);
    for (text, at) in list.iter().zip(paths) {
        if text.contains(';') {
            let what = format!("{} has `;`, which parts the elements", operand(text));
            desk.problem(&at, what, "make two elements of it");
        } else if text.is_empty() {
            desk.problem(&at, "is empty", "leave it out");
        }
        texts::value(desk, &at, text, VALUE_MAX);
    }
    list.to_vec()
}

/// How Windows saves power.
pub(super) fn power(desk: &mut Desk<'_, '_>, at: &str, said: &step::Power) -> (Action, String) {
    if let Some(plan) = said.plan.as_ref().filter(|plan| !is_guid(plan)) {
        let what = format!("{} is no GUID", operand(plan));
        let hint = "such as `8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c`; `powercfg /list` shows them";
        desk.problem(&attribute(at, "plan"), what, hint);
    }
    let said_time_outs = said.time_outs.as_deref().unwrap_or_default();
    if said.plan.is_none() && said.hibernation.is_none() && said_time_outs.is_empty() {
        let hint = "`plan`, `hibernation` and `timeOuts` do";
        desk.problem_of_all(at, "says nothing to do", hint);
    }
    if said.hibernation == Some(true) {
        hibernation(desk, &attribute(at, "hibernation"));
    }
    let at = attribute(at, "timeOuts");
    let paths = desk.elements(&at, said_time_outs, 16);
    let mut time_outs = Vec::new();
    for (said, at) in said_time_outs.iter().zip(paths) {
        if said.minutes > MINUTES_MAX {
            let what = format!("{} min is not from 0 to {MINUTES_MAX} min", said.minutes);
            desk.problem(&attribute(&at, "minutes"), what, "0 is never");
        }
        let of_this = each_source(said);
        let same =
            |one: &TimeOut, other: &TimeOut| (one.of, one.source) == (other.of, other.source);
        let is_there = |it: &TimeOut| time_outs.iter().any(|other| same(it, other));
        if of_this.iter().any(is_there) {
            let hint = "leave one of them out; without `source` it is of both";
            desk.problem(&at, "says a time that is said before", hint);
        }
        time_outs.extend(of_this);
    }
    let power = Power {
        plan: said.plan.clone(),
        hibernation: said.hibernation,
        time_outs,
    };
    (
        Action::Power(power),
        "Change how Windows saves power".to_owned(),
    )
}

/// Hibernation, or fast start-up, which is a part of it, is switched on.
pub(super) fn hibernation(desk: &mut Desk<'_, '_>, at: &str) {
    if desk.decided.defaults.is_some_and(|on| on.no_hibernation) {
        let what = "switches on what `defaults.noHibernation` switches off";
        let hint = "leave it out, or say `defaults.noHibernation = false` too: a data disk may \
                    lose what was written to it then";
        let problem = Problem::new(at, what).hint(hint);
        desk.rules.problem_of(&["defaults.noHibernation"], problem);
    }
}

fn each_source(said: &step::TimeOut) -> Vec<TimeOut> {
    let of = match said.of {
        step::TimeOutOf::Monitor => Setting::Monitor,
        step::TimeOutOf::Disk => Setting::Disk,
        step::TimeOutOf::Standby => Setting::Standby,
        step::TimeOutOf::Hibernate => Setting::Hibernate,
    };
    let sources = match said.source {
        None => vec![PowerSource::Mains, PowerSource::Battery],
        Some(step::PowerSource::Mains) => vec![PowerSource::Mains],
        Some(step::PowerSource::Battery) => vec![PowerSource::Battery],
    };
    let minutes = said.minutes;
    let sources = sources.into_iter();
    sources
        .map(|source| TimeOut {
            of,
            source,
            minutes,
        })
        .collect()
}

fn is_guid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<_> = text.split('-').collect();
    let hex = |part: &&str| part.bytes().all(|b| b.is_ascii_hexdigit());
    parts.iter().map(|part| part.len()).eq(lengths) && parts.iter().all(hex)
}

/// Names of an address.
pub(super) fn hosts(desk: &mut Desk<'_, '_>, at: &str, said: &step::Hosts) -> (Action, String) {
    if said.address.parse::<IpAddr>().is_err() {
        let what = format!("{} is no address", operand(&said.address));
        desk.problem(
            &attribute(at, "address"),
            what,
            "such as `192.0.2.1` or `2001:db8::1`",
        );
    }
    let at = attribute(at, "names");
    if said.names.is_empty() {
        desk.problem_of_all(&at, "is empty", "such as `server.example.org`");
    }
    let paths = desk.elements(&at, &said.names, NAMES_MAX);
    for (name, at) in said.names.iter().zip(paths) {
        if let Err(what) = dns_name(name) {
            desk.problem(&at, what, "such as `server.example.org`");
        }
    }
    let hosts = Hosts {
        address: said.address.clone(),
        names: said.names.clone(),
    };
    let name = format!("Name {} {}", said.address, said.names.join(" "));
    (Action::Hosts(hosts), name)
}

/// The computer's name.
pub(super) fn computer_name(desk: &mut Desk<'_, '_>, at: &str, name: &str) -> (Action, String) {
    names::check_computer_name(desk.rules, at, name);
    if let Some(other) = desk.rules.spec.computer_name.as_deref() {
        let what = format!("the image's `computerName` is {} too", operand(other));
        desk.problem(at, what, "leave one of them out");
    }
    if desk.rules.spec.generalize == Some(true) {
        let (what, hint) = generalize::NAMED;
        desk.problem(at, what, hint);
    }
    match desk.names_computer.clone() {
        Some(first) => {
            let what = format!("{} names the computer too", operand(&first));
            desk.problem(at, what, "a computer has one name: leave one of them out");
        }
        None => desk.names_computer = Some(at.to_owned()),
    }
    if desk.place.phase == Phase::Boot {
        let what = "takes effect at the next start, and a machine that is reset never has one";
        let hint = "leave the phase out, or set the image's `computerName`";
        desk.problem(at, what, hint);
    }
    (
        Action::ComputerName(name.to_owned()),
        format!("Name the computer {name}"),
    )
}

/// The time zone.
pub(super) fn time_zone(desk: &mut Desk<'_, '_>, at: &str, zone: &str) -> (Action, String) {
    let zone = names::zone(desk.rules, at, zone).name;
    let name = format!("Set the time zone {zone}");
    (Action::TimeZone(zone), name)
}
