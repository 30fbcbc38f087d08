//! The commands that the README and the book show, and those that their sentences name: what is of
//! `cargo xtask` is there, and of each other one it is known who tries it.

use std::collections::BTreeSet;

use clap::Parser as _;
use clap::error::ErrorKind;

use super::{page, pages};
use crate::{Args, Cmd, root, test};

/// Commands of others' in the consoles: how a line begins, and who tries it, or why nobody does.
const OTHERS: [(&str, &str); 9] = [
    (
        "cat office.json",
        "what it shows: tests/it/book/examples.rs",
    ),
    ("incus ", "nobody: no Incus is at hand"),
    (
        "nix copy --to ",
        "remote/builders, with a cache and a store of its own",
    ),
    ("nix flake init ", "nix/templates"),
    (
        "nix registry add ",
        "nobody: it writes the user's own registry",
    ),
    ("nix-instantiate --eval ", "nix/pages, word for word"),
    ("skopeo copy ", "export/formats, to a double of a registry"),
    ("virt-fw-vars ", "doctor/here"),
    (
        "xorriso ",
        "nobody: each export's text has the line, in tests/exports",
    ),
];
/// The page whose every command is typed by `book/tutorial`.
const TYPED: &str = "docs/tutorial.md";

/// Whether a command is one of `cargo xtask`, as far as it goes, and names checks that there are.
fn is_right(command: &str) -> Result<(), String> {
    let words = command.split_whitespace().skip(2);
    // Of words to choose from the first stands for all.
    let words = words.map(|word| word.split('|').next().unwrap_or_default());
    match Args::try_parse_from(["cargo xtask"].into_iter().chain(words)) {
        Ok(Args {
            command: Cmd::Test(asked),
        }) => match asked.names().iter().find(|name| !test::is_in_a_name(name)) {
            Some(name) => Err(format!("`{command}`: no check has `{name}` in its name")),
            None => Ok(()),
        },
        Ok(Args {
            command: Cmd::Bench(asked),
        }) => match asked.unknown() {
            Some(name) => Err(format!("`{command}`: there is no bench `{name}`")),
            None => Ok(()),
        },
        Ok(_) => Ok(()),
        Err(error) => match error.kind() {
            ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand => Ok(()),
            _ => Err(format!("`{command}`: {error}")),
        },
    }
}

/// The commands in a page's consoles, without what a shell takes for its own.
fn shown(text: &str) -> Vec<String> {
    let blocks = page::blocks(text);
    let consoles = blocks.iter().filter(|block| block.kind == "console");
    let lines = consoles.flat_map(|block| block.text.lines());
    let commands = lines.filter_map(|line| line.strip_prefix("$ "));
    commands.map(str::to_owned).collect()
}

/// What stands between backticks in a page's sentences.
fn codes(text: &str) -> Vec<&str> {
    let mut is_block = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_block ^= is_fence;
        !is_block && !is_fence
    });
    lines
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn commands_are_there() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    let mut others = BTreeSet::new();
    for (page, text) in pages(&root::repository()).expect("pages") {
        let mut own: Vec<String> = codes(&text)
            .into_iter()
            .filter(|code| code.starts_with("cargo xtask ") && !code.contains('…'))
            .map(str::to_owned)
            .collect();
        for line in shown(&text) {
            let other = OTHERS.iter().find(|(begin, _)| line.starts_with(begin));
            if line.starts_with("cargo xtask ") && page != TYPED {
                let line = line.split(" # ").next().unwrap_or_default();
                own.push(line.to_owned());
            } else if let Some((begin, _)) = other {
                others.insert(*begin);
            } else if page != TYPED && !line.starts_with("lucarne ") {
                wrong.push(format!("{page}: who tries `{line}`?"));
            }
        }
        seen += own.len();
        let told = own.iter().filter_map(|command| is_right(command).err());
        wrong.extend(told.map(|told| format!("{page}: {told}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 40, "only {seen} commands");
    let gone = OTHERS.iter().find(|(begin, _)| !others.contains(begin));
    assert_eq!(gone, None, "is shown no longer");
}

/// `nix/guide` and the like, which stand for a check and not for a file.
#[test]
fn checks_that_sentences_name_are_there() {
    let repository = root::repository();
    let mut seen = 0;
    let mut wrong = Vec::new();
    for (page, text) in pages(&repository).expect("pages") {
        for code in codes(&text) {
            let is_word = |word: &str| {
                let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                !word.is_empty() && word.chars().all(is_letter)
            };
            let Some((tier, name)) = code.split_once('/') else {
                continue;
            };
            let is_name = is_word(tier) && is_word(name) && test::is_in_a_name(&format!("{tier}/"));
            if is_name && !repository.join(code).exists() {
                seen += 1;
                if !test::is_in_a_name(code) {
                    wrong.push(format!("{page}: no check is called `{code}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 10, "only {seen} names");
}

#[test]
fn what_is_not_there_is_told() {
    is_right("cargo xtask test book/ nix/values").expect("both are there");
    is_right("cargo xtask standin").expect("it lacks what a run needs");
    is_right("cargo xtask test book/none").expect_err("no such check");
    is_right("cargo xtask tset").expect_err("no such command");
    is_right("cargo xtask bench nothing").expect_err("no such row");
    let text = "`a` b\n```console\n$ c # d\ne\n```\n`f`\n";
    assert_eq!(
        (codes(text), shown(text)),
        (vec!["a", "f"], vec!["c # d".to_owned()])
    );
}
