//! Turns the disk of a finished install into an image: checked, cleaned, compressed, described.

use std::time::Duration;

use camino::Utf8Path;

use crate::manifest::{Inputs, Phase, Step};
use crate::plan::Plan;
use crate::tools::Tools;

/// What sealing needs.
#[derive(Debug)]
pub struct SealInputs<'a> {
    pub plan: &'a Plan,
    pub tools: &'a Tools,
    /// The raw disk, which QEMU has closed. What must not be kept is punched out of it in place.
    pub raw: &'a Utf8Path,
    /// The firmware, with UEFI.
    pub firmware: Option<FirmwareFiles<'a>>,
    /// An existing, empty folder for the image's files; its owner renames it into its place.
    pub out: &'a Utf8Path,
    pub facts: Facts,
    /// How long `qemu-img` may take for the whole disk.
    pub deadline: Duration,
}

/// The firmware's two files as the install left them.
#[derive(Clone, Copy, Debug)]
pub struct FirmwareFiles<'a> {
    pub code: &'a Utf8Path,
    pub vars: &'a Utf8Path,
}

/// What only the install knows and the manifest tells.
#[derive(Clone, Debug)]
pub struct Facts {
    /// QEMU's machine type with its version, such as `pc-q35-10.0`.
    pub machine_type: String,
    pub inputs: Inputs,
    pub phases: Vec<Phase>,
    pub steps: Vec<Step>,
    /// RFC 3339, UTC, the guest's clock.
    pub installed_at: String,
    /// RFC 3339, UTC, the guest's clock.
    pub sealed_at: String,
    pub evaluation_ends: Option<String>,
}
