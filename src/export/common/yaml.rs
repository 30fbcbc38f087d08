//! YAML of plain data: blocks, keys in their alphabet's order, each string in double quotes.
//!
//! A program that reads YAML 1.1 and one that reads YAML 1.2 take it for the same: no string is
//! left for them to guess what it is (`on`, `1e3`, `2026-01-01`). Only a text of several lines
//! stands as it is, for people to edit.

use std::fmt::Write as _;

use serde_json::Value;

/// A document, with a comment before it.
pub(crate) fn document(comment: &str, value: &Value) -> String {
    let mut out = self::comment(comment);
    out.push_str("---\n");
    block(&mut out, value, 0, false);
    out
}

/// Lines behind `#`.
pub(crate) fn comment(text: &str) -> String {
    let lines = text.lines().map(|line| format!("# {line}"));
    lines
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

/// What is not empty, as a block. `opened`: on the line of the dash before it.
fn block(out: &mut String, value: &Value, depth: usize, opened: bool) {
    let mut indent = !opened;
    let mut begin = |out: &mut String| {
        if indent {
            out.push_str(&"  ".repeat(depth));
        }
        indent = true;
    };
    match value {
        Value::Object(all) => {
            // Whether the map keeps the order of its making depends on who else is built with it.
            let mut all: Vec<_> = all.iter().collect();
            all.sort_by_key(|(key, _)| *key);
            for (key, value) in all {
                begin(out);
                let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                if plain && key.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    out.push_str(key);
                } else {
                    quoted(out, key);
                }
                out.push(':');
                member(out, value, depth);
            }
        }
        Value::Array(all) => {
            for value in all {
                begin(out);
                out.push('-');
                if is_block(value) {
                    out.push(' ');
                    block(out, value, depth + 1, true);
                } else {
                    out.push(' ');
                    leaf(out, value);
                    out.push('\n');
                }
            }
        }
        _ => {
            begin(out);
            leaf(out, value);
            out.push('\n');
        }
    }
}

/// What stands behind a key and its colon.
fn member(out: &mut String, value: &Value, depth: usize) {
    if is_block(value) {
        out.push('\n');
        return block(out, value, depth + 1, false);
    }
    out.push(' ');
    if let Some(text) = value.as_str().filter(|text| is_literal(text)) {
        out.push_str("|\n");
        for line in text.lines() {
            out.push_str(&"  ".repeat(depth + 1));
            out.push_str(line);
            out.push('\n');
        }
    } else {
        leaf(out, value);
        out.push('\n');
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(all) => !all.is_empty(),
        Value::Array(all) => !all.is_empty(),
        _ => false,
    }
}

/// Whether a text may stand line by line: it has several, the first says by itself how far they
/// are indented, and the last ends.
fn is_literal(text: &str) -> bool {
    let inner = text.strip_suffix('\n').unwrap_or_default();
    let plain = |line: &str| !line.is_empty() && line.chars().all(|c| (' '..='~').contains(&c));
    inner.contains('\n') && !inner.starts_with(' ') && inner.split('\n').all(plain)
}

fn leaf(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => quoted(out, text),
        Value::Object(_) => out.push_str("{}"),
        Value::Array(_) => out.push_str("[]"),
        other => out.push_str(&other.to_string()),
    }
}

/// A string in double quotes, all but plain ASCII by its number.
pub(crate) fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(c),
            // A string takes every write.
            c if u32::from(c) > 0xffff => drop(write!(out, "\\U{:08x}", u32::from(c))),
            c => drop(write!(out, "\\u{:04x}", u32::from(c))),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_blocks_with_their_keys_in_order() {
        let value = json!({
            "b": [{ "x": 1, "a": [[true], []] }, "on", {}],
            "a b": "line\nand line\n",
            "a": { "z": null, "y": " \n\n" },
        });
        let expected = "# Says\n# this.\n---\n\
            a:\n  y: \" \\u000a\\u000a\"\n  z: null\n\
            \"a b\": |\n  line\n  and line\n\
            b:\n  - a:\n      - - true\n      - []\n    x: 1\n  - \"on\"\n  - {}\n";
        assert_eq!(document("Says\nthis.", &value), expected);
    }

    #[test]
    fn no_text_is_more_than_a_text() {
        let text = "x\"\n\u{85}\u{2028}\\ é 😀: # \t";
        let hostile = json!({ "a": text, "b": "no", "c": " a\nb\n" });
        let expected = "a: \"x\\\"\\u000a\\u0085\\u2028\\\\ \\u00e9 \\U0001f600: # \\u0009\"\n\
            b: \"no\"\nc: \" a\\u000ab\\u000a\"\n";
        assert!(document("", &hostile).ends_with(expected));
    }
}
