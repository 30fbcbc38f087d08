//! More steps on top of a sealed image: a medium brings them, and another build begins.

use lucarne_protocol::step::{Phase, STEPS_SCHEMA, Step, Steps};
use serde::Deserialize;

use crate::state::{Stage, State};

/// What the media of this version call themselves.
const SCHEMA: &str = "lucarne.media/1";

/// The file `lucarne.json` of a medium, as far as it says what the medium is for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Marker {
    schema: String,
    #[serde(default)]
    purpose: String,
    /// What is remembered of it: a layer of the same plan may come again, with other files or on
    /// top of itself.
    #[serde(default)]
    pub plan_sha256: String,
}

impl Marker {
    /// Reads it. `None`: the medium is for something else, such as Setup.
    pub fn read(text: &str) -> Result<Option<Self>, String> {
        let marker: Self = serde_json::from_str(text)
            .map_err(|error| format!("the medium's marker is no marker: {error}"))?;
        if marker.purpose != "layer" {
            return Ok(None);
        }
        if marker.schema != SCHEMA || marker.plan_sha256.is_empty() {
            return Err(format!("the medium is of another version than `{SCHEMA}`"));
        }
        Ok(Some(marker))
    }
}

/// The folder that a layer's payload is copied to, beside those of the base and of other layers.
#[must_use]
pub fn folder(state: &State) -> String {
    format!("layer-{}", state.layers.len() + 1)
}

/// The document of a layer: its steps, their payload in its folder, and what each start needs of
/// the images below.
pub fn merge(base: &Steps, layer: Steps, folder: &str) -> Result<Steps, String> {
    if layer.schema != STEPS_SCHEMA {
        return Err(format!(
            "its steps are of another version than `{STEPS_SCHEMA}`"
        ));
    }
    let mut steps = layer;
    for step in &mut steps.steps {
        step.for_each_payload(&mut |payload| {
            payload.0 = format!(r"{folder}\{}", payload.0);
        });
    }
    let boot = base.steps.iter().filter(|step| step.phase == Phase::Boot);
    // An attempt that was killed may have put them there already.
    let below: Vec<Step> = boot
        .filter(|step| !steps.steps.contains(step))
        .cloned()
        .collect();
    steps.steps.splice(0..0, below);
    Ok(steps)
}

/// The build of a layer begins.
pub fn begin(state: &mut State, marker: &Marker) {
    state.layers.push(marker.plan_sha256.clone());
    state.stage = Stage::System;
    state.under_way = None;
    state.results.clear();
    state.scrubbed.clear();
    state.leaving = None;
}

#[cfg(test)]
mod tests {
    use lucarne_protocol::Status;

    use super::*;
    use crate::state::Ended;

    #[test]
    fn a_medium_says_what_it_is_for() {
        let text = |schema: &str, purpose: &str| {
            format!(r#"{{"schema":"{schema}","purpose":"{purpose}","name":"x","planSha256":"ab"}}"#)
        };
        let layer = Marker::read(&text(SCHEMA, "layer")).expect("a marker");
        assert_eq!(
            layer.map(|marker| marker.plan_sha256),
            Some("ab".to_owned())
        );
        assert_eq!(Marker::read(&text(SCHEMA, "install")), Ok(None));
        assert_eq!(Marker::read(r#"{"schema":"lucarne.media/1"}"#), Ok(None));
        assert!(Marker::read(&text("lucarne.media/2", "layer")).is_err());
        assert!(Marker::read("no JSON").is_err());
    }

    #[test]
    fn a_layers_payload_lies_beside_that_of_its_base() {
        let text = include_str!("../../protocol/src/step/steps.json");
        let base: Steps = serde_json::from_str(text).expect("steps");
        let merged = merge(&base, base.clone(), "layer-1").expect("steps");
        assert_eq!(merged.steps.len(), base.steps.len() + 1);
        assert_eq!(
            merged.steps[0], base.steps[2],
            "what each start needs comes first"
        );
        let json = serde_json::to_string(&merged.steps[1..]).expect("JSON");
        assert!(
            json.contains(r"layer-1\\payload\\program-2\\example.exe"),
            "{json}"
        );
        assert!(
            json.contains(r"layer-1\\payload\\script-3\\script.ps1"),
            "{json}"
        );
        // An argument is a file's place too.
        assert!(
            json.contains(r"layer-1\\payload\\program-2\\example.ini"),
            "{json}"
        );
        let again = merge(&merged, base.clone(), "layer-1").expect("steps");
        assert_eq!(
            again, merged,
            "an attempt that is made again changes nothing"
        );
    }

    #[test]
    fn a_layer_begins_with_nothing_done() {
        let mut state = State {
            starts: 4,
            stage: Stage::Sealed,
            leaving: Some(1),
            scrubbed: vec!["x".into()],
            // Ids that the plan makes are alike in an image and in a layer.
            results: vec![Ended {
                id: "registry-1".into(),
                status: Status::Ok,
                attempt: 1,
                start: 1,
                ms: 1,
                exit: None,
                message: None,
            }],
            ..State::default()
        };
        assert!(state.has_ended("registry-1"));
        assert_eq!(folder(&state), "layer-1");
        let text = r#"{"schema":"lucarne.media/1","purpose":"layer","planSha256":"ab"}"#;
        let marker = Marker::read(text).expect("a marker").expect("a layer");
        begin(&mut state, &marker);
        assert_eq!((state.stage, state.starts), (Stage::System, 4));
        assert!(state.scrubbed.is_empty() && state.leaving.is_none());
        assert!(!state.has_ended("registry-1"), "the layer's is another");
        assert_eq!(folder(&state), "layer-2");
    }
}
