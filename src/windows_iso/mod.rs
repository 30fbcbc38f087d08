//! What a Windows ISO holds, read without root, mount or extraction.

use serde::Serialize;

/// The facts that planning needs of a Windows ISO.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WindowsIso {
    /// The UDF volume's label.
    pub label: String,
    /// The images of `sources/install.wim` (or `.esd`), in the order of their indexes.
    pub images: Vec<Image>,
}

/// One image of `sources/install.wim`, as its XML tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// From 1.
    pub index: u32,
    /// `NAME`: what the answer file selects by. Not always what Setup displays.
    pub name: String,
    pub display_name: Option<String>,
    /// `EDITIONID`, such as `Professional` or `ServerStandard`.
    pub edition_id: Option<String>,
    /// `INSTALLATIONTYPE`: `Client`, `Server`, `Server Core`.
    pub installation_type: Option<String>,
    /// The answer file's word for it: `x86`, `amd64`, `arm64`.
    pub architecture: String,
    /// Major, minor and build, such as 10, 0, 26100.
    pub version: (u32, u32, u32),
    pub languages: Vec<String>,
    pub default_language: Option<String>,
    /// `TOTALBYTES`, which counts a hard link as often as it occurs.
    pub total_bytes: u64,
    /// `HARDLINKBYTES`.
    pub hard_link_bytes: u64,
}
