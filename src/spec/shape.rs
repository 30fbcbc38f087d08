//! From bytes to a [`Spec`]: every mistake of shape, each with its option path, at once.
//!
//! serde stops at the first mistake and names no path, so the JSON is walked first, against the
//! JSON Schema that the same types have: what is wrong is told and taken out, and serde reads
//! what remains.

use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::{Problem, Problems, operand};
use crate::spec::walk::Walk;
use crate::spec::{LayerSpec, Spec, json};

/// How long a spec may be, in bytes. serde's own limit bounds how deep it may be: 127 levels.
pub const BYTES_MAX: usize = 16 << 20;

/// Documents of ours that lie beside each other: how the schema of each begins, what it is, and
/// what takes it.
const KINDS: [(&str, &str, &str); 4] = [
    (
        "lucarne.spec",
        "an image's spec",
        "`lucarne install` takes it",
    ),
    (
        "lucarne.layer",
        "a layer's spec",
        "`lucarne layer` takes it",
    ),
    (
        "lucarne.machine",
        "a machine's spec",
        "`lucarne run` takes it",
    ),
    (
        "lucarne.manifest",
        "an image's manifest",
        "give the spec that the image is made from, or name the image's folder",
    ),
];

/// What could be read of a spec, and what could not.
#[derive(Clone, Debug)]
pub struct Shaped<T = Spec> {
    /// Everything whose shape is right. A field that must be there and was not is empty.
    pub spec: T,
    /// What was left out of it, in the order of their paths.
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
    shape_as(bytes, &SCHEMA, super::SCHEMA, json::HINT)
}

/// The same of a layer's.
pub fn shape_layer(bytes: &[u8]) -> Result<Shaped<LayerSpec>, Problems> {
    shape_as(bytes, &LAYER_SCHEMA, super::LAYER_SCHEMA, json::HINT)
}

/// Whether a document says that it is a layer's spec, of whatever version.
#[must_use]
pub fn is_of_layer(bytes: &[u8]) -> bool {
    let family = super::layer::LAYER_SCHEMA.split('/').next();
    if bytes.len() > BYTES_MAX {
        return false;
    }
    let document = json::read(bytes, json::HINT);
    document.is_ok_and(|(document, _)| {
        let schema = document["schema"].as_str();
        schema.is_some_and(|schema| schema.split('/').next() == family)
    })
}

/// Reads what can be read of a document that a schema describes, which its own name of one says.
/// The hint tells how to come by one.
pub(crate) fn shape_as<T: DeserializeOwned>(
    bytes: &[u8],
    schema: &Value,
    name: &str,
    source: &str,
) -> Result<Shaped<T>, Problems> {
    if bytes.len() > BYTES_MAX {
        let what = format!("the spec is longer than {} MiB", BYTES_MAX >> 20);
        let hint = "a text of many lines belongs into a file, which `source` names; or see that it \
                    is the right one";
        return Err(whole(Problem::new("", what).hint(hint)));
    }
    let (mut json, twice) = json::read(bytes, source).map_err(whole)?;
    if !json.is_object() {
        let problem = Problem::new("", "the spec is not a JSON object");
        return Err(whole(problem.hint(source)));
    }
    if let Some(problem) = mistaken(&json["schema"], name) {
        return Err(whole(problem));
    }
    let mut walk = Walk::new(schema, twice);
    walk.document(&mut json);
    let mut problems = walk.into_problems();
    problems.sort();
    problems.dedup();
    let spec = serde_json::from_value(json).map_err(|error| {
        // The walk and serde read the same types, so this is a bug; it is told, not hidden.
        let unforeseen = Problem::new("", format!("the spec has a wrong shape: {error}"))
            .hint("please report it: each option should have been told by itself");
        Problems(problems.iter().cloned().chain([unforeseen]).collect())
    })?;
    Ok(Shaped { spec, problems })
}

/// That a document is another one of ours: what else would be said of it is beside the point.
fn mistaken(says: &Value, wanted: &str) -> Option<Problem> {
    let family = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
    let says = says.as_str()?;
    let own = family(says);
    let (_, what, taker) = KINDS.iter().find(|(kind, ..)| *kind == own)?;
    let what = format!("{} is the schema of {what}", operand(says));
    (own != family(wanted)).then(|| Problem::new("schema", what).hint(*taker))
}

/// The JSON Schema of a spec.
#[must_use]
pub fn schema() -> Value {
    SCHEMA.clone()
}

/// The JSON Schema of a layer's spec.
#[must_use]
pub fn layer_schema() -> Value {
    LAYER_SCHEMA.clone()
}

/// Made once: it is the same for every spec.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(Spec).to_value());
static LAYER_SCHEMA: LazyLock<Value> =
    LazyLock::new(|| schemars::schema_for!(LayerSpec).to_value());

fn whole(problem: Problem) -> Problems {
    Problems(vec![problem])
}
