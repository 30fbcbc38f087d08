//! What no step may take away: what Windows cannot be without, and what the guest program, which
//! does the steps, has of its own.

use lucarne_protocol::step::{FOLDER, Variable};
use lucarne_protocol::{glob, own};

use super::desk::Desk;
use crate::plan::accounts::same;
use crate::problem::operand;

/// What variables stand for, in lower case, where Windows is on C:, as it always is here.
const VARIABLES: [(&str, &str); 9] = [
    ("%allusersprofile%", r"c:\programdata"),
    ("%homedrive%", "c:"),
    ("%programdata%", r"c:\programdata"),
    ("%programfiles%", r"c:\program files"),
    ("%programfiles(x86)%", r"c:\program files (x86)"),
    ("%programw6432%", r"c:\program files"),
    ("%systemdrive%", "c:"),
    ("%systemroot%", r"c:\windows"),
    ("%windir%", r"c:\windows"),
];
/// Folders without which Windows does not start, or nobody logs on.
const FOLDERS: [&str; 14] = [
    r"c:\program files",
    r"c:\program files (x86)",
    r"c:\programdata",
    r"c:\programdata\microsoft",
    r"c:\users",
    r"c:\users\default",
    r"c:\windows",
    r"c:\windows\fonts",
    r"c:\windows\servicing",
    r"c:\windows\system32",
    r"c:\windows\system32\config",
    r"c:\windows\system32\drivers",
    r"c:\windows\syswow64",
    r"c:\windows\winsxs",
];
/// Keys of `HKLM` of which the same is true.
const KEYS: [&str; 7] = [
    r"software\classes\clsid",
    r"software\microsoft\windows nt\currentversion\profilelist",
    r"software\microsoft\windows nt\currentversion\winlogon",
    r"software\microsoft\windows\currentversion\component based servicing",
    r"system\currentcontrolset\control\session manager\environment",
    r"system\currentcontrolset\enum",
    r"system\setup",
];
const SERVICES: &str = r"system\currentcontrolset\services";
/// Variables that Windows sets, and programs find it by.
const OF_WINDOWS: [&str; 4] = ["comspec", "systemdrive", "systemroot", "windir"];
/// Variables that may be changed, and have to be there.
const NEEDED: [&str; 2] = ["path", "pathext"];
const OWN: &str = "is the guest program's own, which does the steps";
const OWN_HINT: &str = "leave it to the guest program: what a build needs is taken out at its end";

/// A file or folder that is made or changed.
pub(super) fn written(desk: &mut Desk<'_, '_>, at: &str, path: &str) {
    if is_own(&expanded(path)) {
        desk.problem(at, format!("{} {OWN}", operand(path)), OWN_HINT);
    }
}

/// A file or folder that is removed, or several, by a pattern.
pub(super) fn removed(desk: &mut Desk<'_, '_>, at: &str, path: &str) {
    let full = expanded(path);
    let shown = operand(path);
    if takes_vital(&full) {
        let what = format!("{shown} is more than Windows can be without");
        desk.problem(at, what, "name what is in it");
    } else if is_own(&full) {
        desk.problem(at, format!("{shown} {OWN}"), OWN_HINT);
    } else if let Some(part) = path.split('\\').find(|part| is_short(part)) {
        let part = operand(part);
        let what = format!("{part} looks like a short name, and only Windows knows of what");
        desk.problem(at, what, "say the whole name");
    }
}

/// A path in lower case, with what its variables stand for.
fn expanded(path: &str) -> String {
    let mut full = path.trim_end_matches('\\').to_lowercase();
    for (variable, value) in VARIABLES {
        full = full.replace(variable, value);
    }
    full
}

fn is_own(full: &str) -> bool {
    let folder = FOLDER.to_lowercase();
    let behind = full.strip_prefix(&folder);
    behind.is_some_and(|rest| rest.is_empty() || rest.starts_with('\\')) || is_among(full, &folder)
}

/// Whether a pattern stands for something, or is it.
fn is_among(pattern: &str, path: &str) -> bool {
    let ((in_one, part), (in_other, name)) = (glob::split(pattern), glob::split(path));
    in_one == in_other && glob::fits(part, name)
}

fn takes_vital(full: &str) -> bool {
    let (folder, last) = glob::split(full);
    let is_drive = |path: &str| path.len() == 2 && path.ends_with(':');
    // As DOS has it, which is not what the guest program does, but what is meant.
    let all = last == "*.*" || !last.is_empty() && last.chars().all(|c| c == '*');
    let whole = all && (is_drive(folder) || FOLDERS.contains(&folder));
    is_drive(full) || whole || FOLDERS.iter().any(|vital| is_among(full, vital))
}

/// Whether a name has the form of those that Windows makes for DOS, such as `PROGRA~1`.
fn is_short(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let parts = stem.rsplit_once('~');
    stem.len() <= 8 && parts.is_some_and(|(name, number)| !name.is_empty() && digits(number))
}

/// A key of `HKLM` that is changed, or removed with all below it.
pub(super) fn key(desk: &mut Desk<'_, '_>, at: &str, said: &str, delete: bool) {
    let path = said.split_once('\\').map_or("", |(_, path)| path);
    let path = current(&path.to_lowercase());
    let service = format!(r"{SERVICES}\{}", own::SERVICE);
    let mut vital = KEYS.into_iter().chain([service.as_str()]);
    if is_at_or_below(&path, &service) {
        desk.problem(at, format!("{} {OWN}", operand(said)), OWN_HINT);
    } else if delete && vital.any(|vital| is_at_or_below(vital, &path)) {
        let what = format!("{} is more than Windows can be without", operand(said));
        desk.problem(at, what, "name a key further below");
    }
}

/// The set of controls that is in use, by the name of it that is always right.
fn current(path: &str) -> String {
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
pub(super) fn service(desk: &mut Desk<'_, '_>, at: &str, name: &str) {
    if same(name, own::SERVICE) {
        desk.problem(at, format!("{} {OWN}", operand(name)), OWN_HINT);
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
pub(super) fn variable(desk: &mut Desk<'_, '_>, at: &str, name: &str, change: &Variable) {
    let lower = name.to_lowercase();
    let delete = *change == Variable::Delete;
    if OF_WINDOWS.contains(&lower.as_str()) || delete && NEEDED.contains(&lower.as_str()) {
        let what = format!(
            "{} is what Windows' programs find each other by",
            operand(name)
        );
        let hint = "leave it as it is; `append` and `prepend` extend `PATH`";
        desk.problem(at, what, hint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_cannot_do_without_is_known() {
        for vital in [
            r"C:\",
            r"D:\*",
            r"c:\Windows",
            r"C:\WIND*",
            r"C:\U*",
            r"C:\*s",
            r"%SystemRoot%\*",
            r"%SystemDrive%\Windows\",
            r"%SYSTEMDRIVE%\Users",
            r"%ProgramFiles%",
            r"%ProgramFiles(x86)%\*.*",
            r"%windir%\system32",
            r"C:\Windows\Sys*",
            r"C:\Users\D*",
        ] {
            assert!(takes_vital(&expanded(vital)), "{vital}");
        }
        for harmless in [
            r"C:\Windows\Temp\*",
            r"C:\Windows\*.log",
            r"C:\Users\ada",
            r"D:\Windows",
            r"%ProgramFiles%\Example",
            r"%TEMP%",
            r"C:\Windows\System32\drivers\etc\hosts",
        ] {
            assert!(!takes_vital(&expanded(harmless)), "{harmless}");
        }
    }

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
