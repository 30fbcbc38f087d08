//! The commands of the specialize pass, in their order, each with its reason.
//!
//! Setup starts each as a process of SYSTEM, without a shell, and the reference allows a `Path`
//! 259 characters.

use lucarne_protocol::step::Phase;

use crate::answer::drivers;
use crate::plan::Plan;

/// A command and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) path: String,
    pub(super) description: &'static str,
}

/// The keys that are written to.
const BITLOCKER: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\BitLocker";
const OOBE: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\OOBE";
const POLICIES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System";
const POWER: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Power";
const TIME_ZONE: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation";

const WINRM: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WinRM\Service";

/// The guest program, which the first command copied.
const SPECIALIZE: &str = r"C:\Windows\Lucarne\lucarne-guest.exe specialize";

/// The letters that a drive may have.
const LETTERS: &str = "C D E F G H I J K L M N O P Q R S T U V W X Y Z";

/// The commands of a plan, the copying first: what comes later may need what it brings.
pub(super) fn of(plan: &Plan) -> Vec<Command> {
    let defaults = plan.defaults;
    let mut commands = vec![
        copy(),
        no_network(),
        // Minutes of "We're getting everything ready" that nobody watches. Microsoft's policy
        // "Show first sign-in animation" (Logon.admx).
        dword(
            POLICIES,
            "EnableFirstLogonAnimation",
            0,
            "Show no animation at the first logon",
        ),
    ];
    commands.extend(drivers::commands(plan, LETTERS));
    if defaults.prevent_device_encryption {
        // Windows 11 24H2 with TPM and Secure Boot encrypts C: at the end of Setup; sealing could
        // not read it. Microsoft's page "BitLocker drive encryption in Windows for OEMs" names
        // this value, beside the setting of the same name.
        let what = "Do not encrypt the disk";
        commands.push(dword(BITLOCKER, "PreventDeviceEncryption", 1, what));
    }
    if defaults.real_time_is_universal {
        // The machine's clock is UTC; Windows takes it for local time otherwise, and tokens and
        // certificates are off by hours.
        let what = "The hardware clock is UTC";
        commands.push(dword(TIME_ZONE, "RealTimeIsUniversal", 1, what));
    }
    if defaults.no_hibernation {
        // With fast start-up the power button hibernates the kernel, mounted data disk included,
        // onto a system disk that is thrown away.
        commands.push(dword(POWER, "HiberbootEnabled", 0, "No fast start-up"));
        commands.push(power("/hibernate off", "No hibernation"));
    }
    if defaults.passwords_never_expire {
        // Local passwords expire after 42 days, so an older image would greet every start with
        // "must be changed", and automatic logon and SSH would end.
        commands.push(Command {
            path: "net accounts /maxpwage:unlimited".to_owned(),
            description: "Passwords do not expire",
        });
    }
    if defaults.display_always_on {
        // The first press of the power button only wakes a display that is off.
        let what = "The display stays on";
        commands.push(power("/change monitor-timeout-ac 0", what));
    }
    if defaults.shutdown_without_logon {
        // Server ignores the power button while nobody is logged on (policy "Shutdown: Allow
        // system to be shut down without having to log on").
        let what = "Shut down without a logon";
        commands.push(dword(POLICIES, "ShutdownWithoutLogon", 1, what));
    }
    if plan.remote_management {
        commands.extend(remote_management());
    }
    if plan.has_steps_of(Phase::Specialize) {
        // The last: what a step asks for goes before what every image gets.
        commands.push(Command {
            path: SPECIALIZE.to_owned(),
            description: "Do the steps of the specialize pass",
        });
    }
    commands
}

/// The commands of a generalised image's copies.
pub(super) fn of_copies() -> Vec<Command> {
    vec![no_network()]
}

/// The install has no network, and Windows 11's first start would insist on one. The value is what
/// `OOBE\BYPASSNRO.cmd` of Windows 11 itself writes.
fn no_network() -> Command {
    dword(OOBE, "BypassNRO", 1, "Go on without a network")
}

/// `WinRM` listens on every address: Microsoft's policy "Allow remote server management through
/// `WinRM`" (WindowsRemoteManagement.admx), which makes the listener that `winrm quickconfig` would
/// make, and needs no network to do it. Steps start the service, last of a machine's start.
fn remote_management() -> [Command; 3] {
    let what = "Remote management";
    [
        dword(WINRM, "AllowAutoConfig", 1, what),
        text(WINRM, "IPv4Filter", "*", what),
        text(WINRM, "IPv6Filter", "*", what),
    ]
}

/// Copies `\lucarne` of the medium that has the marker file. One `for` over all letters, for the
/// medium's letter is not known; a single `%`, for it is no batch file. `xcopy` makes the folders
/// that it needs and takes the read-only mark of a CD's files away.
fn copy() -> Command {
    let all = r"xcopy %i:\lucarne C:\Windows\Lucarne\ /e /y";
    let handler = r"xcopy %i:\lucarne\ErrorHandler.cmd C:\Windows\Setup\Scripts\ /y";
    let marker = r"%i:\lucarne\lucarne.json";
    Command {
        path: format!("cmd /c for %i in ({LETTERS}) do if exist {marker} ({all} & {handler})"),
        description: "Copy the guest program from the answer ISO",
    }
}

/// Writes a number into the registry.
fn dword(key: &str, name: &str, value: u32, description: &'static str) -> Command {
    registry(key, name, &format!("REG_DWORD /d {value}"), description)
}

/// Writes a text without spaces into the registry.
fn text(key: &str, name: &str, value: &'static str, description: &'static str) -> Command {
    registry(key, name, &format!("REG_SZ /d {value}"), description)
}

fn registry(key: &str, name: &str, value: &str, description: &'static str) -> Command {
    let key = if key.contains(' ') {
        format!("\"{key}\"")
    } else {
        key.to_owned()
    };
    Command {
        path: format!("reg add {key} /v {name} /t {value} /f"),
        description,
    }
}

/// Changes a power setting. `powercfg` fails where the firmware does not offer what is switched
/// off, which is as good.
fn power(arguments: &str, description: &'static str) -> Command {
    Command {
        path: format!("cmd /c \"powercfg {arguments} & exit 0\""),
        description,
    }
}
