//! Programs and scripts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Payload;

/// Runs a program to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Program {
    pub program: Location,
    /// Each is one argument: quoted as the C library of Windows reads a command line.
    pub arguments: Vec<Argument>,
    /// Beside those that there are.
    pub environment: BTreeMap<String, String>,
    /// Default: the program's own folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_folder: Option<String>,
    pub exit_codes: ExitCodes,
}

/// Where a program is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Location {
    /// On C:, or a name that Windows finds by `PATH`; `%NAME%` is expanded.
    Path(String),
    Payload(Payload),
}

/// What an exit code means. One in neither list is a failure. Windows keeps 32 bits, which are read
/// without a sign here and in events: -1 is 4294967295.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExitCodes {
    /// Done.
    pub success: Vec<i64>,
    /// Done, and Windows wants a restart: 3010 (`ERROR_SUCCESS_REBOOT_REQUIRED`) and 1641
    /// (`ERROR_SUCCESS_REBOOT_INITIATED`) by Windows Installer's convention.
    pub reboot: Vec<i64>,
}

/// A script, run from a file. Nothing of the user's is pasted into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Script {
    pub script: Payload,
    /// Reach the script as parameters; and, since cmd reads some characters of its parameters as
    /// its own, as `LUCARNE_ARG_1` and so on.
    pub arguments: Vec<Argument>,
    pub exit_codes: ExitCodes,
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Argument {
    Text(String),
    /// Where the file lies is known inside Windows alone: a layer's are in a folder of its own.
    File(ArgumentFile),
}

/// A file or folder of the media's as an argument: a text, and its path right behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArgumentFile {
    pub prefix: String,
    pub payload: Payload,
}

impl Argument {
    /// What the program or script gets.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::File(file) => format!("{}{}", file.prefix, file.payload.path()),
        }
    }
}
