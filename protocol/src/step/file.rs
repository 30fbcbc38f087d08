//! Files and folders.

use serde::{Deserialize, Serialize};

use super::Payload;

/// Writes a file, and makes the folders above it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    /// From the letter on; `%NAME%` is expanded.
    pub path: String,
    pub source: Source,
    /// Adds to what is there, rather than replacing it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub append: bool,
    /// Who may what, as SDDL, in force before the file holds anything. Default: inherited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sddl: Option<String>,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Source {
    /// A text, written in an encoding.
    #[serde(rename_all = "camelCase")]
    Text {
        text: String,
        encoding: Encoding,
        line_ends: LineEnds,
    },
    /// A copy of a file, or of a folder with all that is in it.
    Payload(Payload),
}

/// How a text becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    Utf8,
    /// With a byte order mark, without which Windows `PowerShell` 5.1 reads ANSI.
    Utf8Bom,
    /// Little endian, with a byte order mark.
    Utf16,
    /// Windows' own code page of this system. A character that it has not is an error.
    Ansi,
}

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LineEnds {
    /// Every `\n`, with a `\r` before it or not, becomes `\r\n`.
    Crlf,
    /// As the text has them.
    Keep,
}

/// Makes a folder, and those above it. One that is there is as good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Directory {
    /// From the letter on; `%NAME%` is expanded.
    pub path: String,
    /// Who may what, as SDDL. Default: inherited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sddl: Option<String>,
}

/// Removes a file, or a folder with all that is in it. What is not there is as good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delete {
    /// From the letter on; `%NAME%` is expanded. `*` in the last part stands for any characters.
    pub path: String,
}
