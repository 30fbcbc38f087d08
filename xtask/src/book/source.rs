//! The pages as mdBook gets them: what links of theirs name outside of `docs/` goes along.

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};

/// Where files from outside are in the book.
const FILES: &str = "files";

/// Copies a folder with pages, its links to outside turned inwards.
pub(super) fn stage(pages: &Utf8Path, to: &Utf8Path) -> Result<()> {
    copy(pages, to)?;
    let above = pages.parent().context("the pages lie in a repository")?;
    for page in files(to)? {
        if page.extension() != Some("md") {
            continue;
        }
        let text = fs::read_to_string(&page).with_context(|| format!("cannot read `{page}`"))?;
        let own = page.strip_prefix(to)?;
        let (text, outside) = inwards(&text, own)?;
        for path in outside {
            let (from, at) = (above.join(&path), to.join(FILES).join(named(&path)));
            ensure!(from.is_file(), "{own}: `{path}` is no file");
            at.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::copy(&from, &at).with_context(|| format!("cannot copy `{from}`"))?;
        }
        fs::write(&page, text).with_context(|| format!("cannot write `{page}`"))?;
    }
    Ok(())
}

/// mdBook takes each link with `.md` in it for one to a page of its own.
fn named(path: &str) -> String {
    path.strip_suffix(".md")
        .map_or_else(|| path.to_owned(), |page| format!("{page}.txt"))
}

/// A page's text with links that leave `docs/` led to the copies, and the files that they name,
/// from the repository's top.
fn inwards(text: &str, page: &Utf8Path) -> Result<(String, Vec<String>)> {
    let depth = page.components().count() - 1;
    let up = "../".repeat(depth);
    let mut done = String::new();
    let mut outside = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let (target, behind) = after.split_once(')').context("a link has no end")?;
        done += before;
        let path = target
            .strip_prefix(&up)
            .and_then(|own| own.strip_prefix("../"));
        match path {
            Some(path) if path.contains(['#', '?']) || path.starts_with("../") => {
                bail!("{page}: `{target}` leads out of the book to no whole file");
            }
            Some(path) => {
                done = done + "](" + &up + FILES + "/" + &named(path) + ")";
                outside.push(path.to_owned());
            }
            None => done = done + "](" + target + ")",
        }
        rest = behind;
    }
    Ok((done + rest, outside))
}

/// Copies a folder with all below it.
pub(super) fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    for file in files(from)? {
        let at = to.join(file.strip_prefix(from)?);
        at.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::copy(&file, &at).with_context(|| format!("cannot copy `{file}` to `{at}`"))?;
    }
    Ok(())
}

/// All files of a folder, in the order of their names.
pub(super) fn files(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        let entries = folder
            .read_dir_utf8()
            .with_context(|| format!("cannot list `{folder}`"))?;
        for entry in entries {
            let entry = entry?;
            let list = if entry.file_type()?.is_dir() {
                &mut open
            } else {
                &mut found
            };
            list.push(entry.into_path());
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_leave_the_book_lead_to_copies() {
        let text = "a [b](../data/x.json), [c](d.md#e) and [f](../benches/README.md)";
        let (text, outside) = inwards(text, "page.md".into()).expect("right");
        let wanted = "a [b](files/data/x.json), [c](d.md#e) and [f](files/benches/README.txt)";
        assert_eq!(text, wanted);
        assert_eq!(outside, ["data/x.json", "benches/README.md"]);
        let (text, _) =
            inwards("[a](../b.md) [c](../../d)", "reference/e.md".into()).expect("right");
        assert_eq!(text, "[a](../b.md) [c](../files/d)");
        inwards("[a](../b.md#c)", "page.md".into()).expect_err("a copy has no headings");
        inwards("[a](../../b)", "page.md".into()).expect_err("not of the repository");
    }
}
