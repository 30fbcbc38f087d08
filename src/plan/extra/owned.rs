//! The settings that Lucarne writes itself, each with what to do instead of writing it again.
//!
//! Two values for one setting are one too many, and an install hangs on some of these: another
//! first-logon command, another disk, and the guest program never starts.

/// A setting or a group of them, in whatever pass.
struct Owned {
    component: &'static str,
    path: &'static str,
    instead: &'static str,
}

const fn owned(component: &'static str, path: &'static str, instead: &'static str) -> Owned {
    Owned {
        component,
        path,
        instead,
    }
}

const CORE: &str = "International-Core";
const CORE_PE: &str = "International-Core-WinPE";
const DEPLOYMENT: &str = "Deployment";
const SETUP: &str = "Setup";
const SHELL: &str = "Shell-Setup";

const INPUT: &str = "set `locale.input` instead";
const SYSTEM: &str = "set `locale.system` instead";
const UI: &str = "set `locale.ui` instead";
const USER: &str = "set `locale.user` instead";
const DISK: &str = "set `disk` instead";
const COMMANDS: &str = "leave it out: Setup's commands bring the guest program, and a second list \
     of them would be in its place";
const LOGON: &str = "leave it out: the one logon and its one command register the guest program";
const AUDIT: &str = "leave it out: in audit mode the guest program would never be registered";
const PAGES: &str = "leave it out: every page that would wait for somebody is hidden";
const PAGES_OF_SETUP: &str = "leave it out: Setup shows a page only to say what is wrong";
const EDITION: &str = "set `edition` instead";
const ENHANCED: &str = "set `windows.enhancedSecurity` instead";
const JOIN: &str = "set `domain.offlineJoin` instead: an install has no network on which it could \
     join a domain";
const USERS: &str = "set `users` instead";

const OWNED: [Owned; 67] = [
    owned(CORE, "InputLocale", INPUT),
    owned(CORE, "SystemLocale", SYSTEM),
    owned(CORE, "UILanguage", UI),
    owned(CORE, "UserLocale", USER),
    owned(CORE_PE, "InputLocale", INPUT),
    owned(CORE_PE, "SetupUILanguage", UI),
    owned(CORE_PE, "SystemLocale", SYSTEM),
    owned(CORE_PE, "UILanguage", UI),
    owned(CORE_PE, "UserLocale", USER),
    owned(DEPLOYMENT, "AuditComputerName", AUDIT),
    owned(DEPLOYMENT, "ExtendOSPartition", DISK),
    owned(DEPLOYMENT, "Generalize", AUDIT),
    owned(DEPLOYMENT, "Reseal", AUDIT),
    owned(DEPLOYMENT, "RunSynchronous", COMMANDS),
    owned(
        "PartitionManager",
        "SanPolicy",
        "set `defaults.onlineAllDisks` instead",
    ),
    owned(
        "PnpCustomizationsWinPE",
        "DriverPaths",
        "set `drivers` or `driverFolders` instead",
    ),
    owned(
        "DNS-Client",
        "DNSSuffixSearchOrder",
        "set `network.dnsSuffixes` instead",
    ),
    owned(
        "ErrorReportingCore",
        "DisableWER",
        "set `windows.errorReporting` instead",
    ),
    owned("IE-ESC", "IEHardenAdmin", ENHANCED),
    owned("IE-ESC", "IEHardenUser", ENHANCED),
    owned("LUA-Settings", "EnableLUA", "set `windows.uac` instead"),
    owned(
        "SQMApi",
        "CEIPEnabled",
        "set `windows.customerExperience` instead",
    ),
    owned(
        "Security-SPP-UX",
        "SkipAutoActivation",
        "set `windows.autoActivation` instead",
    ),
    owned(
        "ServerManager-SvrMgrNc",
        "DoNotOpenServerManagerAtLogon",
        "set `windows.serverManager` instead",
    ),
    owned(
        "SystemRestore-Main",
        "DisableSR",
        "set `windows.systemRestore` instead",
    ),
    owned(
        "TerminalServices-LocalSessionManager",
        "fDenyTSConnections",
        "set `remoteDesktop.enable` instead",
    ),
    owned(
        "TerminalServices-RDP-WinStationExtensions",
        "UserAuthentication",
        "set `remoteDesktop.networkLevelAuthentication` instead",
    ),
    owned(
        "UnattendedJoin",
        "Identification/JoinWorkgroup",
        "set `network.workgroup` instead",
    ),
    owned("UnattendedJoin", "Identification", JOIN),
    owned("UnattendedJoin", "OfflineIdentification", JOIN),
    owned(
        "SecureStartup-FilterDriver",
        "PreventDeviceEncryption",
        "set `defaults.preventDeviceEncryption` instead",
    ),
    owned(
        SETUP,
        "Diagnostics",
        "leave it out: an install has no network to send anything over",
    ),
    owned(SETUP, "DiskConfiguration/Disk", DISK),
    owned(SETUP, "DiskConfiguration/WillShowUI", PAGES_OF_SETUP),
    owned(
        SETUP,
        "DynamicUpdate",
        "leave it out: an install has no network to look for updates",
    ),
    owned(
        SETUP,
        "ImageInstall/DataImage",
        "leave it out: the medium has no such image",
    ),
    owned(SETUP, "ImageInstall/OSImage/InstallFrom", EDITION),
    owned(SETUP, "ImageInstall/OSImage/InstallTo", DISK),
    owned(
        SETUP,
        "ImageInstall/OSImage/InstallToAvailablePartition",
        DISK,
    ),
    owned(SETUP, "ImageInstall/OSImage/WillShowUI", PAGES_OF_SETUP),
    owned(
        SETUP,
        "Restart",
        "leave it out: an install counts on Setup's own restarts",
    ),
    owned(SETUP, "RunSynchronous", COMMANDS),
    owned(
        SETUP,
        "UpgradeData",
        "leave it out: the disk is always an empty one",
    ),
    owned(
        SETUP,
        "UseConfigurationSet",
        "leave it out: Setup would copy the whole answer ISO onto the disk",
    ),
    owned(SETUP, "UserData/AcceptEula", "leave it out: it is accepted"),
    owned(SETUP, "UserData/ProductKey", "set `productKey` instead"),
    owned(
        SETUP,
        "WindowsDeploymentServices",
        "leave it out: an install has no network to load an image over",
    ),
    owned(SHELL, "AutoLogon", LOGON),
    owned(SHELL, "ComputerName", "set `computerName` instead"),
    owned(
        SHELL,
        "Display/HorizontalResolution",
        "set `display.width` instead",
    ),
    owned(
        SHELL,
        "Display/VerticalResolution",
        "set `display.height` instead",
    ),
    owned(SHELL, "FirstLogonCommands", LOGON),
    owned(SHELL, "OOBE/HideEULAPage", PAGES),
    owned(SHELL, "OOBE/HideLocalAccountScreen", PAGES),
    owned(SHELL, "OOBE/HideOEMRegistrationScreen", PAGES),
    owned(SHELL, "OOBE/HideOnlineAccountScreens", PAGES),
    owned(SHELL, "OOBE/HideWirelessSetupInOOBE", PAGES),
    owned(SHELL, "OOBE/ProtectYourPC", PAGES),
    owned(SHELL, "OOBE/SkipMachineOOBE", PAGES),
    owned(SHELL, "OOBE/SkipUserOOBE", PAGES),
    owned(SHELL, "OOBE/VMModeOptimizations", PAGES),
    owned(SHELL, "OfflineUserAccounts", USERS),
    owned(SHELL, "ProductKey", "set `productKey` instead"),
    owned(
        SHELL,
        "RegisteredOrganization",
        "set `owner.organization` instead",
    ),
    owned(SHELL, "RegisteredOwner", "set `owner.name` instead"),
    owned(SHELL, "TimeZone", "set `timeZone` instead"),
    owned(SHELL, "UserAccounts", USERS),
];

/// What to do instead of writing a setting again, for those that are written already.
pub(super) fn instead(component: &str, path: &str) -> Option<&'static str> {
    let component = component.strip_prefix("Microsoft-Windows-");
    let component = component?;
    let found = OWNED.iter().find(|owned| {
        let below = path.strip_prefix(owned.path);
        let within = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        owned.component == component && within
    });
    found.map(|owned| owned.instead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unattend::table;

    #[test]
    fn what_is_owned_is_in_the_table() {
        for owned in OWNED {
            let component = format!("Microsoft-Windows-{}", owned.component);
            let known = table().settings(&component);
            let found = known.iter().any(|setting| setting.path == owned.path);
            assert!(found, "{component} {}", owned.path);
        }
    }

    #[test]
    fn a_path_is_owned_with_all_below_it() {
        let shell = "Microsoft-Windows-Shell-Setup";
        assert!(instead(shell, "AutoLogon/Password/Value").is_some());
        assert!(instead(shell, "OOBE").is_none());
        assert!(instead(shell, "OOBE/NetworkLocation").is_none());
        assert!(instead(shell, "OEMName").is_none());
    }
}
