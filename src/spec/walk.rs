//! The walk of a JSON document along its JSON Schema: tells what does not fit, and takes it out.
//!
//! Knows the part of JSON Schema that schemars writes for our types, and no more: references,
//! alternatives, objects with known or free keys, lists, strings from a list, integers.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use crate::problem::{Problem, attribute, element, nearest, operand, operands};
use crate::spec::words::{hint, kind_fits, kind_name, name_of, values_of};

/// After so many problems the rest is not told: a hostile document may have millions.
pub(super) const PROBLEMS_MAX: usize = 200;
/// What begins the description of an option that nobody may set.
const REFUSED: &str = "Refused: ";

/// Why nothing may be there, whatever its kind.
fn refused<'a>(schema: &Value, about: &'a str) -> Option<&'a str> {
    let has_kind = ["$ref", "anyOf", "enum", "oneOf", "type"]
        .iter()
        .any(|kind| schema.get(kind).is_some());
    about.strip_prefix(REFUSED).filter(|_| !has_kind)
}

/// The names of the options that may be said; where there is none, as in a group of Nix's own
/// arguments, of all.
fn open_names(known: Option<&Map<String, Value>>) -> Vec<&str> {
    let all = || known.into_iter().flatten();
    let open = all().filter(|(_, schema)| !is_refused(schema));
    let names: Vec<_> = open.map(|(name, _)| name.as_str()).collect();
    if names.is_empty() {
        all().map(|(name, _)| name.as_str()).collect()
    } else {
        names
    }
}

/// Whether an option is known for its name alone: also one with a kind, which the plan refuses with
/// what it says of it.
fn is_refused(schema: &Value) -> bool {
    let about = schema.get("description").and_then(Value::as_str);
    about.is_some_and(|about| about.starts_with(REFUSED))
}

/// A walk under way.
pub(super) struct Walk<'a> {
    schema: &'a Value,
    problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    /// A walk with what is wrong with the document already.
    pub(super) fn new(schema: &'a Value, problems: Vec<Problem>) -> Self {
        Self { schema, problems }
    }

    /// Takes out of a document all that does not fit.
    pub(super) fn document(&mut self, json: &mut Value) {
        self.value("", "", self.schema, json);
    }

    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        if self.problems.len() > PROBLEMS_MAX {
            self.problems.truncate(PROBLEMS_MAX);
            let what = format!("more than {PROBLEMS_MAX} problems; the others are not told");
            let problem = Problem::new("", what).hint("mend these first");
            self.problems.push(problem);
        }
        self.problems
    }

    /// Whether a value fits, once what does not is out of it. An option's elements have no
    /// description of their own, so what is said of the option is handed on.
    fn value(&mut self, at: &str, about: &str, schema: &'a Value, value: &mut Value) -> bool {
        if *schema == Value::Bool(true) {
            // Anything may be there: its rules are the plan's.
            return true;
        }
        let own = schema.get("description").and_then(Value::as_str);
        let about = own.unwrap_or(about);
        if let Some(why) = refused(schema, about) {
            if !value.is_null() {
                let what = "is an argument in Nix that no spec has";
                self.tell(Problem::new(at, what).hint(hint(why)));
            }
            return false;
        }
        let alternatives = self.alternatives(schema);
        let fitting = alternatives
            .iter()
            .copied()
            .find(|alternative| kind_fits(alternative, value));
        let Some(schema) = fitting else {
            let kinds: BTreeSet<_> = alternatives.iter().map(|a| kind_name(a)).collect();
            let kinds: Vec<_> = kinds.into_iter().filter(|kind| *kind != "null").collect();
            let what = format!("is {}, not {}", name_of(value), kinds.join(" or "));
            self.tell(Problem::new(at, what).hint(hint(about)));
            return false;
        };
        match value {
            Value::Object(map) => self.object(at, about, schema, map),
            Value::Array(list) => {
                self.list(at, about, schema, list);
                true
            }
            Value::String(text) => self.string(at, about, schema, text),
            Value::Number(number) => self.integer(at, about, schema, number),
            Value::Null | Value::Bool(_) => true,
        }
    }

    fn object(
        &mut self,
        at: &str,
        about: &str,
        schema: &'a Value,
        map: &mut Map<String, Value>,
    ) -> bool {
        let known = schema.get("properties").and_then(Value::as_object);
        let free = schema.get("additionalProperties");
        let free = free.filter(|schema| **schema != Value::Bool(false));
        map.retain(|key, value| {
            let path = attribute(at, key);
            let Some(schema) = known.and_then(|known| known.get(key)).or(free) else {
                self.unknown(&path, key, at, known);
                return false;
            };
            let fits = self.value(&path, about, schema, value);
            // A name that the user chose can be looked at whatever its value is, where an empty
            // set can stand for that.
            let empty = Value::Object(Map::new());
            let mut kinds = self.alternatives(schema).into_iter();
            if !fits && free.is_some() && kinds.any(|kind| kind_fits(kind, &empty)) {
                *value = empty;
                return true;
            }
            fits
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
            let property = schema.get("properties").and_then(|p| p.get(key));
            if !self.problems.iter().any(|problem| problem.at == path) {
                let about = property.and_then(|p| p.get("description")?.as_str());
                let problem = Problem::new(path, "is missing");
                self.tell(problem.hint(hint(about.unwrap_or_default())));
            }
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
        let siblings = || known.into_iter().flat_map(Map::keys).map(String::as_str);
        let meant = nearest(key, siblings())
            .map(|meant| attribute(parent, meant))
            // What is in a list has options of its own: `type` of a step is none of `firmware`'s.
            .or_else(|| self.elsewhere(key).filter(|_| !parent.contains('[')));
        let problem = Problem::new(path, "no such option");
        let hint = meant.map_or_else(
            || format!("the options there are {}", operands(open_names(known))),
            |meant| format!("did you mean `{meant}`?"),
        );
        self.tell(problem.hint(hint));
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

    fn list(&mut self, at: &str, about: &str, schema: &'a Value, list: &mut Vec<Value>) {
        let Some(items) = schema.get("items") else {
            return;
        };
        let mut index = 0;
        list.retain_mut(|item| {
            let path = element(at, index);
            index += 1;
            self.value(&path, about, items, item)
        });
    }

    fn string(&mut self, at: &str, about: &str, schema: &Value, text: &str) -> bool {
        let Some(values) = values_of(schema) else {
            return true;
        };
        if values.contains(&text) {
            return true;
        }
        let what = format!("{} is none of {}", operand(text), operands(values.clone()));
        self.tell(Problem::new(at, what).hint(match nearest(text, values) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => hint(about),
        }));
        false
    }

    fn integer(&mut self, at: &str, about: &str, schema: &Value, number: &Number) -> bool {
        let (fits, range) = match schema.get("format").and_then(Value::as_str) {
            Some("uint32") => {
                let fits = number.as_u64().is_some_and(|n| u32::try_from(n).is_ok());
                (fits, format!(" from 0 to {}", u32::MAX))
            }
            Some("int64") => (number.is_i64(), String::new()),
            _ => (number.is_u64(), " from 0 up".to_owned()),
        };
        if !fits {
            let what = format!("is not an integer{range}");
            self.tell(Problem::new(at, what).hint(hint(about)));
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
