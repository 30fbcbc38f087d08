//! What a Windows ISO holds, read without root, mount or extraction.

use serde::Serialize;

/// The facts that planning needs of a Windows ISO.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WindowsIso {
    /// The volume's label.
    pub label: String,
    /// The file that the images are in, as the ISO spells it, such as `sources/install.wim`.
    pub install_file: String,
    /// The images of `sources/install.wim` (or `.esd`), in the order of their indexes.
    pub images: Vec<Image>,
    /// What the boot catalogue offers, in its order.
    pub boot_images: Vec<BootImage>,
}

/// One entry of the boot catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BootImage {
    /// `bios`, `uefi`, or the platform's number in hexadecimal.
    pub platform: String,
    /// The sector of 2048 bytes where it starts.
    pub sector: u32,
    /// How many sectors of 512 bytes the catalogue says that it has; often 1, and then untrue.
    pub count: u16,
    /// The file of the ISO that holds the same bytes, where there is one.
    pub file: Option<String>,
}

/// One image of `sources/install.wim`, as its XML tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
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
