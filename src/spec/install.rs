//! How the install runs, and how its image is sealed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the install runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Install {
    /// How the guest's CPU is run. Default: `kvm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accel: Option<Accel>,
    /// How long each phase may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadlines: Option<Deadlines>,
    /// After how long without progress to warn, in seconds, from 1 to the whole install's
    /// deadline. Default: 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall_sec: Option<u64>,
    /// What the guest's clock starts at, in RFC 3339, UTC. Default: the host's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// What of the working folder's disk must be free beyond the estimate, in MiB, from 0 to
    /// 16777216. Default: 1024.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spare_space_mib: Option<u64>,
}

/// How the guest's CPU is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Accel {
    /// KVM, or an error.
    Kvm,
    /// QEMU's own translation: hours for a real Windows.
    Tcg,
    /// KVM, and TCG where KVM does not work.
    Auto,
}

/// How long each phase may take, in seconds as KVM would; TCG gets a multiple.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deadlines {
    /// From power-on to the first boot entry, in seconds, from 1 to 604800. Default: 120.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firmware_sec: Option<u64>,
    /// Windows PE, until the first reset, in seconds, from 1 to 604800. Default: 2700.
    #[serde(rename = "windowsPESec", skip_serializing_if = "Option::is_none")]
    pub windows_pe_sec: Option<u64>,
    /// From the first boot of the disk to the guest program's `hello`, in seconds, from 1 to
    /// 604800. Default: 2700.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub specialize_sec: Option<u64>,
    /// The steps, until `done`, in seconds, from 1 to 604800. Default: 3600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps_sec: Option<u64>,
    /// From `done` to power-off, in seconds, from 1 to 604800. Default: 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown_sec: Option<u64>,
    /// The settling boot, in seconds, from 1 to 604800. Default: 1800.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settle_sec: Option<u64>,
    /// The whole install, in seconds, from the longest phase's to 604800. Default: 14400.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_sec: Option<u64>,
}

/// How the image is sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seal {
    /// How the sealed disk is compressed. Default: `zstd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
}

/// How the sealed disk is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Compression {
    /// Two fifths of the size, a quarter of the read speed.
    Zstd,
    None,
}
