//! JSON Schemas as tables for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

/// The types that pages have told of: each with its page.
#[derive(Default)]
pub(super) struct Documents {
    told: BTreeMap<String, (String, Value)>,
}

impl Documents {
    /// What stands below a page's heading: the document's own fields, then each type that is in
    /// none of the earlier pages.
    pub(super) fn page(&mut self, page: &str, schema: &Value, root: &Value) -> String {
        let types = &schema["$defs"];
        let mut wanted = BTreeSet::new();
        reachable(root, types, &mut wanted);
        let mut own = Vec::new();
        for name in wanted {
            let about = &types[&name];
            let same = matches!(self.told.get(&name), Some((_, told)) if told == about);
            if !same {
                self.told
                    .insert(name.clone(), (page.to_owned(), about.clone()));
                own.push(name);
            }
        }
        let mut text = String::new();
        self.object(page, root, &mut text);
        for name in own {
            let _ = write!(text, "\n## {name}\n");
            if let Some(said) = types[&name]["description"].as_str() {
                let _ = write!(text, "\n{}\n", line(said));
            }
            self.object(page, &types[&name], &mut text);
        }
        text
    }

    /// A type's fields, or the kinds that there are of it.
    fn object(&self, page: &str, about: &Value, text: &mut String) {
        if let Some(fields) = about["properties"].as_object() {
            let must = about["required"].as_array().into_iter().flatten();
            let must: BTreeSet<&str> = must.filter_map(Value::as_str).collect();
            *text += "\n| field | type | what it is |\n|---|---|---|\n";
            for (name, field) in fields {
                let needed = if must.contains(name.as_str()) {
                    ", always there"
                } else {
                    ""
                };
                let said = line(field["description"].as_str().unwrap_or_default());
                let kind = cell(&self.kind(page, field));
                let _ = writeln!(text, "| `{name}` | {kind}{needed} | {} |", cell(&said));
            }
        }
        for kinds in ["oneOf", "anyOf"] {
            let kinds = about[kinds].as_array().into_iter().flatten();
            for one in kinds {
                self.one(page, one, text);
            }
        }
        if about["properties"].is_null() && about["oneOf"].is_null() && about["anyOf"].is_null() {
            let _ = write!(text, "\n{}\n", self.kind(page, about));
        }
    }

    /// One of several kinds.
    fn one(&self, page: &str, one: &Value, text: &mut String) {
        let said = line(one["description"].as_str().unwrap_or_default());
        if let Some(tag) = tag(one) {
            let _ = write!(text, "\n### `{tag}`\n\n{said}\n");
            self.object(page, one, text);
        } else {
            let said = if said.is_empty() {
                said
            } else {
                format!(": {said}")
            };
            let _ = write!(text, "\n- {}{said}", self.kind(page, one));
            *text += "\n";
        }
    }

    /// A type in few words.
    fn kind(&self, page: &str, about: &Value) -> String {
        if let Some(name) = reference(about) {
            let there = self.told.get(name).map_or(page, |(page, _)| page);
            let file = if there == page {
                String::new()
            } else {
                format!("{there}.md")
            };
            return format!("[{name}]({file}#{})", name.to_lowercase());
        }
        if let Some(value) = about.get("const") {
            return format!("`{value}`");
        }
        if let Some(values) = about["enum"].as_array() {
            let values: Vec<_> = values.iter().filter(|value| !value.is_null()).collect();
            return values
                .iter()
                .map(|value| format!("`{value}`"))
                .collect::<Vec<_>>()
                .join(", ");
        }
        for kinds in ["anyOf", "oneOf"] {
            if let Some(kinds) = about[kinds].as_array() {
                let kinds = kinds.iter().filter(|kind| kind["type"] != "null");
                return kinds
                    .map(|kind| self.kind(page, kind))
                    .collect::<Vec<_>>()
                    .join(" or ");
            }
        }
        let names = match &about["type"] {
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            Value::String(name) => vec![name.as_str()],
            _ => Vec::new(),
        };
        let names = names.into_iter().filter(|name| *name != "null");
        let names = names.map(|name| match name {
            "array" => format!("list of {}", self.kind(page, &about["items"])),
            "object" if about["additionalProperties"].is_object() => {
                let of = self.kind(page, &about["additionalProperties"]);
                format!("object, each value: {of}")
            }
            "string" => "text".to_owned(),
            "integer" => "whole number".to_owned(),
            "boolean" => "`true` or `false`".to_owned(),
            name => name.to_owned(),
        });
        let names = names.collect::<Vec<_>>().join(" or ");
        if names.is_empty() {
            "anything".to_owned()
        } else {
            names
        }
    }
}

/// What tells a tagged object from its siblings: the field that can have one value alone.
fn tag(one: &Value) -> Option<String> {
    let fields = one["properties"].as_object()?;
    fields
        .values()
        .find_map(|field| field["const"].as_str().map(str::to_owned))
}

fn reference(about: &Value) -> Option<&str> {
    about["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// The types that are named anywhere in a schema, and in those.
fn reachable(about: &Value, types: &Value, found: &mut BTreeSet<String>) {
    if let Some(name) = reference(about)
        && found.insert(name.to_owned())
    {
        reachable(&types[name], types, found);
    }
    match about {
        Value::Object(fields) => {
            let own = fields.iter().filter(|(name, _)| *name != "$defs");
            own.for_each(|(_, field)| reachable(field, types, found));
        }
        Value::Array(items) => items.iter().for_each(|item| reachable(item, types, found)),
        _ => {}
    }
}

/// One line of Markdown, in which nothing is taken for HTML.
fn line(said: &str) -> String {
    let words: Vec<_> = said.split_whitespace().collect();
    let text = words.join(" ");
    let mut done = String::new();
    for (n, piece) in text.split('`').enumerate() {
        let is_code = n % 2 == 1;
        let mark = if n == 0 { "" } else { "`" };
        let piece = if is_code {
            piece.to_owned()
        } else {
            piece.replace('<', "&lt;")
        };
        done = done + mark + &piece;
    }
    done
}

/// The same in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn types_are_told_once_with_all_that_they_hold() {
    let schema = serde_json::json!({
        "$defs": {
            "A": { "description": "One.", "properties": { "b": { "$ref": "#/$defs/B" } } },
            "B": { "oneOf": [{ "const": "x", "description": "an `<x>`" }, { "const": "y|z" }] },
        },
        "properties": { "list": { "type": ["array", "null"], "items": { "$ref": "#/$defs/A" } } },
        "required": ["list"],
    });
    let mut documents = Documents::default();
    let first = documents.page("one", &schema, &schema);
    for part in [
        "| `list` | list of [A](#a), always there |  |",
        "## A\n\nOne.\n",
        "| `b` | [B](#b) |  |",
        "- `\"x\"`: an `<x>`",
    ] {
        assert!(first.contains(part), "no {part} in\n{first}");
    }
    let second = documents.page("two", &schema, &schema["$defs"]["A"]);
    assert!(second.contains("| `b` | [B](one.md#b) |  |") && !second.contains("## B"));
}
