//! What can be asked of a running machine.

use std::time::Duration;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::keys::qcode;
use super::{REQUEST_BYTES_MAX, Refusal};
use crate::problem::operand;

/// Keys that are pressed together.
const KEYS_MAX: usize = 8;
/// A program and its arguments.
const WORDS_MAX: usize = 256;
/// How long anything in the guest may be waited for: a day.
const TIMEOUT_SEC_MAX: u64 = 86_400;
/// Of a snapshot's name. QEMU takes 127.
const NAME_BYTES_MAX: usize = 40;
/// Linux' own limit of a path.
const PATH_BYTES_MAX: usize = 4095;

/// One request. Unknown kinds and fields are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "request",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Request {
    /// What the machine is and does.
    Status {},
    /// A shutdown as the machine's settings have it, or within so many seconds.
    Stop {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_sec: Option<u64>,
    },
    /// QEMU's end without a word to the guest: a power cut.
    Kill {},
    /// The system disk thrown away, and a new start.
    Reset {},
    /// A restart by the guest agent.
    Reboot {},
    /// A picture of the screen.
    Screenshot {},
    /// Keys pressed together, and let go.
    SendKey { keys: Vec<String> },
    /// A program run by the guest agent, as SYSTEM.
    Exec {
        argv: Vec<String>,
        /// How long it is waited for.
        timeout_sec: u64,
    },
    /// A snapshot of the data disk.
    Snapshot { name: String },
    /// A snapshot's end. The disk stays as it is.
    DeleteSnapshot { name: String },
    /// All of them.
    Snapshots {},
    /// A copy of the data disk as it is now, to a new qcow2 file of the host's.
    Backup { path: Utf8PathBuf },
}

impl Request {
    /// Reads a line, and checks that what it asks is in bounds.
    pub fn read(line: &[u8]) -> Result<Self, Refusal> {
        if line.len() > REQUEST_BYTES_MAX {
            let message = format!("a request of more than {REQUEST_BYTES_MAX} bytes");
            return Err(Refusal::new(message));
        }
        let request: Self = serde_json::from_slice(line).map_err(|error| {
            Refusal::new(format!("no request: {}", operand(&error.to_string())))
        })?;
        request.check()?;
        Ok(request)
    }

    /// Whether it is about the data disk.
    #[must_use]
    pub fn is_of_data_disk(&self) -> bool {
        matches!(
            self,
            Self::Snapshot { .. }
                | Self::DeleteSnapshot { .. }
                | Self::Snapshots {}
                | Self::Backup { .. }
        )
    }

    /// How long its answer may take, for whoever waits for it; `None`: as long as it takes.
    #[must_use]
    pub fn patience(&self) -> Option<Duration> {
        let more = Duration::from_secs(90);
        match self {
            // Known without asking anybody.
            Self::Status {} => Some(Duration::from_secs(10)),
            // A disk is as large as it is, and the machine has a deadline of its own for a
            // shutdown.
            Self::Backup { .. } | Self::Stop { timeout_sec: None } => None,
            Self::Stop {
                timeout_sec: Some(sec),
            }
            | Self::Exec {
                timeout_sec: sec, ..
            } => Some(Duration::from_secs(*sec) + more),
            _ => Some(more),
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::Stop {
                timeout_sec: Some(sec),
            } => is_timeout(*sec),
            Self::SendKey { keys } => are_keys(keys),
            Self::Exec { argv, timeout_sec } => are_words(argv).and(is_timeout(*timeout_sec)),
            Self::Snapshot { name } | Self::DeleteSnapshot { name } => is_snapshot_name(name),
            Self::Backup { path } => is_path(path.as_str()),
            _ => Ok(()),
        }
    }
}

fn is_timeout(sec: u64) -> Result<(), Refusal> {
    if (1..=TIMEOUT_SEC_MAX).contains(&sec) {
        return Ok(());
    }
    let message = format!("`timeoutSec` is {sec}, not 1 to {TIMEOUT_SEC_MAX}");
    Err(Refusal::new(message))
}

fn are_keys(keys: &[String]) -> Result<(), Refusal> {
    if !(1..=KEYS_MAX).contains(&keys.len()) {
        let message = format!("{} keys at once, not 1 to {KEYS_MAX}", keys.len());
        return Err(Refusal::new(message));
    }
    keys.iter().try_for_each(|key| qcode(key).map(drop))
}

fn are_words(argv: &[String]) -> Result<(), Refusal> {
    if !(1..=WORDS_MAX).contains(&argv.len()) || argv[0].is_empty() {
        let message = format!("a command has 1 to {WORDS_MAX} words, the first of them a program");
        return Err(Refusal::new(message));
    }
    if argv.iter().any(|word| word.contains('\0')) {
        return Err(Refusal::new("a command's word holds a NUL"));
    }
    Ok(())
}

/// A snapshot's name: QEMU takes one that is a number for another snapshot's number.
pub fn is_snapshot_name(name: &str) -> Result<(), Refusal> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    if starts && name.len() <= NAME_BYTES_MAX && name.chars().all(plain) {
        return Ok(());
    }
    let message = format!("{} is no name of a snapshot", operand(name));
    Err(Refusal::new(message).hint(format!(
        "a lower-case letter, then letters, digits, `-`, `.` or `_`, at most {NAME_BYTES_MAX}"
    )))
}

fn is_path(path: &str) -> Result<(), Refusal> {
    let whole = path.starts_with('/') && !path.ends_with('/');
    if whole && path.len() <= PATH_BYTES_MAX && !path.contains('\0') {
        return Ok(());
    }
    let message = format!("{} is no absolute path of a file", operand(path));
    Err(Refusal::new(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(line: &str) -> String {
        let refusal = Request::read(line.as_bytes()).expect_err("a bad request");
        refusal.message
    }

    #[test]
    fn each_request_is_read_as_it_is_written() {
        let text = |text: &str| text.to_owned();
        for (request, line) in [
            (Request::Status {}, r#"{"request":"status"}"#),
            (Request::Stop { timeout_sec: None }, r#"{"request":"stop"}"#),
            (
                Request::Stop {
                    timeout_sec: Some(5),
                },
                r#"{"request":"stop","timeoutSec":5}"#,
            ),
            (Request::Kill {}, r#"{"request":"kill"}"#),
            (
                Request::SendKey {
                    keys: vec![text("ctrl"), text("alt"), text("delete")],
                },
                r#"{"request":"sendKey","keys":["ctrl","alt","delete"]}"#,
            ),
            (
                Request::Exec {
                    argv: vec![text("cmd.exe"), text("/c"), text("ver")],
                    timeout_sec: 60,
                },
                r#"{"request":"exec","argv":["cmd.exe","/c","ver"],"timeoutSec":60}"#,
            ),
            (
                Request::Snapshot {
                    name: text("clean"),
                },
                r#"{"request":"snapshot","name":"clean"}"#,
            ),
            (
                Request::Backup {
                    path: "/srv/b.qcow2".into(),
                },
                r#"{"request":"backup","path":"/srv/b.qcow2"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&request).expect("JSON"), line);
            assert_eq!(Request::read(line.as_bytes()), Ok(request));
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for bad in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"request":"format"}"#,
            r#"{"request":"status","more":1}"#,
            r#"{"request":"kill"} {}"#,
            r#"{"request":"sendKey","keys":"ctrl"}"#,
            r#"{"request":"exec","argv":["a"]}"#,
            r#"{"request":"exec","argv":["a"],"timeoutSec":-1}"#,
        ] {
            assert!(says(bad).starts_with("no request: "), "{bad}");
        }
        let deep = "[".repeat(REQUEST_BYTES_MAX);
        assert!(says(&deep).starts_with("no request: "));
        let long = " ".repeat(REQUEST_BYTES_MAX + 1);
        assert_eq!(says(&long), "a request of more than 65536 bytes");
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        for (bad, why) in [
            (
                r#"{"request":"stop","timeoutSec":0}"#,
                "`timeoutSec` is 0, not 1 to 86400",
            ),
            (
                r#"{"request":"sendKey","keys":[]}"#,
                "0 keys at once, not 1 to 8",
            ),
            (
                r#"{"request":"sendKey","keys":["strg"]}"#,
                "there is no key `strg`",
            ),
            (
                r#"{"request":"exec","argv":[""],"timeoutSec":1}"#,
                "a command has 1 to 256 words, the first of them a program",
            ),
            (
                r#"{"request":"exec","argv":["a","\u0000"],"timeoutSec":1}"#,
                "a command's word holds a NUL",
            ),
            (
                r#"{"request":"snapshot","name":"1"}"#,
                "`1` is no name of a snapshot",
            ),
            (
                r#"{"request":"deleteSnapshot","name":"../a"}"#,
                "`../a` is no name of a snapshot",
            ),
            (
                r#"{"request":"backup","path":"a.qcow2"}"#,
                "`a.qcow2` is no absolute path of a file",
            ),
        ] {
            assert_eq!(says(bad), why);
        }
    }
}
