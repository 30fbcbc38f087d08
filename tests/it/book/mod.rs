//! The pages of `docs/` and the README: each page has its chapter, and local links lead somewhere.
//! `cargo xtask book` makes the book of them, and looks at its links once more.

mod examples;
mod moving;
mod options;
mod pictures;
mod quotes;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::{read, repository};

const SUMMARY: &str = "docs/SUMMARY.md";

/// Texts with links that are no pages of the book.
const BESIDE: [&str; 7] = [
    "CHANGELOG.md",
    "README.md",
    "benches/README.md",
    "tests/exports/README.md",
    "tests/product/README.md",
    "tests/secure-boot/README.md",
    "tests/standin/README.md",
];

/// The pages of a folder of the repository, and of those below it.
pub(super) fn pages(folder: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(repository(folder)).expect("the folder can be listed") {
        let entry = entry.expect("the folder can be listed");
        let name = entry.file_name().into_string().expect("names are UTF-8");
        let path = format!("{folder}/{name}");
        if entry.path().is_dir() {
            found.append(&mut pages(&path));
        } else if Path::new(&name)
            .extension()
            .is_some_and(|kind| kind == "md")
        {
            found.insert(path);
        }
    }
    found
}

/// What a page shows between two fences.
pub(super) struct Block {
    pub(super) page: String,
    /// What stands behind the first fence: `nix`, `console` …
    pub(super) kind: String,
    pub(super) text: String,
}

/// The blocks of the README and of all pages.
pub(super) fn blocks() -> Vec<Block> {
    let mut all = pages("docs");
    all.insert("README.md".to_owned());
    let mut found = Vec::new();
    for page in all {
        let text = read(&repository(&page));
        let mut open: Option<Block> = None;
        for line in text.lines() {
            match (&mut open, line.trim_start().strip_prefix("```")) {
                (None, Some(kind)) => {
                    open = Some(Block {
                        page: page.clone(),
                        kind: kind.to_owned(),
                        text: String::new(),
                    });
                }
                (Some(block), None) => block.text = format!("{}{line}\n", block.text),
                (Some(_), Some(_)) => found.extend(open.take()),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{page}: a block has no end");
    }
    found
}

/// The targets of a page's links, of pictures too, without what stands in code.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        }
        if in_block {
            continue;
        }
        // Between backticks stands code: each second piece.
        for piece in line.split('`').step_by(2) {
            let targets = piece.split("](").skip(1);
            found.extend(targets.filter_map(|rest| rest.split(')').next()));
        }
        // A link whose words are code is split by their backticks.
        for (at, _) in line.match_indices("`](") {
            found.extend(line[at + 3..].split(')').next());
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The places in a page that links may name: its headings, as GitHub and mdBook name them.
fn places(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut found = BTreeSet::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        }
        let heading = line.trim_start_matches('#');
        if in_block || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let lower = heading.trim().to_lowercase();
        let kept = lower.chars().filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        });
        let name: String = kept.collect();
        let before = seen.entry(name.clone()).or_default();
        found.insert(if *before == 0 {
            name
        } else {
            format!("{name}-{before}")
        });
        *before += 1;
    }
    found
}

/// The path that a link means, from the page that has it.
fn target(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn local_links_lead_somewhere() {
    let mut dead = Vec::new();
    let mut seen = 0;
    let mut all = pages("docs");
    all.extend(BESIDE.map(str::to_owned));
    for page in &all {
        let text = read(&repository(page));
        for link in links(&text) {
            if link.contains("://") {
                continue;
            }
            seen += 1;
            let (path, place) = link.split_once('#').unwrap_or((link, ""));
            let path = if path.is_empty() {
                page.clone()
            } else {
                target(page, path)
            };
            let is_there = repository(&path).exists();
            if !is_there || !place.is_empty() && !places(&read(&repository(&path))).contains(place)
            {
                dead.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(seen > 30, "only {seen} links");
    assert!(dead.is_empty(), "\n{}\n", dead.join("\n"));
}

#[test]
fn each_page_has_its_chapter() {
    let summary = read(&repository(SUMMARY));
    let listed: Vec<_> = links(&summary)
        .into_iter()
        .map(|link| target(SUMMARY, link))
        .collect();
    let named: BTreeSet<_> = listed.iter().cloned().collect();
    let mut there = pages("docs");
    there.remove(SUMMARY);
    let none: Vec<_> = there.difference(&named).collect();
    assert!(none.is_empty(), "in no chapter of {SUMMARY}: {none:?}");
    let gone: Vec<_> = named.difference(&there).collect();
    assert!(gone.is_empty(), "chapters without a page: {gone:?}");
    let lines = summary.matches("](").count();
    assert_eq!(lines, named.len(), "a page has two chapters");
}

#[test]
fn links_and_places_are_read_as_they_are_shown() {
    let text =
        "# A `b`, c\n[x](a.md#b) `[no](code)` [`y`](c.md)\n```\n[no](block)\n# no\n```\n## A b c\n";
    assert_eq!(links(text), ["a.md#b", "c.md"]);
    let found: Vec<_> = places(text).into_iter().collect();
    assert_eq!(found, ["a-b-c", "a-b-c-1"]);
    assert_eq!(target("docs/reference/a.md", "../../data/x"), "data/x");
}
