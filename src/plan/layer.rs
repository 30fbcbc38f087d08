//! A layer, decided: what is done on top of an image, whichever that will be.

#[cfg(feature = "cli")]
use lucarne_protocol::step::Step;
use lucarne_protocol::step::Steps;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::rules::Rules;
use super::steps::{self, Decided};
use super::{Facts, Install, Payload, Purpose, install, names};
use crate::problem::{Problem, Problems, operand};
use crate::spec::{Compression, LAYER_SCHEMA, LayerSpec, Shaped};
use crate::windows_iso::Image;

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
    /// As the media carry them; in `plan.json` without passwords.
    #[serde(serialize_with = "steps::without_passwords")]
    pub steps: Steps,
    /// The files that go onto the media for the steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payloads: Vec<Payload>,
    pub machine: LayerMachine,
    #[serde(serialize_with = "without_setup")]
    pub install: Install,
    pub compression: Compression,
    /// Where the ISO is that payloads may be on. Kept out of `plan.json`, as paths are.
    #[serde(skip)]
    pub virtio_win_iso: Option<String>,
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

/// A layer has none of Setup's phases, and so no deadlines of them.
fn without_setup<S: Serializer>(install: &Install, serializer: S) -> Result<S::Ok, S::Error> {
    let mut value = serde_json::to_value(install).map_err(S::Error::custom)?;
    if let Some(Value::Object(deadlines)) = value.get_mut("deadlines") {
        deadlines.remove("windowsPESec");
        deadlines.remove("specializeSec");
    }
    value.serialize(serializer)
}

/// Plans what could be read of a layer's spec, or tells every problem that it has.
pub fn layer(shaped: &Shaped<LayerSpec>) -> Result<LayerPlan, Problems> {
    let as_image = as_image(shaped);
    let facts = facts();
    let mut rules = Rules::new(&as_image, &facts);
    let schema = &shaped.spec.schema;
    if schema != LAYER_SCHEMA {
        let what = format!("{} is not a schema known here", operand(schema));
        let hint = format!(
            "this version of lucarne reads `{LAYER_SCHEMA}` for a layer; take the Nix half and the \
             program from one commit"
        );
        rules.problem(Problem::new("schema", what).hint(hint));
    }
    if shaped.spec.steps.as_ref().is_none_or(Vec::is_empty) {
        let hint = "a layer is its steps: add one, or use the base as it is";
        rules.problem(Problem::new("steps", "holds nothing to do").hint(hint));
    }
    let plan = plan(&mut rules);
    let warnings = rules.end(&as_image)?;
    Ok(LayerPlan { warnings, ..plan })
}

/// The files that a layer's steps need, whatever else is wrong with it.
#[must_use]
pub fn layer_payloads(shaped: &Shaped<LayerSpec>) -> Vec<Payload> {
    let (as_image, facts) = (as_image(shaped), facts());
    let payloads = plan(&mut Rules::new(&as_image, &facts)).payloads;
    payloads.into_iter().filter(Payload::is_named).collect()
}

/// What a machine does at each of its starts: steps of an image's spec, judged as such, and the
/// files that they need.
#[cfg(feature = "cli")]
pub(crate) fn at_starts(steps: &Shaped) -> Result<(Vec<Step>, Vec<Payload>), Problems> {
    let facts = facts();
    let mut rules = Rules::new(steps, &facts);
    let LayerPlan {
        steps: planned,
        payloads,
        ..
    } = plan(&mut rules);
    rules.end(steps)?;
    Ok((planned.steps, payloads))
}

fn as_image(shaped: &Shaped<LayerSpec>) -> Shaped {
    Shaped {
        spec: shaped.spec.as_image(),
        problems: shaped.problems.clone(),
    }
}

fn facts() -> Facts<'static> {
    Facts {
        purpose: Purpose::Layer,
        ..Facts::default()
    }
}

fn plan(rules: &mut Rules<'_>) -> LayerPlan {
    let install = install::install(rules);
    // Nothing is known of the Windows that it is for.
    let image = Image::default();
    let decided = Decided {
        defaults: None,
        remote_desktop: false,
        remote_management: false,
        auto_logon: None,
        disabled: Vec::new(),
        image: &image,
        accounts: &[],
        administrator: None,
        install: &install,
        generalize: false,
    };
    let (steps, payloads) = steps::steps(rules, &decided);
    LayerPlan {
        schema: "lucarne.layerPlan/1",
        name: names::image_name(rules),
        steps,
        payloads,
        machine: install::layer_machine(rules),
        install,
        compression: install::compression(rules.spec),
        virtio_win_iso: rules.spec.virtio_win_iso.clone(),
        warnings: Vec::new(),
    }
}
