//! What a layer is asked for: steps, and how they run. Which image it goes on is told beside it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Accel, Deadlines, Install, Machine, SCHEMA, Seal, Spec, Step};

/// The schema that this version reads.
pub const LAYER_SCHEMA: &str = "lucarne.layer/1";

/// A layer, as asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LayerSpec {
    /// Always `lucarne.layer/1`.
    pub schema: String,
    /// The layer's name, at most 180 characters: part of the derivation's name and of messages.
    pub name: String,
    /// What is done inside Windows, in this order: at least one step, none of them in Setup's
    /// passes or in a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Step>>,
    /// Path of the virtio-win ISO. Needed where a step takes a file from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtio_win_iso: Option<String>,
    /// The machine that does the steps. Default: that of the base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<LayerMachine>,
    /// How the layer runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install: Option<LayerInstall>,
    /// How the layer is sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
    /// Refused: the Nix half makes steps with `file` of a layer's; a command has `inputs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Value>,
    /// Refused: the Nix half makes steps with `file` of a command's; a layer has `files`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Value>,
    /// Refused: the Nix half makes steps of a command's; a layer has `steps`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<Value>,
}

/// The machine that does a layer's steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LayerMachine {
    /// How many cores, from the base's to 255. Default: as many as the base was installed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
    /// Its memory in MiB, from the base's to 1048576. Default: as much as the base was installed
    /// with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// QEMU's CPU model. Default: `host` with KVM, `max` with TCG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
}

/// How a layer runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LayerInstall {
    /// How the guest's CPU is run. Default: `kvm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accel: Option<Accel>,
    /// How long each phase may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadlines: Option<LayerDeadlines>,
    /// After how long without progress to warn, in seconds, from 1 to the whole layer's deadline.
    /// Default: 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall_sec: Option<u64>,
    /// What the guest's clock starts at, in RFC 3339, UTC, not before the base was sealed. Default:
    /// the host's clock, or the time at which the base was sealed where that is later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// What of the working folder's disk must be free beyond the machine's memory, in MiB, from 0
    /// to 16777216. Default: 1024.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spare_space_mib: Option<u64>,
}

/// How long each phase of a layer may take, in seconds as KVM would; TCG gets a multiple.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LayerDeadlines {
    /// From power-on until the disk starts, in seconds, from 1 to 604800. Default: 120.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firmware_sec: Option<u64>,
    /// From then on until the steps are done, in seconds, from 1 to 604800. Default: 3600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps_sec: Option<u64>,
    /// The settling boot, in seconds, from 1 to 604800. Default: 1800.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settle_sec: Option<u64>,
    /// From `done` to power-off, in seconds, from 1 to 604800. Default: 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown_sec: Option<u64>,
    /// The whole layer, in seconds, from the longest phase's to 604800. Default: 14400.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_sec: Option<u64>,
}

impl LayerSpec {
    /// The same options of an image, so that one set of rules judges both, at equal paths.
    #[must_use]
    pub fn as_image(&self) -> Spec {
        let machine = self.machine.as_ref();
        Spec {
            schema: SCHEMA.to_owned(),
            name: self.name.clone(),
            steps: self.steps.clone(),
            virtio_win_iso: self.virtio_win_iso.clone(),
            machine: machine.map(|said| Machine {
                cores: said.cores,
                memory_mib: said.memory_mib,
                cpu: said.cpu.clone(),
            }),
            install: Some(self.install.clone().unwrap_or_default().as_image()),
            seal: self.seal.clone(),
            ..Spec::default()
        }
    }
}

impl LayerInstall {
    fn as_image(&self) -> Install {
        let said = self.deadlines.clone().unwrap_or_default();
        Install {
            accel: self.accel,
            deadlines: Some(Deadlines {
                firmware_sec: said.firmware_sec,
                // Setup's phases, which never run.
                windows_pe_sec: Some(1),
                specialize_sec: Some(1),
                steps_sec: said.steps_sec,
                shutdown_sec: said.shutdown_sec,
                settle_sec: said.settle_sec,
                total_sec: said.total_sec,
            }),
            stall_sec: self.stall_sec,
            clock: self.clock.clone(),
            spare_space_mib: self.spare_space_mib,
        }
    }
}
