//! `cargo xtask book`: the pages of `docs/` as a book, none of whose links is dead.

mod anchors;
#[cfg(test)]
mod commands;
pub(crate) mod page;
mod source;
pub(crate) mod tutorial;

use std::{fs, process};

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::root::{self, Root};
use crate::{enter, store};

/// Where it is made, unless another place is named.
const PLACE: &str = "target/book";

/// What tells the first page of a book of ours: who wrote it, and the book's title.
const MARKS: [&str; 2] = ["Book generated using mdBook", " - Lucarne</title>"];

/// What pages ask for and Debian's mdBook is built without: its script, and fonts, in whose place
/// a reader's own do.
const OWN: [(&str, &str); 2] = [
    ("book.js", include_str!("book.js")),
    ("fonts/fonts.css", "/* none */\n"),
];

/// Where the book goes.
#[derive(Args)]
pub(crate) struct BookArgs {
    /// The folder that is replaced by the book; else `target/book`
    #[arg(long, value_name = "DIR")]
    out: Option<Utf8PathBuf>,
}

impl BookArgs {
    pub(crate) fn run(self) -> Result<u8> {
        let repository = root::repository();
        let out = self.out.unwrap_or_else(|| repository.join(PLACE));
        let made = Book::of(&repository.join("docs"))?;
        let dead = made.dead_links()?;
        for link in &dead {
            eprintln!("{link}");
        }
        ensure!(dead.is_empty(), "{} links of the book are dead", dead.len());
        put(&made.html, &out)?;
        println!("{out}/index.html");
        Ok(0)
    }
}

/// Puts a book in its place, whole or not at all.
fn put(html: &Utf8Path, out: &Utf8Path) -> Result<()> {
    if out.exists() {
        // What is not a book of ours stays, a site of somebody's too.
        let first = fs::read_to_string(out.join("index.html")).unwrap_or_default();
        ensure!(
            MARKS.iter().all(|mark| first.contains(mark)),
            "`{out}` is there, and is no book of Lucarne's: name another place"
        );
    }
    let name = out.file_name().context("the place has no name")?;
    let fresh = out.with_file_name(format!(".{name}.{}", process::id()));
    source::copy(html, &fresh)?;
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("cannot remove `{out}`"))?;
    }
    fs::rename(&fresh, out).with_context(|| format!("cannot write `{out}`"))
}

/// A book, in a folder of its own that goes with it.
pub(crate) struct Book {
    tools: Root,
    folder: Utf8PathBuf,
    pub(crate) html: Utf8PathBuf,
}

impl Book {
    /// Makes the book of a folder with pages.
    pub(crate) fn of(pages: &Utf8Path) -> Result<Self> {
        let tools = root::ensure()?;
        // linkchecker gives its rights away, and the cache may be closed to others: `/tmp` inside
        // is open to all.
        let name = format!("lucarne-book-{}", process::id());
        let folder = tools.tmp.join(&name);
        let book = Self {
            folder: folder.clone(),
            html: folder.join("html"),
            tools,
        };
        book.clear()?;
        source::stage(pages, &folder.join("docs"))?;
        let inside = format!("/tmp/{name}");
        let (from, to) = (format!("{inside}/docs"), format!("{inside}/html"));
        let build = ["mdbook", "build", "--dest-dir", &to, &from];
        let mut command = enter::command(&book.tools, &[], &store::words(&build))?;
        // Its level of messages: each page's name is of no use to anybody.
        command.env("RUST_LOG", "warn");
        let status = command.status().context("cannot start `mdbook`")?;
        ensure!(status.success(), "mdbook cannot make the book");
        for (name, text) in OWN {
            let path = book.html.join(name);
            if !path.exists() {
                path.parent().map_or(Ok(()), fs::create_dir_all)?;
                fs::write(&path, text).with_context(|| format!("cannot write `{path}`"))?;
            }
        }
        Ok(book)
    }

    /// Each link that leads nowhere: to a file by linkchecker, to a place in one by ourselves.
    pub(crate) fn dead_links(&self) -> Result<Vec<String>> {
        let name = self.folder.file_name().context("a folder has a name")?;
        let first = format!("/tmp/{name}/html/index.html");
        // Other people's pages are not asked for: the book is checked without a network.
        let check = ["linkchecker", "--no-status", "--no-warnings", "-o", "csv"];
        let check = [&check[..], &[&first]].concat();
        let ran = enter::command(&self.tools, &[], &store::words(&check))?
            .output()
            .context("cannot start `linkchecker`")?;
        let said = String::from_utf8_lossy(&ran.stdout);
        let mut dead: Vec<String> = said.lines().filter_map(row).collect();
        let told = String::from_utf8_lossy(&ran.stderr);
        let is_well = ran.status.success() == dead.is_empty() && ran.status.code() < Some(2);
        ensure!(is_well, "linkchecker failed\n{said}{told}");
        dead.extend(anchors::dead(&self.html)?);
        Ok(dead)
    }

    fn clear(&self) -> Result<()> {
        if self.folder.exists() {
            let folder = &self.folder;
            fs::remove_dir_all(folder).with_context(|| format!("cannot remove `{folder}`"))?;
        }
        Ok(())
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        // What stays is in the way of nobody, and the next book of this process id removes it.
        let _ = self.clear();
    }
}

/// The README and the pages of `docs/`: the name of each, and its text.
pub(crate) fn pages(repository: &Utf8Path) -> Result<Vec<(String, String)>> {
    let mut files = source::files(&repository.join("docs"))?;
    files.retain(|file| file.extension() == Some("md"));
    files.push(repository.join("README.md"));
    let read = |file: Utf8PathBuf| -> Result<_> {
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read `{file}`"))?;
        Ok((file.strip_prefix(repository)?.to_string(), text))
    };
    files.into_iter().map(read).collect()
}

/// A line of linkchecker's table: the link, the page that has it and what came of it.
fn row(row: &str) -> Option<String> {
    let mut fields = row.split(';');
    let (target, page) = (fields.next()?, fields.next()?);
    // Between them stands the page's own base.
    let said = fields.nth(1)?;
    let is_head = row.starts_with('#') || target == "urlname";
    (!is_head).then(|| {
        let page = page.rsplit_once("/html/").map_or(page, |(_, page)| page);
        format!("{page}: `{target}`: {said}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_no_book_of_ours_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let (html, out) = (folder.join("html"), folder.join("out"));
        fs::create_dir(&html).expect("made");
        fs::write(html.join("index.html"), MARKS.concat()).expect("written");
        fs::create_dir(&out).expect("made");
        fs::write(out.join("index.html"), "<title>a site</title>").expect("written");
        put(&html, &out).expect_err("no book");
        let site = fs::read_to_string(out.join("index.html")).expect("it stays");
        assert!(site.contains("a site"));
        fs::remove_dir_all(&out).expect("removed");
        put(&html, &out).expect("a new one");
        put(&html, &out).expect("in the place of a book");
        let left = folder.read_dir_utf8().expect("listed").count();
        assert_eq!(left, 2, "nothing beside it");
    }

    #[test]
    fn a_dead_link_comes_with_its_reason() {
        let line = "gone.html;file:///tmp/b/html/one.html;;Error: no file;;;False;file:///x;1";
        let told = row(line);
        assert_eq!(
            told.as_deref(),
            Some("one.html: `gone.html`: Error: no file")
        );
        assert_eq!(row("urlname;parentname;base;result;warningstring"), None);
        assert_eq!(row("# Start checking; a; b; c"), None);
    }
}
