//! What the program remembers from one start to the next.
//!
//! The file is written before and after each step, so that a program that was killed, or a Windows
//! that restarted, goes on where it was.

use lucarne_protocol::Status;
use serde::{Deserialize, Serialize};

/// The document's schema.
pub const SCHEMA: &str = "lucarne.state/1";

/// All that is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// How often the program has said `hello`.
    pub starts: u32,
    pub stage: Stage,
    /// The step that was begun and has not ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_way: Option<UnderWay>,
    /// What has ended, in order.
    pub results: Vec<Ended>,
    /// Steps that ended with a restart, and whose checks are to be looked at after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<String>,
    /// A restart, or the last power-off, was decided in this start of Windows and is still to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<u64>,
    /// What was taken out before sealing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scrubbed: Vec<String>,
    /// Layers whose steps were begun on top of the image, by the hashes of their plans.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<String>,
    /// Why the program gave up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// What is made of a sealed image once for an instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

/// How far the making of an identity is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Identity {
    /// How often it was begun, or gone on with; 0 when it is done.
    pub starts: u32,
    pub stage: IdentityStage,
    /// The machine's SID before it gets its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_sid: Option<String>,
}

/// What of it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IdentityStage {
    #[default]
    Begun,
    /// sysprep ran, and Windows sets itself up anew at the next start.
    OwnSid,
    /// In force from the next start on.
    Applied,
    Done,
}

/// How far a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Setup is in that pass.
    Specialize,
    /// Steps in the build account's session.
    Session,
    /// Steps of SYSTEM.
    System,
    /// Takes out what belongs to this machine alone.
    Scrub,
    /// The last start before the image is sealed.
    Settle,
    /// Each start from now on is a machine's.
    Sealed,
}

/// A step that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnderWay {
    pub id: String,
    /// From 1.
    pub attempt: u32,
    /// The program's start that began it.
    pub start: u32,
}

/// A step that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ended {
    pub id: String,
    pub status: Status,
    pub attempt: u32,
    pub start: u32,
    /// How long the last attempt took, in milliseconds.
    pub ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            starts: 0,
            stage: Stage::Specialize,
            under_way: None,
            results: Vec::new(),
            unchecked: Vec::new(),
            leaving: None,
            scrubbed: Vec::new(),
            layers: Vec::new(),
            failed: None,
            identity: None,
        }
    }
}

impl State {
    /// Reads the file's text.
    pub fn read(text: &str) -> Result<Self, String> {
        let state: Self =
            serde_json::from_str(text).map_err(|error| format!("it is no state: {error}"))?;
        if state.schema == SCHEMA {
            Ok(state)
        } else {
            Err(format!("it is of another version than `{SCHEMA}`"))
        }
    }

    /// The file's text.
    ///
    /// # Panics
    /// Never: a state has only string keys, and `serde_json` writes those without failing.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("a state is plain data with string keys") + "\n"
    }

    /// Whether a step has ended.
    #[must_use]
    pub fn has_ended(&self, id: &str) -> bool {
        self.results.iter().any(|ended| ended.id == id)
    }

    /// Whether a step's check is still to be looked at.
    #[must_use]
    pub fn is_unchecked(&self, id: &str) -> bool {
        self.unchecked.iter().any(|unchecked| unchecked == id)
    }

    /// The number of the attempt that begins now.
    #[must_use]
    pub fn attempt(&self, id: &str) -> u32 {
        let earlier = self.under_way.as_ref().filter(|step| step.id == id);
        earlier.map_or(1, |step| step.attempt.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back() {
        let state = State {
            starts: 3,
            stage: Stage::System,
            under_way: Some(UnderWay {
                id: "a".into(),
                attempt: 2,
                start: 3,
            }),
            leaving: Some(7),
            ..State::default()
        };
        assert_eq!(State::read(&state.text()), Ok(state.clone()));
        assert_eq!((state.attempt("a"), state.attempt("b")), (3, 1));
    }

    #[test]
    fn what_is_no_state_is_refused() {
        let other = State::default().text().replace(SCHEMA, "lucarne.state/2");
        for text in ["", "{}", "{\"schema\":1}", &other] {
            assert!(State::read(text).is_err(), "{text}");
        }
    }
}
