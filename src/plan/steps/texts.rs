//! Rules of texts: names, scripts, and what looks like a secret.

use core::fmt;

use lucarne_protocol::quote::CMD_UNITS_MAX;

use super::desk::Desk;
use crate::plan::rules::wrong_text;
use crate::problem::{Problem, acts, operand};

/// A step's name, and other names for people.
pub(super) const NAME_MAX: usize = 256;
/// A text of the spec that becomes a file.
pub(crate) const BYTES_MAX: usize = 1 << 20;
/// Parts of names that mean secrets, in lower case.
const SECRETS: [&str; 7] = [
    "apikey",
    "credential",
    "passphrase",
    "passwd",
    "password",
    "secret",
    "token",
];
/// Names that have such a part and are none.
const HARMLESS: [&str; 4] = [
    "passwordexpir",
    "passwordless",
    "passwordnever",
    "tokenfilterpolicy",
];

/// What stands around a private key, as PEM has it (RFC 7468), and OpenSSH in its own form.
const PEM_BEGIN: &str = "-----BEGIN ";
const PEM_KEY: &str = "PRIVATE KEY";

/// Whether a name is one of a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let plain = plain.to_lowercase();
    let harmless = HARMLESS.iter().any(|word| plain.contains(word));
    !harmless && SECRETS.iter().any(|word| plain.contains(word))
}

/// Tells that a text has a private key in it.
pub(super) fn warn_of_key(desk: &mut Desk<'_, '_>, at: &str, text: &str) {
    let mut begins = text.split(PEM_BEGIN).skip(1);
    let is_key = |rest: &str| {
        let label = rest.split("-----").next().unwrap_or_default();
        label.ends_with(PEM_KEY)
    };
    if begins.any(is_key) {
        let what = "holds a private key, and every user of this host can read it in the store";
        let hint = "leave it out, and give it to the machine when it starts";
        desk.rules.warn(Problem::new(at, what).hint(hint));
    }
}

/// A name that was made from what a step does, cut to what a name may have.
pub(super) fn cut(name: String) -> String {
    if name.encode_utf16().count() <= NAME_MAX && wrong_text(&name, NAME_MAX).is_none() {
        return name;
    }
    let mut short = String::new();
    for c in name.chars().filter(|c| !acts(*c)) {
        if short.encode_utf16().count() + 3 > NAME_MAX {
            break;
        }
        short.push(c);
    }
    short + "…"
}

/// A problem where an optional text is none that Windows can hold on one line.
pub(super) fn optional(desk: &mut Desk<'_, '_>, at: &str, text: Option<&String>, most: usize) {
    if let Some(text) = text {
        desk.rules.text(at, text, most);
    }
}

/// A problem where a text of several lines is too long, or has what no file of text has.
pub(super) fn lines(desk: &mut Desk<'_, '_>, at: &str, text: &str) {
    if let Some(what) = wrong_lines(text) {
        let hint = "at most 1 MiB of lines; a `source` names a file of the host's instead";
        desk.problem(at, what, hint);
    }
}

fn wrong_lines(text: &str) -> Option<String> {
    if text.len() > BYTES_MAX {
        return Some(format!("has {} bytes, more than {BYTES_MAX}", text.len()));
    }
    let bad = |c: &char| c.is_control() && !"\t\n\r".contains(*c);
    let bad = text.chars().find(bad);
    bad.map(|c| format!("has the control character U+{:04X}", u32::from(c)))
}

/// A value that may be empty, on one line or several, without what no value has.
pub(super) fn value(desk: &mut Desk<'_, '_>, at: &str, text: &str, most: usize) {
    let units = text.encode_utf16().count();
    if units > most {
        let what = format!("has {units} characters, more than {most}");
        desk.problem(at, what, "shorten it");
    } else if text.contains('\0') {
        let what = "has the control character U+0000";
        desk.problem(at, what, "a text of Windows' ends there; leave it out");
    }
}

/// Why a script cannot be read, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) what: String,
    pub(crate) hint: &'static str,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it {}", self.what)
    }
}

impl std::error::Error for Unreadable {}

const SCRIPT_HINT: &str = "at most 1 MiB of lines in UTF-8 make a script";
/// A variable between percent signs is put into the line before cmd reads what the line does, so
/// a `&` in it would begin a command. Between exclamation marks it is put in afterwards.
const ASCII_HINT: &str = "give such text to it by `arguments`, and read it as `!LUCARNE_ARG_1!` \
                          behind `setlocal EnableDelayedExpansion`, for cmd would run what is in \
                          `%LUCARNE_ARG_1%`; or write the script as `powerShell`";
const LINE_HINT: &str = "cmd drops what is longer and goes on: make several lines of it, or write \
                         the script as `powerShell`";

/// The lines of a script of cmd's, as it reads them, or why it cannot.
///
/// cmd reads bytes by the console's code page, which hangs on the image's language and, for a
/// service, on nothing that a spec could know. `chcp 65001` would change that for every program
/// that the script starts too, and a batch file in it has lost its place behind characters of
/// several bytes. So there is ASCII, and text of other kinds goes by parameters, which are Unicode.
///
/// It reads no more of a line than of a command (Microsoft's page "Command prompt line string
/// limitation").
pub(crate) fn cmd(text: &str) -> Result<String, Unreadable> {
    wrong_script(text)?;
    if let Some(c) = text.chars().find(|c| !c.is_ascii()) {
        let at = text.lines().position(|line| line.contains(c)).unwrap_or(0) + 1;
        let c = operand(&c.to_string());
        return Err(Unreadable {
            what: format!("has {c} in line {at}, and cmd reads ASCII alone alike everywhere"),
            hint: ASCII_HINT,
        });
    }
    let mut lines = (1..).zip(text.lines());
    if let Some((at, line)) = lines.find(|(_, line)| line.len() > CMD_UNITS_MAX) {
        let units = line.len();
        return Err(Unreadable {
            what: format!("has {units} characters in line {at}, and cmd reads {CMD_UNITS_MAX}"),
            hint: LINE_HINT,
        });
    }
    Ok(crlf(text))
}

fn wrong_script(text: &str) -> Result<(), Unreadable> {
    let hint = SCRIPT_HINT;
    wrong_lines(text).map_or(Ok(()), |what| Err(Unreadable { what, hint }))
}

/// The lines of a script of `PowerShell`'s, as version 5.1 reads them: without the mark it takes
/// UTF-8 for the system's code page.
pub(crate) fn power_shell(text: &str) -> Result<String, Unreadable> {
    wrong_script(text)?;
    let lines = crlf(text.trim_start_matches('\u{feff}'));
    Ok(format!("\u{feff}{lines}"))
}

/// cmd reads labels and long lines wrongly in a script with bare line feeds.
fn crlf(text: &str) -> String {
    let mut lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
    if !lines.ends_with("\r\n") {
        lines.push_str("\r\n");
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_become_what_windows_reads() {
        assert_eq!(cmd("a\nb\r\nc"), Ok("a\r\nb\r\nc\r\n".to_owned()));
        assert_eq!(power_shell("é\n"), Ok("\u{feff}é\r\n".to_owned()));
        assert_eq!(power_shell("\u{feff}é"), Ok("\u{feff}é\r\n".to_owned()));
        let error = cmd("a\nrem é").expect_err("no ASCII");
        assert!(error.what.starts_with("has `é` in line 2"), "{error}");
        let line = "a".repeat(CMD_UNITS_MAX);
        assert!(cmd(&format!("rem\r\n{line}\r\n")).is_ok());
        let error = cmd(&format!("rem\r\n{line}a\r\n")).expect_err("too long");
        assert!(
            error.what.starts_with("has 8192 characters in line 2"),
            "{error}"
        );
        assert!(power_shell("\0").is_err());
    }

    #[test]
    fn names_of_secrets_are_known() {
        for name in ["DefaultPassword", "API_KEY", "clientSecret", "AccessToken"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["PATH", "LocalAccountTokenFilterPolicy", "HideFileExt"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn names_that_are_made_are_cut() {
        let name = cut("x".repeat(1000));
        assert_eq!(name.encode_utf16().count(), NAME_MAX - 1);
        assert_eq!(wrong_text(&name, NAME_MAX), None);
        assert_eq!(cut("a\nb".to_owned()), "ab…");
    }
}
