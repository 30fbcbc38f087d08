//! Keys, services and variables that Windows cannot be without.

use lucarne_protocol::own;
use lucarne_protocol::step::{Change, Data, Hive};

use super::files::expanded;
use super::is_at_or_below;

/// Where the variables of the machine are.
pub(super) const ENVIRONMENT: &str =
    r"system\currentcontrolset\control\session manager\environment";
pub(super) const SERVICES: &str = r"system\currentcontrolset\services";
/// Where each task has its name.
const TASKS: &str = r"software\microsoft\windows nt\currentversion\schedule\taskcache\tree";
/// Keys of `HKLM` without which Windows does not start, or nobody logs on.
const KEYS: [&str; 13] = [
    r"software\classes\clsid",
    r"software\microsoft\windows nt\currentversion\profilelist",
    r"software\microsoft\windows nt\currentversion\winlogon",
    r"software\microsoft\windows\currentversion\component based servicing",
    r"system\currentcontrolset\control\class",
    r"system\currentcontrolset\control\hivelist",
    r"system\currentcontrolset\control\lsa",
    r"system\currentcontrolset\control\servicegrouporder",
    r"system\currentcontrolset\enum",
    r"system\mounteddevices",
    r"system\setup",
    ENVIRONMENT,
    TASKS,
];
/// Keys of `HKLM` of which the same is true of all that is in them.
const WHOLE: [&str; 4] = ["bcd00000000", "sam", "security", r"system\select"];
/// A key of each account without which it cannot log on; SYSTEM and the services are accounts too.
const OF_ACCOUNT: &str = r"software\microsoft\windows\currentversion\explorer\user shell folders";
/// Services and drivers of which the same is true.
const VITAL_SERVICES: [&str; 27] = [
    "acpi",
    "brokerinfrastructure",
    "coremessagingregistrar",
    "dcomlaunch",
    "disk",
    "eventlog",
    "fltmgr",
    "gpsvc",
    "lsm",
    "mountmgr",
    "ntfs",
    "partmgr",
    "pci",
    "plugplay",
    "power",
    "profsvc",
    "rpceptmapper",
    "rpcss",
    "samss",
    "schedule",
    "systemeventsbroker",
    "tcpip",
    "trustedinstaller",
    "usermanager",
    "volmgr",
    "volume",
    "winmgmt",
];
/// What a service is nothing without.
const OF_SERVICE: [&str; 3] = ["imagepath", "objectname", "start"];
/// A service's `Start`: never.
const DISABLED: u32 = 4;
/// Variables that Windows sets, and programs find it by.
const OF_WINDOWS: [&str; 4] = ["comspec", "systemdrive", "systemroot", "windir"];
/// Variables of the machine that have to be there.
const NEEDED: [&str; 5] = ["path", "pathext", "psmodulepath", "temp", "tmp"];
/// What variables of the machine hold of Windows' own, whatever else they do.
const HELD: [(&str, &str); 3] = [
    ("path", r"%SystemRoot%\System32"),
    ("pathext", ".exe"),
    (
        "psmodulepath",
        r"%SystemRoot%\System32\WindowsPowerShell\v1.0\Modules",
    ),
];

/// Whether Windows is lost with a service.
pub(super) fn is_service(name: &str) -> bool {
    VITAL_SERVICES.contains(&name.to_lowercase().as_str())
}

/// Whether a key, in lower case and of the set of controls in use, is the guest program's.
pub(super) fn is_own_key(path: &str) -> bool {
    let service = format!(r"{SERVICES}\{}", own::SERVICE);
    let task = format!("{TASKS}{}", own::SESSION_TASK.to_lowercase());
    is_at_or_below(path, &service) || is_at_or_below(path, &task)
}

/// Whether a key is one of which nothing can be taken, or in one.
pub(super) fn is_in_whole(path: &str) -> bool {
    WHOLE.iter().any(|whole| is_at_or_below(path, whole))
}

/// Whether removing a key takes away what is vital.
pub(super) fn is_key(hive: Hive, path: &str) -> bool {
    let of_account = |path: &str| is_at_or_below(OF_ACCOUNT, path);
    match hive {
        Hive::Machine => {
            let service = path
                .strip_prefix(SERVICES)
                .and_then(|rest| rest.strip_prefix('\\'));
            KEYS.iter().any(|vital| is_at_or_below(vital, path))
                || is_at_or_below(SERVICES, path)
                || is_in_whole(path)
                || service.is_some_and(is_service)
        }
        Hive::Users => path
            .split_once('\\')
            .is_some_and(|(_, rest)| of_account(rest)),
        Hive::CurrentUser | Hive::DefaultUser | Hive::EveryUser => of_account(path),
        Hive::Classes => false,
    }
}

/// Whether a change of a value in a key of `HKLM` takes away what is vital.
pub(super) fn is_value(path: &str, change: &Change) -> bool {
    let service = path
        .strip_prefix(SERVICES)
        .and_then(|rest| rest.strip_prefix('\\'));
    let of_service = service.is_some_and(is_service);
    let is_start = |name: &str| name.eq_ignore_ascii_case("start");
    match change {
        Change::DeleteValue(name) => {
            of_service && OF_SERVICE.contains(&name.to_lowercase().as_str()) || is_in_whole(path)
        }
        Change::Set { name, data } => {
            of_service && is_start(name) && *data == Data::Dword(DISABLED)
                || is_at_or_below(path, r"system\select")
        }
        Change::Create | Change::DeleteKey => false,
    }
}

/// Whether Windows is lost without a variable, of the machine's or of an account's.
pub(super) fn is_variable(name: &str, machine: bool) -> bool {
    let lower = name.to_lowercase();
    is_of_windows(name) || machine && NEEDED.contains(&lower.as_str())
}

/// Whether a variable is one that Windows sets.
pub(super) fn is_of_windows(name: &str) -> bool {
    OF_WINDOWS.contains(&name.to_lowercase().as_str())
}

/// What a variable of the machine has to hold, and a value does not.
pub(super) fn lacks(name: &str, value: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let (_, held) = HELD.into_iter().find(|(name, _)| *name == lower)?;
    let mut elements = value.split(';').map(str::trim);
    let is_there = elements.any(|element| expanded(element) == expanded(held));
    (!is_there).then_some(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vital_keys_are_known() {
        for (hive, path) in [
            (Hive::Machine, r"system\select"),
            (Hive::Machine, r"security\policy"),
            (Hive::Machine, r"sam\sam"),
            (Hive::Machine, TASKS),
            (Hive::Machine, r"system\currentcontrolset\services"),
            (Hive::Machine, r"system\currentcontrolset\services\rpcss"),
            (Hive::Machine, r"software\microsoft"),
            (Hive::Users, r"s-1-5-18\software"),
            (Hive::DefaultUser, r"software\microsoft"),
        ] {
            assert!(is_key(hive, path), "{path}");
        }
        for (hive, path) in [
            (Hive::Machine, r"software\example"),
            (Hive::Machine, r"system\currentcontrolset\services\spooler"),
            (
                Hive::Machine,
                r"system\currentcontrolset\services\tcpip\parameters",
            ),
            (Hive::Users, r"s-1-5-18\software\example"),
            (Hive::EveryUser, r"software\microsoft\onedrive"),
        ] {
            assert!(!is_key(hive, path), "{path}");
        }
    }

    #[test]
    fn variables_hold_what_is_windows_own() {
        assert!(lacks("PATH", r"C:\x").is_some());
        assert_eq!(lacks("Path", r"C:\x;%SystemRoot%\System32\;D:\y"), None);
        assert!(lacks("PATHEXT", ".COM").is_some());
        assert_eq!(lacks("TEMP", r"C:\x"), None);
    }
}
