//! Steps of files and folders.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file, or a folder copied from the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    /// Where, from the letter on, such as `C:\Tools\a.txt`; `%NAME%` is expanded.
    pub path: String,
    /// What it holds, of at most 1 MiB. Default: `source` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A file of the host's to copy, or a folder with all that is in it. Default: `text` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How `text` becomes bytes. Default: `utf8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// How lines of `text` end. Default: `crlf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_ends: Option<LineEnds>,
    /// Whether `text` is added to what is there. Default: false; the file is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub append: Option<bool>,
    /// Who may what, as SDDL, such as `D:P(A;;FA;;;SY)(A;;FA;;;BA)`. Default: inherited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sddl: Option<String>,
}

/// How a text becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    Utf8,
    /// With a byte order mark, which Windows `PowerShell` 5.1 wants.
    Utf8Bom,
    /// Little endian, with a byte order mark.
    Utf16,
    /// Windows' own code page of the system.
    Ansi,
}

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LineEnds {
    /// As Windows has them.
    Crlf,
    /// As the text has them.
    Keep,
}

/// A folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Directory {
    /// Where, from the letter on; `%NAME%` is expanded.
    pub path: String,
    /// Who may what, as SDDL. Default: inherited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sddl: Option<String>,
}
