//! What the pages quote is what is printed: messages in the tables of symptoms are in the sources,
//! and blocks of text in the sources or in what tests compare with.

use std::fs;
use std::path::Path;

use super::{Block, blocks};
use crate::{read, repository};

/// Pages whose tables have in their first columns what is said.
const SYMPTOMS: [&str; 2] = ["docs/doctor.md", "docs/remote-builders.md"];

/// What others say there, and who.
const OTHERS: [(&str, &str); 11] = [
    (
        "Required system: 'x86_64-linux' with features {kvm}",
        "Nix from 2.30 on",
    ),
    ("Required features: {kvm}", "the newest Nix"),
    (
        "required system or feature not available",
        "Nix from 2.30 on",
    ),
    ("missing system features", "the newest Nix"),
    (
        "a 'x86_64-linux' with features {kvm} is required to build …",
        "Nix before 2.30",
    ),
    (
        "a 'x86_64-linux' with features {kvm} is required to build …, but I am a 'x86_64-linux' \
         with features {benchmark, …}",
        "the same",
    ),
    (
        "cannot add path '…' because it lacks a signature by a trusted key",
        "Nix",
    ),
    ("waiting for the upload lock", "Nix"),
    ("Permission denied", "Linux"),
    ("Permission denied (publickey …)", "OpenSSH"),
    ("Connection refused", "whoever connects"),
];

/// What blocks of text show that no source has in one piece, and who prints it.
const SHOWN: [(&str, &str); 5] = [
    ("guest: BdsDxe: ", "the firmware: `fault/refused`"),
    ("building '/nix/store/", "Nix: `remote/builders`"),
    (
        "make it a volume, ",
        "nix/modules/microvm-guest/lacks.nix, in two pieces",
    ),
    (
        "… MiB are less than the ",
        "grow-script.nix there: `service/prune`",
    ),
    ("a volume never shrinks: ", "the same"),
];

/// Pages whose blocks of text are no messages: a picture, and what another test makes.
const PICTURES: [&str; 2] = ["docs/how.md", "docs/reference/cli.md"];

/// Words by one blank.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A source as what it prints: texts over several lines as one, and `…` for each value.
fn printed(source: &str, begin: &str) -> String {
    let mut lines = String::new();
    for line in source.lines() {
        match line.trim().strip_suffix('\\') {
            Some(line) => lines += line,
            None => lines = lines + line.trim() + "\n",
        }
    }
    let lines = lines.replace("\\\"", "\"");
    let mut text = String::new();
    let mut rest = lines.as_str();
    while let Some((before, behind)) = rest.split_once(begin) {
        text += before;
        match behind.split_once('}') {
            Some((value, after)) if !value.contains(['{', '"', '\n']) => {
                text.push('…');
                rest = after;
            }
            _ => rest = behind,
        }
    }
    text + rest
}

/// A line with `…` in the place of each value that a message may have: what stands between
/// backticks, numbers, and lists of them.
fn shape(line: &str) -> String {
    let mut text = String::new();
    for (n, piece) in line.split('`').enumerate() {
        text += if n % 2 == 1 { "…" } else { piece };
    }
    // Half of a pair is none.
    if line.matches('`').count() % 2 == 1 {
        line.clone_into(&mut text);
    }
    let mut shape = String::new();
    for c in text.chars() {
        if !c.is_ascii_digit() {
            shape.push(c);
        } else if !shape.ends_with('…') {
            shape.push('…');
        }
    }
    let mut before = usize::MAX;
    while shape.len() < before {
        before = shape.len();
        for between in [" or ", ", ", " and ", "."] {
            shape = shape.replace(&format!("…{between}…"), "…");
        }
    }
    plain(&shape)
}

/// The files of a folder and of those below it, but for what cargo makes.
fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() && !path.ends_with("target") {
            files(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}

/// All that is printed by the code in some folders, a text for each file.
fn sources(folders: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for folder in folders {
        files(&repository(folder), &mut found);
    }
    found.iter().filter_map(|path| told(path)).collect()
}

/// What a file prints, or is compared with; none of one that is no text.
fn told(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(match path.extension()?.to_str()? {
        "rs" => printed(&text, "{"),
        "nix" => printed(&text, "${"),
        _ => text,
    })
}

/// What stands between backticks in a line, be they one or two.
fn codes(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let open = &rest[at..];
        let fence = &open[..open.len() - open.trim_start_matches('`').len()];
        let behind = &open[fence.len()..];
        let Some(end) = behind.find(fence) else { break };
        found.push(behind[..end].trim());
        rest = &behind[end + fence.len()..];
    }
    found
}

/// The messages in the first columns of a page's tables: what has a blank in it, without the `…`
/// that leave the rest of a line out.
fn quotes(page: &str) -> Vec<&str> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    let codes = cells.flat_map(codes).filter(|code| code.contains(' '));
    codes.collect()
}

#[test]
fn quoted_messages_are_printed() {
    let sources = sources(&["src", "guest/src", "nix"]);
    // Numbers with periods between them are one value.
    let sources = sources.iter().map(|text| plain(&text.replace("….…", "…")));
    let sources: Vec<_> = sources.map(|text| text.replace("….…", "…")).collect();
    let mut seen = Vec::new();
    let mut wrong = Vec::new();
    for page in SYMPTOMS {
        let text = read(&repository(page));
        for quote in quotes(&text) {
            seen.push(quote.to_owned());
            if OTHERS.iter().any(|(other, _)| *other == quote) {
                continue;
            }
            let message = quote.trim_matches([' ', '…']);
            if !sources.iter().any(|source| source.contains(message)) {
                wrong.push(format!("{page}: nothing prints `{quote}`"));
            }
        }
    }
    assert!(seen.len() > 50, "only {} messages", seen.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let gone = OTHERS
        .iter()
        .find(|(other, _)| !seen.iter().any(|quote| quote == other));
    assert_eq!(gone, None, "is quoted no longer");
}

#[test]
fn blocks_of_text_are_printed() {
    let told = sources(&[
        "src",
        "nix",
        "tests/nix",
        "tests/reject",
        "tests/transcripts",
    ]);
    let lines = told
        .iter()
        .map(|text| text.lines().map(shape).collect::<Vec<_>>());
    let told: Vec<_> = lines.map(|lines| lines.join(" ")).collect();
    let mut wrong = Vec::new();
    let mut seen = Vec::new();
    let shown = blocks().into_iter().filter(|block| block.kind == "text");
    for Block { page, text, .. } in shown.filter(|it| !PICTURES.contains(&it.page.as_str())) {
        for message in messages(&text) {
            let message = shape(&message);
            let other = SHOWN.iter().find(|(begin, _)| message.starts_with(begin));
            if other.is_none() && !told.iter().any(|told| told.contains(&message)) {
                wrong.push(format!("{page}: nothing prints `{message}`"));
            }
            seen.extend(other);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let gone = SHOWN.iter().find(|other| !seen.contains(other));
    assert_eq!(gone, None, "is shown no longer");
}

/// A block's messages: each problem without its option's path, and each hint.
fn messages(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        match found.last_mut() {
            // A page breaks long hints.
            Some(last) if last.starts_with("hint: ") && goes_on(line) => {
                *last = format!("{last} {line}");
            }
            _ => found.push(line.to_owned()),
        }
    }
    let found = found.iter().map(|line| {
        let mut rest = line.as_str();
        while let Some((path, behind)) = rest.split_once(": ")
            && !path.contains(' ')
            && path != "guest"
        {
            rest = behind;
        }
        rest.to_owned()
    });
    found.filter(|message| !message.is_empty()).collect()
}

/// Whether a line is the rest of a hint: it begins with no option's path and no hint of its own.
fn goes_on(line: &str) -> bool {
    let first = line.split(' ').next().unwrap_or_default();
    !line.is_empty() && !first.ends_with(':')
}

#[test]
fn texts_are_read_as_they_are_printed() {
    let source = "bail!(\n    \"one `{a}` \\\"x\\\" {b}: \\\n     {{no}} {c} more\"\n)";
    let lines = "bail!(\n\"one `…` \"x\" …: …} … more\"\n)\n";
    assert_eq!(printed(source, "{"), lines);
    let line = "1 of `a`, `b` or …, of 10.2.3 MiB, and it`s";
    assert_eq!(shape(line), "… of `a`, `b` or …, of … MiB, and it`s");
    assert_eq!(
        shape(&line.replace("it`s", "is")),
        "… of …, of … MiB, and is"
    );
    let page = "| a `b c`, ``d `…` e``, `f` | `g h` |\n| --- | `i j` |\n";
    assert_eq!(quotes(page), ["b c", "d `…` e"]);
    let text = "error: two\n  a.b: x y\n    hint: long\n    and more\n  b: z\n";
    assert_eq!(messages(text), ["two", "x y", "long and more", "z"]);
}
