//! From bytes to a [`Spec`]: every mistake of shape, each with its option path, at once.

use serde_json::Value;

use crate::problem::{Problem, Problems};
use crate::spec::Spec;

/// What a spec may be long.
pub const BYTES_MAX: usize = 4 << 20;

/// What could be read of a spec, and what could not.
#[derive(Clone, Debug)]
pub struct Shaped {
    /// Everything whose shape is right.
    pub spec: Spec,
    /// What was left out of it.
    pub problems: Vec<Problem>,
}

/// Reads a spec whose shape is right.
pub fn read(bytes: &[u8]) -> Result<Spec, Problems> {
    let shaped = shape(bytes)?;
    if shaped.problems.is_empty() {
        Ok(shaped.spec)
    } else {
        Err(Problems(shaped.problems))
    }
}

/// Reads what can be read of a spec. An error where that is nothing: it is not a JSON object.
pub fn shape(bytes: &[u8]) -> Result<Shaped, Problems> {
    let spec = serde_json::from_slice(bytes)
        .map_err(|error| Problems(vec![Problem::new("", error.to_string())]))?;
    Ok(Shaped {
        spec,
        problems: Vec::new(),
    })
}

/// The JSON Schema of a spec.
#[must_use]
pub fn schema() -> Value {
    schemars::schema_for!(Spec).to_value()
}
