//! A layer, decided: what is done on top of an image, whichever that will be.

use lucarne_protocol::step::Steps;
use serde::Serialize;

use super::Install;
use crate::problem::Problem;
use crate::spec::Compression;

/// A layer, decided. Its base is not part of it: the same plan makes the same media whatever the
/// layer is put on.
///
/// Serialised as `plan.json` for people and tests, as a [`super::Plan`] is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerPlan {
    /// Always `lucarne.layerPlan/1`.
    pub schema: &'static str,
    pub name: String,
    pub steps: Steps,
    pub machine: LayerMachine,
    pub install: Install,
    pub compression: Compression,
    /// What is allowed but worth a word.
    #[serde(skip)]
    pub warnings: Vec<Problem>,
}

/// The machine that does the steps. What is not said is as the image was installed with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerMachine {
    pub cores: Option<u32>,
    pub memory_mib: Option<u64>,
    pub cpu: Option<String>,
}

impl LayerPlan {
    /// `plan.json`.
    #[must_use]
    #[allow(clippy::missing_panics_doc, reason = "never: its keys are strings")]
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("a plan's keys are strings");
        json + "\n"
    }
}
