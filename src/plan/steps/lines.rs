//! Rules of command lines: each is one text of Windows', as long as its quoting makes it.

use lucarne_protocol::quote::{self, CMD_UNITS_MAX, LINE_UNITS_MAX};
use lucarne_protocol::step::{Argument, ArgumentFile, Payload, Script};

use super::desk::Desk;
use crate::plan::Purpose;

/// What may stand before the user's arguments: a path of a program's, one of a script's, and
/// switches.
const BEFORE: usize = 767;
const ARGUMENTS_UNITS_MAX: usize = LINE_UNITS_MAX - BEFORE;
/// Where cmd is in every Windows.
const CMD: &str = r"C:\Windows\System32\cmd.exe";
/// What a layer's files have in their paths besides: it is done on no more than 32 images.
const LAYER_FOLDER: &str = r"layer-32\";
const HINT: &str =
    "quotation marks and what is before them count twice; write some of it to a file";

/// Arguments of a program, or of a script of `PowerShell`'s.
pub(super) fn arguments(desk: &mut Desk<'_, '_>, at: &str, arguments: &[Argument]) {
    let texts = texts(desk, arguments);
    plain(desk, at, &texts);
}

/// Arguments that are texts.
pub(super) fn plain(desk: &mut Desk<'_, '_>, at: &str, arguments: &[String]) {
    let units = quote::arguments(arguments).encode_utf16().count();
    fits(desk, at, units);
}

/// Properties of Windows Installer's.
pub(super) fn properties<'a>(
    desk: &mut Desk<'_, '_>,
    at: &str,
    properties: impl Iterator<Item = (&'a String, &'a String)>,
) {
    let quoted = properties.map(|(name, value)| quote::property(name, value));
    let units: usize = quoted.map(|one| one.encode_utf16().count() + 1).sum();
    fits(desk, at, units);
}

fn fits(desk: &mut Desk<'_, '_>, at: &str, units: usize) {
    if units > ARGUMENTS_UNITS_MAX {
        let what = format!("quoted, they have {units} characters, more than {ARGUMENTS_UNITS_MAX}");
        desk.problem(at, what, HINT);
    }
}

/// Arguments of a script of cmd's.
pub(super) fn cmd(desk: &mut Desk<'_, '_>, at: &str, script: &Script) {
    let path = place(desk, &script.script).path();
    let line = quote::cmd_text(CMD, &path, &texts(desk, &script.arguments));
    let units = line.encode_utf16().count();
    if units > CMD_UNITS_MAX {
        let what = format!(
            "the script's command line has {units} characters, and cmd reads {CMD_UNITS_MAX}"
        );
        let hint = "a `%` takes 8 of them; write some of it to a file, and give the file's path";
        desk.problem(at, what, hint);
    }
}

/// What a program or script gets.
fn texts(desk: &Desk<'_, '_>, arguments: &[Argument]) -> Vec<String> {
    let arguments = arguments.iter().cloned();
    let moved = arguments.map(|argument| match argument {
        Argument::File(file) => Argument::File(ArgumentFile {
            payload: place(desk, &file.payload),
            ..file
        }),
        text @ Argument::Text(_) => text,
    });
    moved.map(|argument| argument.text()).collect()
}

/// Where a file of the media's is, or would be at the worst.
fn place(desk: &Desk<'_, '_>, payload: &Payload) -> Payload {
    match desk.rules.facts.purpose {
        Purpose::Layer => Payload(format!("{LAYER_FOLDER}{}", payload.0)),
        Purpose::Install | Purpose::Answer => payload.clone(),
    }
}
