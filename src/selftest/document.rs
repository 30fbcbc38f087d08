//! What a selftest's report says: `report.json`, and the page that is made of it.

use schemars::JsonSchema;
use serde::Serialize;

use super::disc::Structure;
use super::watch::Times;
use crate::manifest::{Contents, Phase};

/// The schema that this version writes.
pub(super) const SCHEMA: &str = "lucarne.selftest/1";

/// What the report itself says of what it holds.
pub(super) const HOLDS: [&str; 4] = [
    "How the install of one edition of one Windows ISO went on one host: the facts below, and \
     nothing else. Please attach it to an issue as it is.",
    "Of the Windows ISO: its label, the names and builds of its editions, the shape of its first \
     64 KiB and of its boot catalogue. None of its contents.",
    "Where it failed: the message, and the last lines of the machine's serial port and of Windows \
     Setup's logs.",
    "Not in it: product keys, passwords, names of users, owners, computers and of the host, paths \
     of the host, MAC addresses, GUIDs and serial numbers. Where one stood in a text, a word in \
     brackets stands, such as [path].",
];

/// The report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    /// Always `lucarne.selftest/1`.
    pub(super) schema: &'static str,
    /// What this document holds, and what not.
    pub(super) holds: Vec<&'static str>,
    pub(super) verdict: Verdict,
    /// The questions that only a real Windows can answer.
    pub(super) answers: Vec<Answer>,
    pub(super) windows: Windows,
    pub(super) disc: Structure,
    pub(super) machine: Machine,
    pub(super) drivers: Vec<Driver>,
    /// The phases of the install, the helper's own among them, in their order.
    pub(super) phases: Vec<Phase>,
    pub(super) steps: Vec<Step>,
    /// The start of the sealed image; absent where there was no image.
    pub(super) boot: Option<Times>,
    /// What the image's Windows volume holds; absent where there was no image.
    pub(super) image: Option<Contents>,
    pub(super) warnings: Vec<String>,
    /// The ends of the logs of a failure.
    pub(super) logs: Vec<Log>,
    pub(super) tools: Vec<Tool>,
}

/// How it ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verdict {
    /// The command's exit code; 0: everything worked.
    pub(super) exit_code: u8,
    /// The phase that failed; `boot` is the start of the sealed image.
    pub(super) phase: Option<String>,
    pub(super) message: Option<String>,
}

/// A question and what this run says about it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    pub(super) id: &'static str,
    pub(super) question: &'static str,
    pub(super) known: Known,
    /// What was seen, or why it is not known.
    pub(super) because: String,
}

/// Whether it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Known {
    Yes,
    No,
    Unknown,
}

/// The Windows ISO.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Windows {
    pub(super) label: String,
    pub(super) install_file: String,
    pub(super) edition: String,
    pub(super) edition_id: Option<String>,
    pub(super) installation_type: Option<String>,
    pub(super) version: String,
    pub(super) architecture: String,
    pub(super) languages: Vec<String>,
    /// What its files take on a disk, hard links counted once.
    pub(super) bytes: u64,
    /// The names of all images in the file.
    pub(super) images: Vec<String>,
}

/// The machine that it was installed in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Machine {
    /// `kvm` or `tcg`; absent where no machine was started.
    pub(super) accel: Option<&'static str>,
    pub(super) firmware: &'static str,
    pub(super) secure_boot: bool,
    pub(super) tpm: bool,
    pub(super) bus: &'static str,
    pub(super) cores: u32,
    pub(super) memory_mib: u64,
}

/// A driver of virtio-win that went onto the media.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver {
    pub(super) name: String,
    /// Its folder on the virtio-win ISO.
    pub(super) folder: Option<String>,
    /// Whether it works.
    pub(super) works: Known,
    pub(super) because: &'static str,
}

/// A step that the guest program reported.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) status: &'static str,
    pub(super) ms: Option<u64>,
}

/// The end of a log.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Log {
    pub(super) name: String,
    pub(super) lines: Vec<String>,
}

/// A program that took part.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tool {
    pub(super) name: &'static str,
    /// As it tells it; absent where it tells none.
    pub(super) version: Option<String>,
}
