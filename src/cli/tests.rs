//! Command lines that the pages show are ones that this program takes.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::Cli;

/// The README, the changelog and all pages of `docs/`, as far as they are there.
fn pages() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = vec![top.join("README.md"), top.join("CHANGELOG.md")];
    let mut open = vec![top.join("docs")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("the folder can be listed").path();
            let is_page = path.extension().is_some_and(|kind| kind == "md");
            if path.is_dir() {
                open.push(path);
            } else if is_page {
                found.push(path);
            }
        }
    }
    found
}

/// The words of each command of ours in a page's consoles, up to what a shell does with them.
fn commands(page: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for block in page.split("```console\n").skip(1) {
        let block = block.split("\n```").next().unwrap_or_default();
        let lines = block.lines().filter_map(|line| line.strip_prefix("$ "));
        for line in lines {
            let line = line.strip_prefix("cargo xtask ").unwrap_or(line);
            if line.starts_with("lucarne ") {
                let own = line.split([';', '#', '|', '>', '&']).next();
                found.push(words(own.unwrap_or_default()));
            }
        }
    }
    found
}

/// The commands of ours that stand in a page's sentences: `lucarne ctl NAME stop` and the like.
fn mentioned(page: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut is_shown = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            is_shown = !is_shown;
        }
        if !is_shown {
            let code = line.split('`').skip(1).step_by(2);
            let own = code.filter(|code| code.starts_with("lucarne ") && !code.contains('…'));
            // Of words to choose from the first stands for all.
            let word = |word: String| word.split('|').next().unwrap_or_default().to_owned();
            found.extend(own.map(|code| words(code).into_iter().map(word).collect()));
        }
    }
    found
}

/// Whether a command that a sentence names is wrong as far as it goes: it may lack what a run of it
/// needs, and have a word such as `FILE` in the place of another.
fn is_wrong(error: &Error) -> bool {
    let is_placeholder = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => word.chars().all(|c| c.is_ascii_uppercase()),
        _ => false,
    };
    match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            !is_placeholder(ContextKind::InvalidValue)
        }
        ErrorKind::InvalidSubcommand => !is_placeholder(ContextKind::InvalidSubcommand),
        ErrorKind::UnknownArgument => !is_placeholder(ContextKind::InvalidArg),
        kind => !matches!(
            kind,
            ErrorKind::DisplayHelp
                | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                | ErrorKind::DisplayVersion
                | ErrorKind::MissingRequiredArgument
                | ErrorKind::MissingSubcommand
        ),
    }
}

/// Between double quotes a blank is one of the word's.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for (n, piece) in line.trim().split('"').enumerate() {
        if n % 2 == 1 {
            word += piece;
            continue;
        }
        for (n, part) in piece.split(' ').enumerate() {
            if n > 0 {
                words.push(std::mem::take(&mut word));
            }
            word += part;
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn the_pages_command_lines_are_taken() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for page in pages().iter().filter(|page| page.exists()) {
        let text = fs::read_to_string(page).expect("a page is UTF-8");
        for words in commands(&text) {
            seen += 1;
            if let Err(error) = Cli::try_parse_from(&words) {
                wrong.push(format!("{}: {words:?}\n{error}", page.display()));
            }
        }
    }
    // A source without its pages, as one that is packaged may be, has none.
    let has_pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").exists();
    assert!(!has_pages || seen > 12, "only {seen} command lines");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_commands_that_sentences_name_are_there() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for page in pages().iter().filter(|page| page.exists()) {
        let text = fs::read_to_string(page).expect("a page is UTF-8");
        for words in mentioned(&text) {
            seen += 1;
            match Cli::try_parse_from(&words) {
                Err(error) if is_wrong(&error) => {
                    wrong.push(format!("{}: {words:?}\n{error}", page.display()));
                }
                _ => {}
            }
        }
    }
    let has_pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").exists();
    assert!(!has_pages || seen > 50, "only {seen} commands");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_command_that_is_none_is_told() {
    let page = "`lucarne run` and `lucarne ctl NAME COMMAND`, or `lucarne schema spec|layer`\n\
                ```text\n`lucarne none`\n```\n`lucarne stpo MACHINE` `lucarne run --nothing`\n";
    let told = mentioned(page).into_iter().map(|words| {
        let parsed = Cli::try_parse_from(&words);
        parsed.err().is_some_and(|error| is_wrong(&error))
    });
    let told: Vec<_> = told.collect();
    assert_eq!(told, [false, false, false, true, true]);
}

#[test]
fn command_lines_are_read_as_a_shell_does() {
    let page =
        "```console\n$ lucarne a \"b c\" --d # e\nshown\n$ cargo xtask lucarne f; echo\n$ g\n```\n";
    assert_eq!(
        commands(page),
        [vec!["lucarne", "a", "b c", "--d"], vec!["lucarne", "f"]]
    );
}
