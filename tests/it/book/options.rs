//! The guides' tables of options and fields: what stands in their first columns is there.

use std::collections::BTreeSet;

use serde_json::Value;

use super::moving::{DEPTH, has, schema};
use crate::{read, repository};

/// A page, the head of the first column of its tables, and what these tell of.
const TABLES: [(&str, &str, Of); 6] = [
    (
        "docs/nixos.md",
        "options",
        Of::Nixos("options-machines", "machines.<name>"),
    ),
    (
        "docs/network.md",
        "options",
        Of::Nixos("options-network", "network"),
    ),
    ("docs/running.md", "option", Of::Document("machine", "")),
    (
        "docs/provisioning.md",
        "field",
        Of::Document("spec", "steps"),
    ),
    (
        "docs/provisioning.md",
        "kind",
        Of::Document("spec", "steps"),
    ),
    (
        "docs/provisioning.md",
        "`defaults.`",
        Of::Document("spec", "defaults"),
    ),
];

enum Of {
    /// Options of NixOS, by the page that has them all and what is above them.
    Nixos(&'static str, &'static str),
    /// Fields of a document, by its name and what is above them.
    Document(&'static str, &'static str),
}

/// The code in the first columns of a page's tables with a head.
fn first(page: &str, head: &str) -> Vec<String> {
    let head = format!("| {head} |");
    let mut found = Vec::new();
    let mut is_in = false;
    for line in page.lines() {
        if !line.starts_with('|') {
            is_in = false;
        } else if line.starts_with(&head) {
            is_in = true;
        } else if let (true, Some(cell)) = (is_in, line.split(" | ").next()) {
            found.extend(cell.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// `a.{b,c}` is two; a name in a set is any.
fn each(word: &str) -> Vec<String> {
    let word = word.replace("NAME.", "<name>.");
    match word.split_once('{') {
        Some((before, behind)) => {
            let names = behind.trim_end_matches('}').split(',');
            names.map(|name| format!("{before}{name}")).collect()
        }
        None => vec![word],
    }
}

/// The options that a page of the reference has, and what is above them.
fn options(page: &str, above: &str) -> BTreeSet<String> {
    let text = read(&repository(&format!("docs/{page}.md")));
    let begin = format!("## `lucarne.{above}.");
    let names = text.lines().filter_map(|line| line.strip_prefix(&begin));
    let mut found = BTreeSet::new();
    for name in names {
        let mut path = String::new();
        for part in name.trim_end_matches('`').split('.') {
            path = if path.is_empty() {
                part.to_owned()
            } else {
                format!("{path}.{part}")
            };
            found.insert(path.clone());
        }
    }
    found
}

/// Those of some words that a document does not have.
fn strangers(document: &Value, above: &str, words: &[String]) -> Vec<String> {
    let is_there = |word: &str| {
        let path = [above, word].join(".");
        let parts: Vec<_> = path.split('.').filter(|part| !part.is_empty()).collect();
        has(document, document, &parts, DEPTH)
    };
    words
        .iter()
        .filter(|word| !is_there(word))
        .cloned()
        .collect()
}

#[test]
fn tables_tell_of_what_is_there() {
    for (page, head, of) in TABLES {
        let words = first(&read(&repository(page)), head);
        let words: Vec<_> = words.iter().flat_map(|word| each(word)).collect();
        assert!(words.len() > 3, "{page}: only {words:?} below `{head}`");
        let unknown = match of {
            Of::Nixos(options_page, above) => {
                let known = options(options_page, above);
                let words = words.iter().filter(|word| !known.contains(*word));
                words.cloned().collect()
            }
            Of::Document(document, above) => strangers(&schema(document), above, &words),
        };
        assert!(unknown.is_empty(), "{page}: nothing is called {unknown:?}");
    }
}

#[test]
fn words_of_a_table_are_found() {
    let page = "| options | what |\n|---|---|\n| `a`, `b.{c,d}` | `e` |\n\n| x | y |\n| `f` | |\n";
    let words = first(page, "options");
    let words: Vec<_> = words.iter().flat_map(|word| each(word)).collect();
    assert_eq!(words, ["a", "b.c", "b.d"]);
}
