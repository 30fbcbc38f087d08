//! Steps that run something.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A program, run to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Program {
    /// Where it is in Windows, or a name that `PATH` finds, such as `cscript.exe`; `%NAME%` is
    /// expanded. Default: `source` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A program of the host's, which goes along. Here and wherever else a file of the host's is
    /// named, `virtio-win:` and a path name one on virtio-win's ISO. Default: `path` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its arguments, at most 256: texts, each one argument however it is quoted, and files of the
    /// host's, as `{ source = …; }`. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<Argument>>,
    /// Variables beside those that there are, by name. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<BTreeMap<String, String>>,
    /// The folder that it starts in. Default: its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_folder: Option<String>,
    /// Files and folders of the host's to have beside `source`, by name. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<BTreeMap<String, String>>,
    /// What its exit codes mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_codes: Option<ExitCodes>,
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Argument {
    /// A text.
    Text(String),
    /// A file of the host's, which goes along: the argument is its path in Windows.
    File(HostFile),
}

/// A file of the host's as an argument.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostFile {
    /// The file, or a folder with all that is in it.
    pub source: String,
    /// What stands before its path in the argument, such as `/packagepath:`. Default: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

/// What exit codes mean. One in neither list is a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExitCodes {
    /// Done, as integers of 32 bits. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success: Option<Vec<i64>>,
    /// Done, and Windows is restarted. Default: 3010 and 1641 for programs, Windows Installer's
    /// codes for that, and none for scripts; where there are no restarts 3010 is success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reboot: Option<Vec<i64>>,
}

/// A script, run from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Script {
    /// The script, of at most 1 MiB. Default: `source` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A script of the host's, in UTF-8. Default: `text` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its parameters, at most 256, as a program's arguments; and as `LUCARNE_ARG_1` and so on in
    /// its environment. A script of cmd's reads those as `!LUCARNE_ARG_1!` behind
    /// `setlocal EnableDelayedExpansion`: of `%LUCARNE_ARG_1%` cmd would run what is in it, as of
    /// anything between percent signs. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<Argument>>,
    /// Files and folders of the host's to have beside the script, by name. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<BTreeMap<String, String>>,
    /// What its exit codes mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_codes: Option<ExitCodes>,
}
