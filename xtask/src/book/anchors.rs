//! Links to a place in a page: linkchecker looks for files alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use super::source;

/// All pages in one, for paper: its links are those of the pages.
const PRINT: &str = "print.html";

/// The links of a book's pages to a place that their target does not have.
pub(super) fn dead(html: &Utf8Path) -> Result<Vec<String>> {
    let mut pages = BTreeMap::new();
    for file in source::files(html)? {
        let name = file.strip_prefix(html)?.to_owned();
        if name.extension() == Some("html") && name != PRINT {
            let text =
                fs::read_to_string(&file).with_context(|| format!("cannot read `{file}`"))?;
            pages.insert(name, text);
        }
    }
    ensure!(pages.len() > 1, "there is no book in `{html}`");
    let (seen, dead) = judged(&pages);
    ensure!(seen > 0, "no link leads to a place in a page");
    Ok(dead)
}

/// How many such links there are, and those that lead nowhere.
fn judged(pages: &BTreeMap<Utf8PathBuf, String>) -> (usize, Vec<String>) {
    let ids = pages.iter();
    let ids = ids.map(|(name, text)| (name, values(text, "id").collect()));
    let ids: BTreeMap<_, BTreeSet<&str>> = ids.collect();
    let mut seen = 0;
    let mut dead = Vec::new();
    for (name, text) in pages {
        for link in values(text, "href") {
            let Some((path, place)) = link.split_once('#') else {
                continue;
            };
            if place.is_empty() || path.contains(':') {
                continue;
            }
            seen += 1;
            let target = if path.is_empty() {
                name.clone()
            } else {
                beside(name, path)
            };
            let is_there = ids.get(&target).is_some_and(|ids| ids.contains(place));
            if !is_there {
                dead.push(format!("{name}: `{link}`: no such place"));
            }
        }
    }
    (seen, dead)
}

/// The values of an attribute, as mdBook writes it.
fn values<'a>(text: &'a str, attribute: &str) -> impl Iterator<Item = &'a str> {
    let begin = format!(" {attribute}=\"");
    let starts = text
        .match_indices(&begin)
        .map(|(at, found)| at + found.len());
    let starts: Vec<usize> = starts.collect();
    starts
        .into_iter()
        .filter_map(|at| text[at..].split('"').next())
}

/// The page that a link names, from the page that has it.
fn beside(page: &Utf8Path, link: &str) -> Utf8PathBuf {
    let mut path = page.parent().map(Utf8Path::to_owned).unwrap_or_default();
    for part in link.split('/') {
        match part {
            ".." => {
                path.pop();
            }
            "." => {}
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_not_there_is_told() {
        let page = |name: &str, text: &str| (Utf8PathBuf::from(name), text.to_owned());
        let pages = BTreeMap::from([
            page(
                "a.html",
                r##"<h1 id="x"> <a href="#x"> <a href="b/c.html#y"> <a href="#z">"##,
            ),
            page(
                "b/c.html",
                r#"<h1 class="w" id="y"> <a href="../a.html#x"> <a href="d.html#x">"#,
            ),
        ]);
        let (seen, dead) = judged(&pages);
        assert_eq!(seen, 5);
        let told = [
            "a.html: `#z`: no such place",
            "b/c.html: `d.html#x`: no such place",
        ];
        assert_eq!(dead, told);
    }
}
