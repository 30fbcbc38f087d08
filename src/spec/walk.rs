//! The walk of a JSON document along its JSON Schema: tells what does not fit, and takes it out.
//!
//! Knows the part of JSON Schema that schemars writes for our types, and no more: references,
//! alternatives, objects with known or free keys, lists, strings from a list, integers.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::problem::{Problem, attribute, element, nearest, operand, operands};

/// After so many problems the rest is not told: a hostile document may have millions.
const PROBLEMS_MAX: usize = 200;

/// A walk under way.
pub(super) struct Walk<'a> {
    schema: &'a Value,
    problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(schema: &'a Value) -> Self {
        Self {
            schema,
            problems: Vec::new(),
        }
    }

    /// Takes out of a document all that does not fit.
    pub(super) fn document(&mut self, json: &mut Value) {
        self.value("", self.schema, json);
    }

    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        if self.problems.len() > PROBLEMS_MAX {
            self.problems.truncate(PROBLEMS_MAX);
            let what = format!("more than {PROBLEMS_MAX} problems; the others are not told");
            self.problems.push(Problem::new("", what));
        }
        self.problems
    }

    /// Whether a value fits, once what does not is out of it.
    fn value(&mut self, at: &str, schema: &'a Value, value: &mut Value) -> bool {
        let alternatives = self.alternatives(schema);
        let fitting = alternatives
            .iter()
            .copied()
            .find(|alternative| kind_fits(alternative, value));
        let Some(schema) = fitting else {
            let kinds: BTreeSet<_> = alternatives.iter().map(|a| kind_name(a)).collect();
            let kinds: Vec<_> = kinds.into_iter().filter(|kind| *kind != "null").collect();
            self.tell(Problem::new(
                at,
                format!("is {}, not {}", name_of(value), kinds.join(" or ")),
            ));
            return false;
        };
        match value {
            Value::Object(map) => self.object(at, schema, map),
            Value::Array(list) => {
                self.list(at, schema, list);
                true
            }
            Value::String(text) => self.string(at, schema, text),
            Value::Number(number) => self.integer(at, schema, number.as_u64()),
            Value::Null | Value::Bool(_) => true,
        }
    }

    fn object(&mut self, at: &str, schema: &'a Value, map: &mut Map<String, Value>) -> bool {
        let known = schema.get("properties").and_then(Value::as_object);
        let free = schema.get("additionalProperties").filter(|s| s.is_object());
        map.retain(|key, value| {
            let path = attribute(at, key);
            let Some(schema) = known.and_then(|known| known.get(key)).or(free) else {
                self.unknown(&path, key, at, known);
                return false;
            };
            self.value(&path, schema, value)
        });
        self.required(at, schema, map)
    }

    /// Whether an object can be read although fields that it must have are missing. A text gets an
    /// empty one in its place, so that the rest of the document can still be looked at.
    fn required(&mut self, at: &str, schema: &Value, map: &mut Map<String, Value>) -> bool {
        let mut readable = true;
        let required = schema.get("required").and_then(Value::as_array);
        for key in required.into_iter().flatten().filter_map(Value::as_str) {
            if map.contains_key(key) {
                continue;
            }
            let path = attribute(at, key);
            if !self.problems.iter().any(|problem| problem.at == path) {
                self.tell(Problem::new(path, "is missing"));
            }
            let property = schema.get("properties").and_then(|p| p.get(key));
            if property.and_then(|p| p.get("type")?.as_str()) == Some("string") {
                map.insert(key.to_owned(), Value::String(String::new()));
            } else {
                readable = false;
            }
        }
        readable
    }

    fn unknown(
        &mut self,
        path: &str,
        key: &str,
        parent: &str,
        known: Option<&'a Map<String, Value>>,
    ) {
        let siblings = known.into_iter().flat_map(Map::keys).map(String::as_str);
        let meant = nearest(key, siblings)
            .map(|meant| attribute(parent, meant))
            .or_else(|| self.elsewhere(key));
        let problem = Problem::new(path, "no such option");
        self.tell(match meant {
            Some(meant) => problem.hint(format!("did you mean `{meant}`?")),
            None => problem,
        });
    }

    /// Where in the document a key would be right: `secureBoot` belongs into `firmware`.
    fn elsewhere(&self, key: &str) -> Option<String> {
        let groups = self.schema.get("properties")?.as_object()?;
        let mut places = groups.iter().filter_map(|(group, schema)| {
            let inner = self
                .alternatives(schema)
                .into_iter()
                .find_map(|alternative| alternative.get("properties")?.as_object())?;
            let found = inner.keys().find(|known| known.eq_ignore_ascii_case(key))?;
            Some(format!("{group}.{found}"))
        });
        let place = places.next()?;
        // A key that is right in several places tells nothing.
        places.next().is_none().then_some(place)
    }

    fn list(&mut self, at: &str, schema: &'a Value, list: &mut Vec<Value>) {
        let Some(items) = schema.get("items") else {
            return;
        };
        let mut index = 0;
        list.retain_mut(|item| {
            let path = element(at, index);
            index += 1;
            self.value(&path, items, item)
        });
    }

    fn string(&mut self, at: &str, schema: &Value, text: &str) -> bool {
        let Some(values) = values_of(schema) else {
            return true;
        };
        if values.contains(&text) {
            return true;
        }
        let what = format!("{} is none of {}", operand(text), operands(values.clone()));
        let problem = Problem::new(at, what);
        self.tell(match nearest(text, values) {
            Some(meant) => problem.hint(format!("did you mean `{meant}`?")),
            None => problem,
        });
        false
    }

    fn integer(&mut self, at: &str, schema: &Value, number: Option<u64>) -> bool {
        let largest = match schema.get("format").and_then(Value::as_str) {
            Some("uint32") => u64::from(u32::MAX),
            _ => u64::MAX,
        };
        let fits = number.is_some_and(|number| number <= largest);
        if !fits {
            let what = match largest {
                u64::MAX => "is not an integer from 0 up".to_owned(),
                _ => format!("is not an integer from 0 to {largest}"),
            };
            self.tell(Problem::new(at, what));
        }
        fits
    }

    /// What a value may be, references followed.
    fn alternatives(&self, schema: &'a Value) -> Vec<&'a Value> {
        let mut found = Vec::new();
        let mut open = vec![schema];
        while let Some(schema) = open.pop() {
            if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
                let pointer = name.trim_start_matches('#');
                open.extend(self.schema.pointer(pointer));
            } else if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
                open.extend(any.iter().rev());
            } else {
                found.push(schema);
            }
        }
        found
    }

    fn tell(&mut self, problem: Problem) {
        if self.problems.len() <= PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }
}

/// The texts that a string must be one of.
fn values_of(schema: &Value) -> Option<Vec<&str>> {
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
fn kind_fits(schema: &Value, value: &Value) -> bool {
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
fn kind_name(schema: &Value) -> &'static str {
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
fn name_of(value: &Value) -> &'static str {
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
