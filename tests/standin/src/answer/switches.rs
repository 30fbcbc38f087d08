//! Settings that are on or off, in the two ways in which Microsoft's pages write that.

use anyhow::{Result, ensure};

use super::Answer;

/// Pass, component and setting of those that are `true` or `false`.
const WORDS: [(&str, &str, &str); 8] = [
    ("offlineServicing", "LUA-Settings", "EnableLUA"),
    ("generalize", "PnpSysprep", "PersistAllDeviceInstalls"),
    ("specialize", "IE-ESC", "IEHardenAdmin"),
    ("specialize", "IE-ESC", "IEHardenUser"),
    ("specialize", "Security-SPP-UX", "SkipAutoActivation"),
    (
        "specialize",
        "ServerManager-SvrMgrNc",
        "DoNotOpenServerManagerAtLogon",
    ),
    (
        "specialize",
        "TerminalServices-LocalSessionManager",
        "fDenyTSConnections",
    ),
    (
        "specialize",
        "SecureStartup-FilterDriver",
        "PreventDeviceEncryption",
    ),
];

/// And of those that are `0` or `1`.
const DIGITS: [(&str, &str, &str); 5] = [
    ("generalize", "Security-SPP", "SkipRearm"),
    ("specialize", "ErrorReportingCore", "DisableWER"),
    ("specialize", "SQMApi", "CEIPEnabled"),
    ("specialize", "SystemRestore-Main", "DisableSR"),
    (
        "specialize",
        "TerminalServices-RDP-WinStationExtensions",
        "UserAuthentication",
    ),
];

/// Checks that each has one of its two values.
pub fn check(answer: &Answer) -> Result<()> {
    for (settings, values) in [(&WORDS[..], ["true", "false"]), (&DIGITS[..], ["0", "1"])] {
        for (pass, component, setting) in settings {
            let component = answer.component(pass, component);
            let Some(text) = component.and_then(|component| component.text_at(setting)) else {
                continue;
            };
            ensure!(
                values.contains(&text),
                "`{setting}` is `{text}`, not one of {values:?}"
            );
        }
    }
    Ok(())
}
