//! Rules of the entries of lists: what each must have, and what no two can have.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::plan::Network;
use crate::plan::network::mac;
use crate::problem::{Problem, operand};
use crate::unattend::{List, Setting};

/// What names an interface, in each component of the network.
const INTERFACE: &str = "Interfaces/Interface/Identifier";
/// What orders the entries of a list of commands.
const ORDER: &str = "Command/Order";
/// What such an entry starts.
const STARTS: [&str; 2] = ["Path", "CommandLine"];

/// What one component's entries have had, and what options have.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeSet<(String, String)>);

impl Seen {
    /// What options write into a component.
    pub(super) fn of(pass: &str, component: &str, network: &Network) -> Self {
        let interfaces = network
            .interfaces
            .iter()
            .filter(|interface| match component {
                _ if pass != "specialize" => false,
                "Microsoft-Windows-TCPIP" => interface.has_addresses(),
                "Microsoft-Windows-DNS-Client" => interface.has_dns(),
                _ => false,
            });
        let taken = interfaces.map(|interface| key(INTERFACE, &interface.identifier));
        Self(taken.collect())
    }

    /// The problem that another entry has a value which no two can have.
    pub(super) fn twice(&mut self, at: &str, path: &str, text: &str) -> Option<Problem> {
        let (what, hint) = if path == INTERFACE {
            (
                "names an interface",
                "say all of an interface in one place: two of one name contradict each other",
            )
        } else if path.ends_with(ORDER) {
            (
                "is a place",
                "count the commands of a list, each with another number",
            )
        } else {
            return None;
        };
        if self.0.insert(key(path, text)) {
            return None;
        }
        let what = format!("{} {what} that is taken", operand(text));
        Some(Problem::new(at, what).hint(hint))
    }
}

/// One value in one form: of a MAC address there are two, and Windows does not tell upper and lower
/// case apart.
fn key(path: &str, text: &str) -> (String, String) {
    let text = mac(text).unwrap_or_else(|| text.to_owned());
    (path.to_owned(), text.trim().to_lowercase())
}

/// The problem that a command starts nothing.
pub(super) fn lacks<'a>(
    at: &str,
    setting: &Setting,
    mut inner: impl Iterator<Item = &'a Setting>,
    entries: &Map<String, Value>,
) -> Option<Problem> {
    let is_command = setting.list == Some(List::Items) && setting.name().ends_with("Command");
    let starts = inner.find(|one| STARTS.contains(&one.name()))?.name();
    (is_command && !entries.contains_key(starts)).then(|| {
        let what = format!("has no {}", operand(starts));
        Problem::new(at, what).hint("Setup stops at a command without one")
    })
}

/// Whether a command starts `PowerShell`, of either generation.
pub(super) fn is_power_shell(command: &str) -> bool {
    let words = command.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    words.into_iter().any(|word| {
        let word = word.to_ascii_lowercase();
        let program = word.strip_suffix(".exe").unwrap_or(&word);
        program.contains("powershell") || program == "pwsh"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_generation_is_power_shell() {
        for command in [
            "powershell -File a.ps1",
            r#"cmd /c "C:\x\PowerShell.exe" -c 1"#,
            "pwsh -c 1",
            r"X:\7\PWSH.EXE",
        ] {
            assert!(is_power_shell(command), "{command}");
        }
        for command in ["cmd /c pwshell", "wpeutil reboot", "a.pwsh.cmd"] {
            assert!(!is_power_shell(command), "{command}");
        }
    }

    #[test]
    fn one_interface_has_several_forms() {
        let mut seen = Seen::default();
        let mut twice = |text: &str| seen.twice("a", INTERFACE, text).is_some();
        assert!(!twice("Ethernet"));
        assert!(twice("ETHERNET"));
        assert!(!twice("52:54:00:12:34:ab"));
        assert!(twice("52-54-00-12-34-AB"));
        assert!(!twice("Ethernet 2"));
        let mut other = |path: &str| seen.twice("a", path, "1").is_some();
        assert!(!other("RunAsynchronous/RunAsynchronousCommand/Order"));
        assert!(other("RunAsynchronous/RunAsynchronousCommand/Order"));
        assert!(!other("OEMInformation/Model") && !other("OEMInformation/Model"));
    }
}
