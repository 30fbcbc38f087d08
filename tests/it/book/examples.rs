//! What the pages show is what the code takes: each block of a kind that somebody looks at, and
//! each document and script as the plan has it.

use std::collections::BTreeMap;

use lucarne::instance::{plan, spec};
use lucarne::plan::Facts;
use lucarne::tools::Tools;
use serde_json::{Value, json};

use super::{Block, blocks};

/// The kinds of blocks, with who looks at them.
const KINDS: [(&str, &str); 6] = [
    ("bat", "scripts_are_accepted"),
    ("console", "src/cli/tests.rs and xtask/src/book/commands.rs"),
    ("json", "documents_in_json_are_accepted"),
    (
        "nix",
        "cargo xtask test book/nix nix/guide nix/pages remote/builders",
    ),
    ("text", "quotes.rs"),
    ("xml", "cargo xtask test export/texts"),
];

/// Documents of ours that pages show, in blocks of their own and in those of the console: of each
/// kind as many as there are. Who adds one counts it here, so that none is passed over.
const SHOWN: [(&str, u32); 3] = [
    ("lucarne.machine/1", 2),
    ("lucarne.spec/1", 0),
    ("a table of tools", 1),
];

#[test]
fn each_block_is_of_a_kind_that_is_looked_at() {
    for Block { page, kind, text } in blocks() {
        let is_known = KINDS.iter().any(|(known, _)| *known == kind);
        assert!(
            is_known,
            "{page}: who looks at a block of `{kind}`?\n{text}"
        );
    }
}

/// Judges a document, and tells which kind it is.
fn judged(page: &str, text: &str) -> &'static str {
    let document: Value = serde_json::from_str(text).unwrap_or_else(|error| {
        panic!("{page}: {error}\n{text}");
    });
    match document["schema"].as_str() {
        Some("lucarne.machine/1") => {
            let shaped = spec::shape(text.as_bytes()).expect("an object");
            let planned = plan::check(&shaped, None);
            assert!(planned.is_ok(), "{page}: {planned:?}");
            "lucarne.machine/1"
        }
        Some("lucarne.spec/1") => {
            let told = problems(&document);
            assert!(told.is_empty(), "{page}: {told:?}");
            "lucarne.spec/1"
        }
        None => {
            let tools: Result<Tools, _> = serde_json::from_value(document);
            assert!(tools.is_ok(), "{page}: {tools:?}");
            "a table of tools"
        }
        other => panic!("{page}: what is a document with the schema {other:?}?"),
    }
}

/// The problems of a spec, without those that hang on ISOs, which are not at hand.
fn problems(spec: &Value) -> Vec<String> {
    let shaped = lucarne::spec::shape(spec.to_string().as_bytes()).expect("an object");
    let planned = lucarne::plan::check(&shaped, &Facts::default());
    let told = planned.err().map(|problems| problems.0).unwrap_or_default();
    let own = told.iter().filter(|told| told.at != "virtioWinIso");
    own.map(|told| format!("{told:?}")).collect()
}

#[test]
fn documents_in_json_are_accepted() {
    let mut seen: BTreeMap<&str, u32> = SHOWN.iter().map(|(kind, _)| (*kind, 0)).collect();
    for Block { page, kind, text } in blocks() {
        let documents: Vec<&str> = match kind.as_str() {
            "json" => vec![&text],
            // What `cat` shows. What a shell is fed is tried by `book/tutorial`.
            "console" => text.lines().filter(|line| line.starts_with("{ ")).collect(),
            _ => continue,
        };
        for document in documents {
            *seen.entry(judged(&page, document)).or_default() += 1;
        }
    }
    assert_eq!(seen, BTreeMap::from(SHOWN));
}

#[test]
fn scripts_are_accepted() {
    let scripts = blocks().into_iter().filter(|block| block.kind == "bat");
    let scripts: Vec<_> = scripts.map(|block| block.text).collect();
    assert_eq!(scripts.len(), 1, "{scripts:?}");
    let step = |text| json!({ "cmd": { "text": text, "arguments": ["one"] } });
    let steps: Vec<_> = scripts.iter().map(step).collect();
    let spec = json!({
        "schema": "lucarne.spec/1",
        "name": "page",
        "edition": "Windows 11 Pro",
        "locale": { "ui": "en-US" },
        "steps": steps
    });
    let told = problems(&spec);
    assert!(told.is_empty(), "{told:?}");
}
