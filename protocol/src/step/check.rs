//! What tells whether a step is done already.

use serde::{Deserialize, Serialize};

use super::{Data, Hive, Script};

/// A condition. Looking changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Check {
    /// A file or a folder is there.
    Path(String),
    /// A key is there; and a value in it, when one is named; and holds that, when data are.
    #[serde(rename_all = "camelCase")]
    Registry {
        hive: Hive,
        path: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<Data>,
    },
    /// A service of this name is there.
    Service(String),
    /// A script ends with an accepted exit code.
    PowerShell(Script),
}
