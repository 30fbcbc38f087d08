//! Files and folders that Windows cannot be without, by whatever path they are named.

use lucarne_protocol::glob;

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
/// Links that Windows makes for programs of before Windows Vista, and what they lead to.
const LINKS: [(&str, &str); 4] = [
    (r"C:\Documents and Settings", r"C:\Users"),
    (r"C:\ProgramData\Application Data", r"C:\ProgramData"),
    (r"C:\Users\All Users", r"C:\ProgramData"),
    (r"C:\Users\Default User", r"C:\Users\Default"),
];
/// Folders without which Windows does not start, or nobody logs on.
const FOLDERS: [&str; 20] = [
    r"c:\boot",
    r"c:\program files",
    r"c:\program files (x86)",
    r"c:\programdata",
    r"c:\programdata\microsoft",
    r"c:\users",
    r"c:\users\default",
    r"c:\windows",
    r"c:\windows\boot",
    r"c:\windows\fonts",
    r"c:\windows\inf",
    r"c:\windows\servicing",
    r"c:\windows\system32",
    r"c:\windows\system32\catroot",
    r"c:\windows\system32\config",
    r"c:\windows\system32\drivers",
    r"c:\windows\system32\driverstore",
    r"c:\windows\syswow64",
    r"c:\windows\winsxs",
    r"c:\windows\system32\wbem",
];
/// Those of them in which nothing is anybody else's.
const WHOLE: [&str; 4] = [
    r"c:\windows\boot",
    r"c:\windows\system32\catroot",
    r"c:\windows\system32\driverstore",
    r"c:\windows\winsxs",
];
/// Those of them with so many files of Windows' own that a pattern has to say what it is about.
const CROWDED: [&str; 5] = [
    r"c:\windows\inf",
    r"c:\windows\servicing",
    r"c:\windows\system32",
    r"c:\windows\system32\drivers",
    r"c:\windows\syswow64",
];
/// How many letters before a star do so.
const STEM_MIN: usize = 3;
/// Files of which the same is true: what loads Windows, its hives, and what every process has.
const FILES: [&str; 26] = [
    r"c:\bootmgr",
    r"c:\windows\explorer.exe",
    r"c:\windows\system32\ci.dll",
    r"c:\windows\system32\config\default",
    r"c:\windows\system32\config\sam",
    r"c:\windows\system32\config\security",
    r"c:\windows\system32\config\software",
    r"c:\windows\system32\config\system",
    r"c:\windows\system32\csrss.exe",
    r"c:\windows\system32\drivers\disk.sys",
    r"c:\windows\system32\drivers\fltmgr.sys",
    r"c:\windows\system32\drivers\ntfs.sys",
    r"c:\windows\system32\drivers\volmgr.sys",
    r"c:\windows\system32\hal.dll",
    r"c:\windows\system32\kernel32.dll",
    r"c:\windows\system32\kernelbase.dll",
    r"c:\windows\system32\lsass.exe",
    r"c:\windows\system32\ntdll.dll",
    r"c:\windows\system32\ntoskrnl.exe",
    r"c:\windows\system32\services.exe",
    r"c:\windows\system32\smss.exe",
    r"c:\windows\system32\svchost.exe",
    r"c:\windows\system32\wininit.exe",
    r"c:\windows\system32\winload.efi",
    r"c:\windows\system32\winload.exe",
    r"c:\windows\system32\winlogon.exe",
];

/// A path in lower case, with what its variables stand for.
pub(super) fn expanded(path: &str) -> String {
    let mut full = path.trim_end_matches('\\').to_lowercase();
    for (variable, value) in VARIABLES {
        full = full.replace(variable, value);
    }
    full
}

/// The link that an expanded path goes through, and what it leads to. The guest program removes
/// nothing through one.
pub(super) fn link_above(full: &str) -> Option<(&'static str, &'static str)> {
    let is_below = |link: &str| {
        let rest = full.strip_prefix(&link.to_lowercase());
        rest.is_some_and(|rest| rest.starts_with('\\'))
    };
    LINKS.into_iter().find(|(link, _)| is_below(link))
}

/// Whether a pattern stands for something, or is it.
pub(super) fn is_among(pattern: &str, path: &str) -> bool {
    let ((in_one, part), (in_other, name)) = (glob::split(pattern), glob::split(path));
    in_one == in_other && glob::fits(part, name)
}

/// Whether a path is that of a folder that every Windows has.
pub(super) fn is_folder(full: &str) -> bool {
    is_drive(full) || FOLDERS.contains(&full)
}

/// Whether removing what an expanded path or pattern stands for takes away what is vital.
pub(super) fn takes_vital(full: &str) -> bool {
    let (folder, last) = glob::split(full);
    // As DOS has it, which is not what the guest program does, but what is meant.
    let all = last == "*.*" || !last.is_empty() && last.chars().all(|c| c == '*');
    let mut links = LINKS.iter().map(|(link, _)| link.to_lowercase());
    let stem = last.split('*').next().unwrap_or_default();
    let vague = stem.len() < STEM_MIN && stem != last;
    is_drive(full)
        || all && is_folder(folder)
        || vague && CROWDED.contains(&folder)
        || WHOLE.iter().any(|whole| super::is_at_or_below(full, whole))
        || FOLDERS
            .iter()
            .chain(&FILES)
            .any(|vital| is_among(full, vital))
        || links.any(|link| is_among(full, &link))
}

fn is_drive(path: &str) -> bool {
    path.len() == 2 && path.ends_with(':')
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
            r"C:\Windows\System32\*.dll",
            r"C:\Windows\System32\*32*",
            r"C:\Windows\System32\ker*",
            r"C:\Windows\System32\config\SYSTEM",
            r"C:\Windows\System32\config\s*",
            r"C:\Windows\System32\winload.efi",
            r"C:\Windows\System32\DriverStore",
            r"C:\Windows\System32\DriverStore\FileRepository\*",
            r"C:\Windows\Boot\EFI",
            r"C:\Users\All Users",
            r"%SystemDrive%\Documents and Settings",
            r"C:\Users\A*",
        ] {
            assert!(takes_vital(&expanded(vital)), "{vital}");
        }
        for harmless in [
            r"C:\Windows\Temp\*",
            r"C:\Windows\*.log",
            r"C:\Users\ada",
            r"C:\Users\Public\Desktop\*.lnk",
            r"D:\Windows",
            r"%ProgramFiles%\Example",
            r"%TEMP%",
            r"C:\Windows\System32\OneDriveSetup.exe",
            r"C:\Windows\System32\example*.dll",
            r"C:\Windows\System32\drivers\etc\hosts",
            r"C:\Windows\System32\config\systemprofile\AppData\Local\x",
        ] {
            assert!(!takes_vital(&expanded(harmless)), "{harmless}");
        }
    }

    #[test]
    fn what_lies_behind_a_link_is_known() {
        for (path, target) in [
            (r"C:\Users\All Users\Example", r"C:\ProgramData"),
            (r"C:\users\all users\*", r"C:\ProgramData"),
            (r"%SystemDrive%\Documents and Settings\ada", r"C:\Users"),
            (
                r"%ProgramData%\Application Data\Microsoft",
                r"C:\ProgramData",
            ),
            (r"C:\Users\Default User\*", r"C:\Users\Default"),
        ] {
            let found = link_above(&expanded(path)).map(|(_, target)| target);
            assert_eq!(found, Some(target), "{path}");
        }
        for path in [
            r"C:\Users\All Users",
            r"C:\Users\All Users 2\x",
            r"C:\Users\ada",
        ] {
            assert_eq!(link_above(&expanded(path)), None, "{path}");
        }
    }
}
