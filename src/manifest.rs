//! What an image says about itself: `manifest.json`. `run` and layers read nothing else of it.
//!
//! Inputs are named by label and hash, never by path: an image refers to nothing in the store.

use camino::Utf8Path;
use lucarne_protocol::{GENERALIZE, SCRUB, SETTLE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::guest::escape;
use crate::plan::Role;
use crate::regular;
use crate::spec::{Bus, Compression, FirmwareKind};

/// The schema that this version writes and reads.
pub const SCHEMA: &str = "lucarne.manifest/1";
/// What a manifest may be long: a thousand steps with names take a tenth of it.
const BYTES_MAX: u64 = 4 << 20;

/// `manifest.json` of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// Always `lucarne.manifest/1`.
    pub schema: String,
    /// The image's name, from the spec.
    pub name: String,
    pub windows: Windows,
    pub firmware: Firmware,
    pub disk: Disk,
    pub machine: Machine,
    /// What the image was made of.
    pub inputs: Inputs,
    /// The phases of the install, or of the layer, in their order.
    pub phases: Vec<Phase>,
    /// The steps done inside Windows, in their order; a layer's follow those of its base.
    pub steps: Vec<Step>,
    /// What was done besides, as it is for each image.
    #[serde(default)]
    pub finish: Finish,
    /// When the install began: RFC 3339, UTC, the guest's clock.
    pub installed_at: String,
    /// When the image was sealed: RFC 3339, UTC, the guest's clock. A layer's clock starts here
    /// or later.
    pub sealed_at: String,
    /// When an evaluation edition ends, where that is known: RFC 3339, UTC.
    pub evaluation_ends: Option<String>,
}

/// The Windows that is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Windows {
    /// The image's `NAME` in the WIM.
    pub edition: String,
    /// `EDITIONID`, such as `Professional`.
    pub edition_id: Option<String>,
    /// `INSTALLATIONTYPE`: `Client`, `Server`, `Server Core`.
    pub installation_type: Option<String>,
    /// Such as `10.0.26100`.
    pub version: String,
    pub build: u32,
    /// `x86`, `amd64`, `arm64`.
    pub architecture: String,
    pub languages: Vec<String>,
    /// What its volume holds.
    pub contents: Contents,
}

/// What the Windows volume holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contents {
    /// Bytes in allocated clusters.
    pub used_bytes: u64,
    pub files: u64,
    pub directories: u64,
}

/// The firmware that the image was installed with; `code.fd` and `vars.fd` are a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Firmware {
    #[serde(rename = "type")]
    pub kind: FirmwareKind,
    pub secure_boot: bool,
    /// SHA-256 of `code.fd`, which stands for its version: the file names none. Absent with BIOS.
    pub code_sha256: Option<String>,
    /// SHA-256 of `vars.fd`. Absent with BIOS.
    pub vars_sha256: Option<String>,
}

/// The system disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Disk {
    /// What it hung on; Windows starts from nothing else.
    pub bus: Bus,
    pub virtual_bytes: u64,
    /// How `disk.qcow2` is compressed.
    pub compression: ClusterCompression,
    /// SHA-256 of `disk.qcow2`.
    pub sha256: String,
    pub partitions: Vec<Partition>,
    /// The number of the partition that holds Windows.
    pub windows_partition: u32,
}

/// How a qcow2's clusters are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ClusterCompression {
    Zstd,
    /// Where `qemu-img` knows no zstd.
    Zlib,
    None,
}

impl From<Compression> for ClusterCompression {
    fn from(asked: Compression) -> Self {
        match asked {
            Compression::Zstd => Self::Zstd,
            Compression::None => Self::None,
        }
    }
}

/// One partition, as read back from the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Partition {
    pub number: u32,
    pub role: Role,
    pub offset_bytes: u64,
    pub size_bytes: u64,
    /// `ntfs`, `fat32`; nothing where there is no file system.
    pub file_system: Option<String>,
}

/// The machine that installed it, and the least that runs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Machine {
    /// QEMU's machine type with its version, such as `pc-q35-10.0`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What its UUID and its MAC were made from: the name of the image that Windows was installed
    /// as. To another machine Windows would be a copy.
    pub identity: String,
    /// Such as `10.0.2`, as `qemu-system-x86_64 --version` tells.
    pub qemu_version: String,
    /// Whether it had a TPM 2.0. Its state is not kept: each instance makes its own.
    pub tpm: bool,
    pub min_cores: u32,
    pub min_memory_mib: u64,
}

/// What an image was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inputs {
    /// The answer ISO.
    pub media: Input,
    pub windows_iso: Input,
    pub virtio_win_iso: Option<Input>,
    /// What a layer lies on. Its ISOs are then those of the image at the bottom.
    pub base: Option<Base>,
}

/// The image that a layer lies on, and holds nothing of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Base {
    pub name: String,
    /// SHA-256 of its `manifest.json`, which holds those of what it lies on itself.
    pub manifest_sha256: String,
    /// SHA-256 of its `disk.qcow2`.
    pub disk_sha256: String,
    /// How many images lie below the layer: 1 when its base was installed.
    pub depth: u32,
}

/// One input, by what it is instead of where it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    /// A volume's label, a base's name.
    pub label: String,
    /// In hexadecimal, where the whole was read.
    pub sha256: String,
}

/// One phase of the install.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Phase {
    /// `firmware`, `windowsPE`, `specialize`, `steps`, `settle`, `shutdown`.
    pub name: String,
    pub ms: u64,
}

/// What is done for each image besides its steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finish {
    /// What was set from `defaults`, by its option.
    pub defaults: Vec<String>,
    /// What was taken out before sealing, one line of each thing, in the guest program's words; a
    /// layer's follow those of its base.
    pub scrubbed: Vec<String>,
    /// How the last start before sealing went, in the guest program's words.
    pub settled: String,
    /// Where sysprep generalised Windows: how that went, in the guest program's words. Its next
    /// start begins with OOBE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generalized: Option<String>,
}

/// Lines of a guest's that a manifest takes: several times what the guest program says.
const SCRUBBED_MAX: usize = 64;
const LINE_MAX: usize = 300;

impl Finish {
    /// Takes what the guest says of it.
    pub(crate) fn hear(&mut self, step: &str, text: &str) {
        let text: String = escape(text).chars().take(LINE_MAX).collect();
        match step {
            SCRUB if self.scrubbed.len() < SCRUBBED_MAX => self.scrubbed.push(text),
            SETTLE => self.settled = text,
            GENERALIZE => self.generalized = Some(text),
            _ => {}
        }
    }

    /// What a layer says on top of its base.
    pub(crate) fn extend(&mut self, layer: &Self) {
        self.scrubbed.extend(layer.scrubbed.iter().cloned());
        self.settled.clone_from(&layer.settled);
    }
}

/// One step that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    pub id: String,
    pub name: String,
    /// Whether it found nothing to do.
    pub skipped: bool,
    pub ms: u64,
}

impl Manifest {
    /// The file's bytes: pretty JSON and a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self)
            .unwrap_or_else(|error| unreachable!("plain data with string keys: {error}"));
        json.push('\n');
        json
    }

    /// Reads an image's manifest.
    pub fn read(path: &Utf8Path) -> anyhow::Result<Self> {
        Self::read_with_text(path).map(|(manifest, _)| manifest)
    }

    /// The same, with the file's text.
    pub fn read_with_text(path: &Utf8Path) -> anyhow::Result<(Self, String)> {
        use anyhow::{Context as _, ensure};
        use std::io::Read as _;
        let file = regular::open(path).with_context(|| format!("cannot open `{path}`"))?;
        let mut json = String::new();
        let read = file.take(BYTES_MAX + 1).read_to_string(&mut json);
        let length = read.with_context(|| format!("cannot read `{path}`"))?;
        ensure!(
            length as u64 <= BYTES_MAX,
            "`{path}` is longer than {BYTES_MAX} bytes: not a manifest"
        );
        let manifest = Self::parse(&json);
        let manifest = manifest.with_context(|| {
            format!(
                "`{path}` is not a manifest\n\nhint: name an image's folder; if it is one, see \
                 that it is whole (`nix-store --verify-path`), or build it again"
            )
        })?;
        Ok((manifest, json))
    }

    /// Reads a manifest's text. Another schema is said as such, not as unknown fields.
    pub fn parse(json: &str) -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            schema: String,
        }
        let head: Head = serde_json::from_str(json)?;
        anyhow::ensure!(
            head.schema == SCHEMA,
            "its schema is `{}`, this version reads `{SCHEMA}`\n\nhint: build the image again with \
             this version, or use it with the one that made it",
            head.schema.escape_debug()
        );
        Ok(serde_json::from_str(json)?)
    }
}

#[cfg(test)]
pub(crate) mod tests;
