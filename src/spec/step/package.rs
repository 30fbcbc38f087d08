//! Steps of what Windows installs and removes by its own means.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ExitCodes;

/// A package of Windows Installer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Msi {
    /// The package, a file of the host's.
    pub source: String,
    /// Public properties, whose names are in upper case. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<BTreeMap<String, String>>,
    /// What its exit codes mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_codes: Option<ExitCodes>,
}

/// An MSIX or Appx package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Msix {
    /// The package or bundle, a file of the host's.
    pub source: String,
    /// Packages that it needs, files of the host's. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependencies: Option<Vec<String>>,
    /// Its licence, a file of the host's. Default: none is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
}

/// An optional feature, whose files Windows or its ISO has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Feature {
    /// Its name, as `dism /online /get-features` lists it.
    pub name: String,
    /// Whether it is on. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
}

/// A capability.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capability {
    /// Its name, as `dism /online /get-capabilities` lists it.
    pub name: String,
    /// Whether it is there. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add: Option<bool>,
    /// A folder of the host's with its files. Default: what the ISO has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Appx packages that are not to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Appx {
    /// Their names, such as `Microsoft.BingNews`, at most 500; `*` stands for any characters.
    pub remove: Vec<String>,
}

/// Drivers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Driver {
    /// A folder of the host's with an INF, searched with all below it.
    pub source: String,
}

/// A certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
    /// The certificate, a file of the host's, as DER or PEM.
    pub source: String,
    /// The store, such as `Root`, `CA` or `TrustedPublisher`. Default: `Root`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
}
