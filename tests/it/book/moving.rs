//! `docs/moving.md`: each word of ours in its tables is one.

use std::collections::BTreeSet;

use super::pages;
use crate::{read, repository};

/// What the references and the catalogue call something: all that stands between backticks there.
fn known() -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let own = [
        "docs/provisioning.md",
        "docs/layers.md",
        "docs/windows-media.md",
    ];
    let options = pages("docs");
    let options = options
        .iter()
        .filter(|page| page.starts_with("docs/options-machines"));
    let references = pages("docs/reference");
    for page in references
        .iter()
        .chain(options)
        .map(String::as_str)
        .chain(own)
    {
        let text = read(&repository(page));
        let words = text.split('`').skip(1).step_by(2);
        let words = words.flat_map(|word| word.split([' ', '.', '"']));
        known.extend(words.map(str::to_owned));
    }
    known
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
    let known = known();
    let paths = paths(&page);
    assert!(paths.len() > 60, "only {} words", paths.len());
    let is_known = |path: &&str| path.split('.').all(|part| known.contains(part));
    let unknown: Vec<_> = paths.into_iter().filter(|path| !is_known(path)).collect();
    assert!(unknown.is_empty(), "nobody knows {unknown:?}");
}

#[test]
fn words_are_found_where_they_stand() {
    let page = "| there | here |\n|---|---|\n| `a = 1` | `b.c`, `D` or `e f` |\n";
    assert_eq!(paths(page), ["b.c"]);
}
