//! From bytes to a JSON value, and to every key that is there twice: JSON's own readers keep the
//! last of several and say nothing, so the other would be lost without a word.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::problem::{Problem, attribute, element};
use crate::spec::walk::PROBLEMS_MAX;

/// What editors on Windows put in front of UTF-8. It says nothing, and JSON's standard (RFC 8259)
/// lets readers pass over it.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// How to come by a spec.
pub(super) const HINT: &str = "`nix eval --json` of an image's `spec` writes one";

/// Reads a document: its value, and a problem for each key that is there twice. `source` tells how
/// to come by one.
pub(super) fn read(bytes: &[u8], source: &str) -> Result<(Value, Vec<Problem>), Problem> {
    let text = utf8(bytes.strip_prefix(BOM).unwrap_or(bytes))?;
    let mut problems = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(text);
    let node = Node {
        place: &Place::Root,
        problems: &mut problems,
    };
    let value = node
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|error| Problem::new("", format!("the spec is not JSON: {error}")).hint(source))?;
    Ok((value, problems))
}

fn utf8(bytes: &[u8]) -> Result<&str, Problem> {
    let problem = |what: String| {
        Problem::new("", what).hint("write it as UTF-8, which is what JSON's standard wants")
    };
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(problem("the spec is UTF-16".to_owned()));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        problem(format!("the spec is not UTF-8, from byte {at} on"))
    })
}

/// Where a value is. Its path is made when it is told: a long document has many deep ones.
#[derive(Clone, Copy)]
enum Place<'a> {
    Root,
    Attribute(&'a Place<'a>, &'a str),
    Element(&'a Place<'a>, usize),
}

impl Place<'_> {
    fn path(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Attribute(parent, name) => attribute(&parent.path(), name),
            Self::Element(parent, index) => element(&parent.path(), *index),
        }
    }
}

/// One value of the document.
struct Node<'a> {
    place: &'a Place<'a>,
    problems: &'a mut Vec<Problem>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Node {
            place: &Place::Element(self.place, list.len()),
            problems: &mut *self.problems,
        })? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let place = Place::Attribute(self.place, &key);
            if map.contains_key(&key) && self.problems.len() <= PROBLEMS_MAX {
                let problem = Problem::new(place.path(), "is there twice");
                self.problems.push(problem.hint("leave one of them out"));
            }
            let value = entries.next_value_seed(Node {
                place: &place,
                problems: &mut *self.problems,
            })?;
            map.insert(key, value);
        }
        Ok(map.into())
    }
}
