//! Rules of paths and names of files in Windows.

use lucarne_protocol::step::Phase;

use super::DATA_LETTER;
use super::desk::Desk;
use crate::plan::Purpose;
use crate::problem::{Problem, acts, operand};

/// `MAX_PATH` without the zero at its end: many programs take no longer ones.
const PATH_MAX: usize = 259;
/// What no name has.
const FORBIDDEN: &str = "<>:\"/\\|?*";
/// Names that are devices in every folder.
const DEVICES: [&str; 6] = ["aux", "con", "conin$", "conout$", "nul", "prn"];
/// What numbers of ports end with: Windows takes the three of ISO 8859-1 that stand above the line
/// for digits too (Microsoft's page "Naming Files, Paths, and Namespaces").
const PORTS: &str = "123456789¹²³";
const HINT: &str = r"such as `C:\Tools\a.txt` or `%ProgramData%\Example`";

/// A path of Windows, from a letter or a variable on.
pub(super) fn path(desk: &mut Desk<'_, '_>, at: &str, text: &str) {
    if let Some(what) = wrong(text) {
        desk.problem(at, what, HINT);
    }
}

/// The same where `*` may stand in the last part.
pub(super) fn pattern(desk: &mut Desk<'_, '_>, at: &str, text: &str) {
    if let Some(what) = wrong_but(text, true) {
        desk.problem(at, what, HINT);
    }
}

/// A path on the data disk, which there is when a machine runs, and in no build: there the letter
/// is most likely a CD drive's. A partition of the image's own may have it too.
pub(super) fn of_data_disk(desk: &mut Desk<'_, '_>, at: &str, text: &str) {
    let letter = text.strip_prefix([DATA_LETTER, DATA_LETTER.to_ascii_lowercase()]);
    let is_there = letter.is_some_and(|rest| rest.starts_with(":\\"));
    let said = desk.rules.spec.disk.as_ref();
    let partitions = said.and_then(|said| said.partitions.as_ref());
    let others = desk.rules.facts.purpose == Purpose::Layer || partitions.is_some();
    if is_there && desk.place.phase != Phase::Boot && !others {
        let what = format!(
            "{} is on the data disk, and no build has one",
            operand(text)
        );
        let hint = "say `phase = \"boot\"` of the step; `network.withSmbServer` says it by \
                    `onBoot = true`";
        let problem = Problem::new(at, what).hint(hint);
        desk.rules.problem_of(&["disk.partitions"], problem);
    }
}

/// What is wrong with a path.
pub(super) fn wrong(text: &str) -> Option<String> {
    wrong_but(text, false)
}

fn wrong_but(text: &str, star: bool) -> Option<String> {
    let units = text.encode_utf16().count();
    if text.is_empty() {
        return Some("is empty".to_owned());
    } else if units > PATH_MAX {
        return Some(format!("has {units} characters, more than {PATH_MAX}"));
    } else if text.contains('/') && !text.contains('\\') {
        return Some(format!("{} has `/`, and Windows wants `\\`", operand(text)));
    } else if text.starts_with(r"\\?\") || text.starts_with(r"\\.\") {
        return Some(format!("{} begins with no drive's letter", operand(text)));
    } else if text.starts_with(r"\\") {
        return Some(format!("{} is on another computer", operand(text)));
    }
    let Some(rest) = rest_of(text) else {
        let what = "does not begin with a drive's letter or a variable";
        return Some(format!("{} {what}", operand(text)));
    };
    wrong_percent(rest).or_else(|| {
        let rest = rest.strip_suffix('\\').unwrap_or(rest);
        let last = rest.split('\\').count();
        let mut parts = (1..).zip(rest.split('\\'));
        parts.find_map(|(number, part)| {
            // A variable stands for what may be in a path, and so does a star.
            let mut name = part.replace('%', "x");
            if star && number == last {
                name = name.replace('*', "x");
            }
            let what = wrong_name(&name, 255).filter(|_| !rest.is_empty())?;
            Some(format!("the part {} {what}", operand(part)))
        })
    })
}

/// What follows the letter, or the variable that stands for one.
fn rest_of(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('%') {
        let (name, rest) = rest.split_once('%')?;
        let named = !name.is_empty() && !name.contains(['\\', ':']);
        return match rest.strip_prefix('\\') {
            Some(rest) => named.then_some(rest),
            None => (named && rest.is_empty()).then_some(rest),
        };
    }
    let rest = text.strip_prefix(|c: char| c.is_ascii_alphabetic())?;
    rest.strip_prefix(":\\")
}

/// A percent sign begins or ends a variable's name.
fn wrong_percent(text: &str) -> Option<String> {
    let pieces: Vec<_> = text.split('%').collect();
    let odd = pieces.len() % 2 == 0;
    let mut names = pieces.iter().skip(1).step_by(2);
    (odd || names.any(|name| name.is_empty() || name.contains('\\')))
        .then(|| "has a percent sign that is none of a variable such as `%ProgramData%`".to_owned())
}

/// What is wrong with a file's name.
pub(super) fn wrong_name(name: &str, most: usize) -> Option<String> {
    let units = name.encode_utf16().count();
    let odd = |c: char| FORBIDDEN.contains(c) || acts(c);
    if name.is_empty() {
        Some("is empty".to_owned())
    } else if units > most {
        Some(format!("has {units} characters, more than {most}"))
    } else if name == "." || name == ".." {
        Some("stands for another folder".to_owned())
    } else if let Some(bad) = name.chars().find(|c| odd(*c)) {
        Some(format!("has {}", operand(&bad.to_string())))
    } else if name.ends_with(['.', ' ']) {
        Some("ends with a period or a space, which Windows drops".to_owned())
    } else if is_device(name) {
        Some("is a device's name".to_owned())
    } else {
        None
    }
}

/// Whether Windows takes a name for a device, whatever stands behind its first period.
pub(in crate::plan) fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ');
    let stem = stem.to_lowercase();
    let port = stem.strip_prefix("com").or(stem.strip_prefix("lpt"));
    let is_number = |rest: &str| rest.chars().count() == 1 && PORTS.contains(rest);
    port.is_some_and(is_number) || DEVICES.contains(&stem.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_with_a_letter_or_a_variable() {
        for right in [
            r"C:\a",
            r"d:\a b\c.txt",
            r"%ProgramData%\ssh\x",
            r"C:\Users\%USERNAME%\x",
            r"%TEMP%",
            r"C:\",
            r"C:\a\",
        ] {
            assert_eq!(wrong(right), None, "{right}");
        }
        for odd in [
            "",
            "a",
            "C:a",
            "C:/a",
            r"\\host\share",
            r"C:\a\..\b",
            r"C:\con",
            r"C:\a.",
            r"C:\50%",
            r"C:\%%\a",
            r"C:\a\\b",
            "C:\\a\nb",
            r"C:\a:b",
            r"%%\a",
            r"C:\a?",
        ] {
            assert!(wrong(odd).is_some(), "{odd}");
        }
    }

    #[test]
    fn devices_are_known_whatever_stands_behind_them() {
        for device in [
            "con",
            "NUL",
            "nul.txt",
            "nul .txt",
            "aux .a.b",
            "COM1",
            "lpt9.x",
            "COM¹",
            "LPT³.log",
            "CONIN$",
            "conout$.txt",
        ] {
            assert!(is_device(device), "{device}");
        }
        for file in ["com", "com0", "com10", "console", "nula", "conin", "COM⁴"] {
            assert!(!is_device(file), "{file}");
        }
    }
}
