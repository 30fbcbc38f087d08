//! `docs/moving.md`: each word of ours in its tables is one, at the place that the table says.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::reference::printed;
use crate::{read, repository};

/// How far a path is followed: types may hold themselves.
pub(super) const DEPTH: usize = 16;

/// What is no option: attributes of images, and functions of the library, each with the file that
/// makes it.
const NIX: &[(&str, &str)] = &[
    ("addLayer", "nix/lib/layer.nix"),
    ("debug", "nix/lib/layer.nix"),
    ("run", "nix/lib/layer.nix"),
    ("system.withoutSleep", "nix/lib/custom/system.nix"),
    ("windows.utils.windowsIso", "nix/lib/default.nix"),
];

/// A document that users write.
pub(super) fn schema(document: &str) -> Value {
    let words = ["schema".to_owned(), document.to_owned()];
    serde_json::from_str(&printed(&words)).expect("JSON")
}

/// Whether a type has a field at a path. What stands for each item of a list, and for each name of
/// a map, is left out of the path.
pub(super) fn has(whole: &Value, at: &Value, path: &[&str], depth: usize) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    if let Some(name) = at["$ref"].as_str() {
        let place = name.trim_start_matches('#');
        let found = whole.pointer(place).expect("a reference leads somewhere");
        return has(whole, found, path, depth);
    }
    if let Some(field) = at["properties"].get(first) {
        return has(whole, field, rest, depth);
    }
    let kinds = ["anyOf", "oneOf"].iter();
    let mut kinds = kinds.flat_map(|kind| at[*kind].as_array().into_iter().flatten());
    let inner = ["items", "additionalProperties"];
    let mut inner = inner.iter().map(|kind| &at[*kind]);
    inner.any(|inner| inner.is_object() && has(whole, inner, path, depth))
        || kinds.any(|kind| has(whole, kind, path, depth))
}

/// Every word that a value may be, such as `never`.
fn values(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(word) = fields.get("const").and_then(Value::as_str) {
                found.insert(word.to_owned());
            }
            let words = fields.get("enum").and_then(Value::as_array);
            let words = words.into_iter().flatten().filter_map(Value::as_str);
            found.extend(words.map(str::to_owned));
            for field in fields.values() {
                values(field, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                values(item, found);
            }
        }
        _ => {}
    }
}

/// The words of a page's last columns that are an option's path.
fn paths(page: &str) -> Vec<&str> {
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let last = rows.filter_map(|row| row.trim_end_matches(" |").rsplit_once(" | "));
    let words = last.flat_map(|(_, cell)| cell.split('`').skip(1).step_by(2));
    let is_path = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
    };
    words.filter(is_path).collect()
}

#[test]
fn words_of_ours_are_words_of_ours() {
    let page = read(&repository("docs/moving.md"));
    let paths = paths(&page);
    assert!(paths.len() > 100, "only {} words", paths.len());
    let documents = ["spec", "machine"].map(schema);
    // A step is said by itself, and each kind of it is one of its fields.
    let step = (&documents[0], &documents[0]["$defs"]["Step"]);
    let roots = documents.iter().map(|whole| (whole, whole));
    let roots: Vec<_> = roots.chain([step]).collect();
    let mut words = BTreeSet::new();
    for document in &documents {
        values(document, &mut words);
    }
    let is_known = |path: &str| {
        let parts: Vec<_> = path.split('.').collect();
        let mut roots = roots.iter();
        words.contains(path)
            || NIX.iter().any(|(known, _)| *known == path)
            || roots.any(|(whole, root)| has(whole, root, &parts, DEPTH))
    };
    let unknown: Vec<_> = paths.iter().filter(|path| !is_known(path)).collect();
    assert!(unknown.is_empty(), "nobody knows {unknown:?}");
    for (path, file) in NIX {
        let name = path.rsplit('.').next().unwrap_or(path);
        let text = read(&repository(file));
        let made = [format!("  {name} ="), format!("  inherit {name};")];
        let is_made = made.iter().any(|line| text.contains(line));
        assert!(is_made, "{file} makes no `{name}`");
        assert!(paths.contains(path), "the page has no `{path}` any more");
    }
}

#[test]
fn a_path_is_followed_to_its_end() {
    let machine = schema("machine");
    let has = |path: &str| {
        let parts: Vec<_> = path.split('.').collect();
        has(&machine, &machine, &parts, DEPTH)
    };
    // In a list, in a type of several kinds, and of a value that may be null.
    for path in [
        "shares.readOnly",
        "display.vnc.port",
        "network.forwardPorts",
    ] {
        assert!(has(path), "{path}");
    }
    // Parts that are fields elsewhere make no path.
    for path in [
        "network.sizeGib",
        "machine.cores.name",
        "cores",
        "guest.machine",
    ] {
        assert!(!has(path), "{path}");
    }
}

#[test]
fn words_are_found_where_they_stand() {
    let page = "| there | here |\n|---|---|\n| `a = 1` | `b.c`, `D` or `e f` |\n";
    assert_eq!(paths(page), ["b.c"]);
}
