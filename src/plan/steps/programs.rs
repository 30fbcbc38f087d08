//! Rules of programs and scripts.

use std::collections::BTreeMap;

use lucarne_protocol::step::{Action, Argument, ArgumentFile, Location, Program, Script};

use super::desk::Desk;
use super::payloads::{self, Contents, Host, HostKind};
use super::{exits, lines, paths, texts, vital};
use crate::problem::{attribute, operand};
use crate::spec::step;

const ARGUMENTS_MAX: usize = 256;
/// The longest value of a variable, as which scripts have their arguments too.
const VALUE_MAX: usize = 32_766;
const VARIABLES_MAX: usize = 256;

/// A program.
pub(super) fn program(desk: &mut Desk<'_, '_>, at: &str, said: &step::Program) -> (Action, String) {
    let (program, name) = location(desk, at, said);
    desk.beside(&attribute(at, "files"), said.files.as_ref());
    let arguments = arguments(desk, &attribute(at, "arguments"), said.arguments.as_deref());
    lines::arguments(desk, &attribute(at, "arguments"), &arguments);
    let environment = environment(desk, &attribute(at, "environment"), said);
    if let Some(folder) = &said.working_folder {
        paths::path(desk, &attribute(at, "workingFolder"), folder);
    }
    let program = Program {
        program,
        arguments,
        environment,
        working_folder: said.working_folder.clone(),
        exit_codes: exits::of_program(desk, at, said.exit_codes.as_ref()),
    };
    (Action::Program(program), format!("Run {name}"))
}

fn location(desk: &mut Desk<'_, '_>, at: &str, said: &step::Program) -> (Location, String) {
    match (&said.path, &said.source) {
        (Some(path), None) => {
            let name = path.rsplit('\\').next().unwrap_or(path);
            in_windows(desk, &attribute(at, "path"), path, name);
            if said.files.is_some() {
                let hint = "name the program as `source`, or the files as arguments";
                desk.problem(
                    &attribute(at, "files"),
                    "there is no `source` to be beside",
                    hint,
                );
            }
            (Location::Path(path.clone()), name.to_owned())
        }
        (None, Some(source)) => {
            let at_source = attribute(at, "source");
            let name = payloads::host_name(source);
            if payloads::wrong_host_path(source).is_none() {
                is_program(desk, &at_source, name);
            }
            let payload = match said.files {
                // It has a folder of its own then.
                Some(_) => desk.host_as(&at_source, source, HostKind::File, name),
                None => desk.host(&at_source, source, HostKind::File),
            };
            (Location::Payload(payload), name.to_owned())
        }
        _ => {
            let hint = super::one_of(said.path.is_some());
            desk.problem_of_all(at, "one of `path` and `source` says which program", hint);
            (Location::Path(String::new()), String::new())
        }
    }
}

/// A program that is in Windows already.
fn in_windows(desk: &mut Desk<'_, '_>, at: &str, path: &str, name: &str) {
    let such_as = r"such as `cscript.exe` or `C:\Tools\a.exe`";
    if path.contains('\\') && paths::wrong(path).is_some() {
        paths::path(desk, at, path);
    } else if name.is_empty() && !path.is_empty() {
        desk.problem(at, format!("{} is a folder", operand(path)), such_as);
    } else if let Some(what) = paths::wrong_name(name, 255) {
        desk.problem(at, format!("the name {} {what}", operand(name)), such_as);
    } else if paths::wrong(path).is_none() && name.ends_with('%') {
        // A variable may stand for a whole program, as `%ComSpec%` does.
    } else if path.contains(['\\', '.']) {
        // A name alone is looked for along `PATH`, with `.exe` where it ends with nothing.
        is_program(desk, at, name);
    }
}

/// A program that Windows starts, by its whole path, whose name ends with one of these.
pub(super) fn started(desk: &mut Desk<'_, '_>, at: &str, path: &str, ends: &[&str], hint: &str) {
    let lower = path.to_lowercase();
    paths::path(desk, at, path);
    // A variable may stand for a whole program, as `%ComSpec%` does.
    if paths::wrong(path).is_some() || path.ends_with('%') {
        return;
    }
    if vital::is_folder(path) {
        desk.problem(at, format!("{} is a folder", operand(path)), hint);
    } else if !ends.iter().any(|end| lower.ends_with(end)) {
        let what = format!("{} is no program: its name ends otherwise", operand(path));
        desk.problem(at, what, hint);
    }
}

/// `CreateProcess` starts nothing else: what a script or a package is opened with knows Explorer.
fn is_program(desk: &mut Desk<'_, '_>, at: &str, name: &str) {
    let lower = name.to_lowercase();
    if ![".exe", ".com"].iter().any(|end| lower.ends_with(end)) {
        let what = format!("{} is no program: its name ends otherwise", operand(name));
        let hint = "`.exe` is one; `msi`, `msix`, `powerShell` and `cmd` are steps too";
        desk.problem(at, what, hint);
    }
}

fn environment(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: &step::Program,
) -> BTreeMap<String, String> {
    let variables = said.environment.clone().unwrap_or_default();
    if variables.len() > VARIABLES_MAX {
        let what = format!(
            "has {} variables, more than {VARIABLES_MAX}",
            variables.len()
        );
        desk.problem(at, what, "leave some out");
    }
    let mut before: Vec<&String> = Vec::new();
    for (name, value) in variables.iter().take(VARIABLES_MAX) {
        let at = attribute(at, name);
        desk.once(&at, name, &before);
        before.push(name);
        super::system::variable_name(desk, &at, name);
        texts::value(desk, &at, value, VALUE_MAX);
        desk.warn_of_secret(&at, name);
    }
    variables
}

/// Arguments as Windows will have them, but for the places of files.
fn arguments(desk: &mut Desk<'_, '_>, at: &str, said: Option<&[step::Argument]>) -> Vec<Argument> {
    let said = said.unwrap_or_default();
    let paths = desk.elements(at, said, ARGUMENTS_MAX);
    let mut arguments = Vec::new();
    let mut before = None;
    for (argument, at) in said.iter().zip(paths) {
        match argument {
            step::Argument::Text(text) => {
                texts::value(desk, &at, text, VALUE_MAX);
                desk.warn_of_argument(&at, before.replace(text), text);
                arguments.push(Argument::Text(text.clone()));
            }
            step::Argument::File(file) => {
                before = None;
                let prefix = file.prefix.as_deref().unwrap_or_default();
                texts::value(desk, &attribute(&at, "prefix"), prefix, VALUE_MAX);
                let source = attribute(&at, "source");
                let payload = desk.host(&source, &file.source, HostKind::Any);
                arguments.push(Argument::File(ArgumentFile {
                    prefix: prefix.to_owned(),
                    payload,
                }));
            }
        }
    }
    arguments
}

/// A script of `PowerShell`'s.
pub(super) fn power_shell(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: &step::Script,
) -> (Action, String) {
    let script = power_shell_script(desk, at, said, "script.ps1");
    (
        Action::PowerShell(script),
        named(said, "Run a script of PowerShell's"),
    )
}

/// One that a check runs has another name.
pub(super) fn power_shell_script(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: &step::Script,
    name: &str,
) -> Script {
    let script = script(desk, at, said, name, HostKind::PowerShell);
    lines::arguments(desk, &attribute(at, "arguments"), &script.arguments);
    script
}

/// A script of cmd's.
pub(super) fn cmd(desk: &mut Desk<'_, '_>, at: &str, said: &step::Script) -> (Action, String) {
    let script = script(desk, at, said, "script.cmd", HostKind::Cmd);
    let at = attribute(at, "arguments");
    lines::cmd(desk, &at, &script);
    let paths = desk.rules.elements(&at, script.arguments.len());
    for (argument, at) in script.arguments.iter().zip(paths) {
        if argument.text().contains(['\r', '\n']) {
            let hint = "write it to a file, and give the file's path";
            desk.problem(
                &at,
                "has several lines, and cmd's own ends with the first",
                hint,
            );
        }
    }
    (Action::Cmd(script), named(said, "Run a script of cmd's"))
}

fn named(said: &step::Script, otherwise: &str) -> String {
    match &said.source {
        Some(source) => format!("Run {}", payloads::host_name(source)),
        None => otherwise.to_owned(),
    }
}

fn script(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: &step::Script,
    name: &str,
    kind: HostKind,
) -> Script {
    let payload = match (&said.text, &said.source) {
        (Some(text), None) => {
            let at = attribute(at, "text");
            texts::warn_of_key(desk, &at, text);
            let text = script_text(desk, &at, text, kind);
            desk.put(&at, name, Contents::Text(text))
        }
        (None, Some(path)) => {
            let at = attribute(at, "source");
            if let Some(what) = payloads::wrong_host_path(path) {
                desk.problem(&at, what, "name a file of this host, by its whole path");
            }
            let path = path.clone();
            desk.put(&at, name, Contents::Host(Host { path, kind }))
        }
        _ => {
            let hint = super::one_of(said.text.is_some());
            desk.problem_of_all(at, "one of `text` and `source` says which script", hint);
            desk.put(at, name, Contents::Text(String::new()))
        }
    };
    desk.beside(&attribute(at, "files"), said.files.as_ref());
    Script {
        script: payload,
        arguments: arguments(desk, &attribute(at, "arguments"), said.arguments.as_deref()),
        exit_codes: exits::of_script(desk, at, said.exit_codes.as_ref()),
    }
}

fn script_text(desk: &mut Desk<'_, '_>, at: &str, text: &str, kind: HostKind) -> String {
    let read = match kind {
        HostKind::Cmd => texts::cmd(text),
        _ => texts::power_shell(text),
    };
    read.unwrap_or_else(|unreadable| {
        desk.problem(at, unreadable.what, unreadable.hint);
        String::new()
    })
}
