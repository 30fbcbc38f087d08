//! What a schema and a value are called in messages.

use serde_json::Value;

/// Words that keep their capital.
const NAMES: [&str; 2] = ["Windows", "Setup"];

/// The texts that a string must be one of.
pub(super) fn values_of(schema: &Value) -> Option<Vec<&str>> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(values.iter().filter_map(Value::as_str).collect());
    }
    // schemars writes an enum so when its variants have comments: some of each may be there.
    let variants = schema.get("oneOf").and_then(Value::as_array)?;
    let values = variants.iter().flat_map(|variant| {
        let several = values_of(variant).unwrap_or_default();
        let one = variant.get("const").and_then(Value::as_str);
        several.into_iter().chain(one)
    });
    Some(values.collect())
}

/// Whether a value has one of a schema's JSON types. Integers are told apart later, for a
/// fraction is a number that is wrong, not a thing of another kind.
pub(super) fn kind_fits(schema: &Value, value: &Value) -> bool {
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" | "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    };
    match schema.get("type") {
        Some(Value::String(kind)) => is(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(is),
        _ => values_of(schema).is_some() && value.is_string(),
    }
}

/// What a Nix user calls the kind of value that a schema wants.
pub(super) fn kind_name(schema: &Value) -> &'static str {
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or_default(),
        _ => "string",
    };
    match kind {
        "object" => "an attribute set",
        "array" => "a list",
        "integer" | "number" => "an integer",
        "boolean" => "a boolean",
        "null" => "null",
        _ => "a string",
    }
}

/// What a Nix user calls a value's kind. Never its text, which may be a password.
pub(crate) fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a float",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an attribute set",
    }
}

/// An option's description in a hint's form: parts of a sentence without a period.
pub(super) fn hint(description: &str) -> String {
    let words: Vec<_> = description.split_whitespace().collect();
    let text = words.join(" ");
    let sentences = text.trim_end_matches('.').split(". ");
    sentences.map(uncapitalised).collect::<Vec<_>>().join("; ")
}

/// `QEMU's` stays, `Its` does not.
fn uncapitalised(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let first = chars.next().unwrap_or_default();
    let rest = chars.as_str();
    let name =
        rest.starts_with(char::is_uppercase) || rest.starts_with(|c: char| c.is_ascii_digit());
    if name || NAMES.iter().any(|name| sentence.starts_with(name)) {
        return sentence.to_owned();
    }
    first.to_lowercase().chain(rest.chars()).collect()
}
