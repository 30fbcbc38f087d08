//! The book is made, and its links lead somewhere.

use std::fs;

use anyhow::{Result, ensure};

use super::{book_nix, pictures, tutorial};
use crate::book::Book;
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "book/tutorial",
        shows: "the tutorial's commands print what it shows, and lead to a machine that runs",
        run: tutorial::followed,
    },
    Check {
        name: "book/nix",
        shows: "each block of Nix in the README and in docs/ is Nix without an unknown name",
        run: book_nix::parsed,
    },
    Check {
        name: "book/pictures",
        shows: "the pages' pictures of a terminal are of what `lucarne` says today",
        run: pictures::current,
    },
    Check {
        name: "book/links",
        shows: "mdBook makes the book of docs/, none of its links is dead, and a dead one is told",
        run: links,
    },
];

fn links(context: &Context) -> Result<Outcome> {
    let book = Book::of(&context.repository.join("docs"))?;
    let dead = book.dead_links()?;
    ensure!(dead.is_empty(), "{}", dead.join("\n"));
    drop(book);

    let docs = context.folder.join("docs");
    fs::create_dir(&docs)?;
    let text = "# One\n\n[a](one.md#nowhere) [b](gone.html) [c](one.md#one)\n";
    fs::write(docs.join("one.md"), text)?;
    fs::write(docs.join("SUMMARY.md"), "# Pages\n\n- [One](one.md)\n")?;
    let toml = context.repository.join("docs/book.toml");
    fs::copy(toml, docs.join("book.toml"))?;
    let dead = Book::of(&docs)?.dead_links()?.join("\n");
    let told = ["`gone.html`", "`one.html#nowhere`"];
    let tells = told.iter().all(|link| dead.contains(link)) && !dead.contains("#one`");
    // A link without its reason ends with the colon before it.
    let tells = tells && dead.lines().all(|line| !line.trim_end().ends_with(':'));
    ensure!(tells, "of dead links it tells: {dead}");
    Ok(Outcome::Passed)
}
