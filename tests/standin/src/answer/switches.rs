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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_two_values() {
        let checked = |name: &str, setting: &str, value: &str| {
            let text = format!(
                "<unattend xmlns=\"{}\"><settings pass=\"specialize\">\
                 <component name=\"Microsoft-Windows-{name}\" processorArchitecture=\"amd64\" \
                 publicKeyToken=\"31bf3856ad364e35\" language=\"neutral\" \
                 versionScope=\"nonSxS\"><{setting}>{value}</{setting}></component></settings>\
                 </unattend>",
                super::super::tree::UNATTEND
            );
            check(&Answer::read(text.as_bytes()).expect("a right envelope")).is_ok()
        };
        assert!(checked("SQMApi", "CEIPEnabled", "0"));
        assert!(!checked("SQMApi", "CEIPEnabled", "false"));
        assert!(checked("IE-ESC", "IEHardenAdmin", "false"));
        assert!(!checked("IE-ESC", "IEHardenAdmin", "0"));
    }
}
