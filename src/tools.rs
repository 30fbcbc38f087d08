//! The programs and firmware files that the helper may use, each as a path; PATH is never read.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// Every tool by its path. `nix/tools.nix` writes the same names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tools {
    /// `qemu-system-x86_64`.
    pub qemu: Utf8PathBuf,
    pub qemu_img: Utf8PathBuf,
    /// Writes the one changed sector into the boot overlay.
    pub qemu_io: Utf8PathBuf,
    pub swtpm: Utf8PathBuf,
    /// `wimlib-imagex`, for files that only `boot.wim` holds.
    pub wimlib: Utf8PathBuf,
    /// OVMF's code, built with Secure Boot and SMM.
    pub code: Utf8PathBuf,
    /// Firmware variables without enrolled keys.
    pub vars: Utf8PathBuf,
    /// Firmware variables with Microsoft's keys enrolled.
    pub vars_ms: Utf8PathBuf,
    /// `lucarne-guest.exe`, where there is one.
    #[serde(default)]
    pub guest: Option<Utf8PathBuf>,
}
