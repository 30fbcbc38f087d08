//! What the pages show as JSON is what the code takes.

use lucarne::instance::{plan, spec};
use lucarne::plan::Facts;
use serde_json::Value;

use super::pages;
use crate::{read, repository};

/// The blocks of a kind, each with its page.
fn blocks(kind: &str) -> Vec<(String, String)> {
    let fence = format!("```{kind}\n");
    let mut found = Vec::new();
    for page in pages("docs") {
        let text = read(&repository(&page));
        for rest in text.split(&fence).skip(1) {
            let (block, _) = rest.split_once("```").expect("a block has an end");
            found.push((page.clone(), block.to_owned()));
        }
    }
    found
}

#[test]
fn documents_in_json_are_accepted() {
    let blocks = blocks("json");
    let mut judged = 0;
    for (page, block) in blocks {
        let document: Value = serde_json::from_str(&block).expect("JSON");
        match document["schema"].as_str() {
            Some("lucarne.machine/1") => {
                let shaped = spec::shape(block.as_bytes()).expect("an object");
                let planned = plan::check(&shaped, None);
                assert!(planned.is_ok(), "{page}: {planned:?}");
            }
            Some("lucarne.spec/1") => {
                let shaped = lucarne::spec::shape(block.as_bytes()).expect("an object");
                let planned = lucarne::plan::check(&shaped, &Facts::default());
                // What hangs on ISOs is not at hand.
                let told = planned.err().map(|problems| problems.0).unwrap_or_default();
                let own: Vec<_> = told
                    .iter()
                    .filter(|told| told.at != "virtioWinIso")
                    .collect();
                assert!(own.is_empty(), "{page}: {own:?}");
            }
            // Of another program's, or what one of ours writes.
            None => continue,
            other => panic!("{page}: what is a document with the schema {other:?}?"),
        }
        judged += 1;
    }
    assert!(judged > 0, "no page shows a document of ours");
}
