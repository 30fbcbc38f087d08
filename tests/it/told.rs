//! Every rule has an example: what `src/plan` and `src/spec` can say of a spec is said in a golden.
//!
//! A message is a text in the source whose fixed parts are in a golden file as they are. That is
//! no proof that the rule was broken there, and enough to notice a rule that nothing breaks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{folders, product, read, repository};

/// Texts that are no message, or that no golden file can have.
const OTHERS: &[(&str, &str)] = &[
    ("Server Core", "what an image says of itself"),
    (
        "Builds the image; disabled afterwards",
        "what the build account says of itself",
    ),
    (
        "a JSON value",
        "what serde names a kind of value with; the walk speaks first",
    ),
    (
        "the spec is UTF-16",
        "no text file has it: src/spec/tests.rs",
    ),
    ("the spec is not UTF-8, from byte {at} on", "the same"),
    (
        "write it as UTF-8, which is what JSON's standard wants",
        "the same",
    ),
    (
        "the spec is longer than {} MiB",
        "too long for a file here: src/spec/tests.rs",
    ),
    (
        "a text of many lines belongs into a file, which `source` names; or see that it is the \
         right one",
        "the same",
    ),
    (
        "is not said, and none of {name} is known: Setup may stop and ask",
        "of media that no case has: tests/it/iso_rules.rs",
    ),
    (
        "set it, or take media for volume licences, which ask for none",
        "the same",
    ),
    (
        "it is taken as absent; say `productKey` where Setup goes by it",
        "the same",
    ),
    ("mend these first", "behind 200 problems: src/spec/tests.rs"),
    ("the spec has a wrong shape: {error}", "a bug of ours"),
    (
        "please report it: each option should have been told by itself",
        "the same",
    ),
    (
        "the key in its `sources/PID.txt` will be in the store, for all to read",
        "of a key that the stand-in would not take: iso_rules.rs",
    ),
    ("set `productKey` to a key that is no secret", "the same"),
    (
        "nobody logs on while a layer is built",
        "of a layer: src/plan/steps/tests.rs",
    ),
    ("a layer's Windows is installed already", "the same"),
    (
        "has {} digits, more than {DATA_MAX}",
        "too long for a file here: src/plan/steps/tests.rs",
    ),
    ("larger data belong into a file", "the same"),
    (
        "has {units} characters in line {at}, and cmd reads {CMD_UNITS_MAX}",
        "the same: src/plan/steps/texts.rs",
    ),
    (
        "make it a step of the image, or of the phase `system`",
        "the same",
    ),
    (
        "a key that Microsoft publishes, such as a KMS client key, is no secret",
        "of such a key too: iso_rules.rs",
    ),
];

/// The texts of a source, without those of its tests, its constants and its own mistakes.
fn texts(source: &str) -> Vec<String> {
    let code = source
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let mut constant = false;
    let lines = code.lines().filter(|line| {
        constant |= line.starts_with("const ") || line.starts_with("static ");
        let skipped = constant
            || ["//", "#["]
                .iter()
                .any(|mark| line.trim().starts_with(mark));
        constant &= !line.ends_with(';');
        !skipped
    });
    // The one character that would begin a text where none is.
    let code = lines.collect::<Vec<_>>().join("\n").replace("'\"'", "");
    let mut found = Vec::new();
    let mut rest = code.as_str();
    while let Some(start) = rest.find('"') {
        let (before, behind) = rest.split_at(start);
        // Between `r"` and the next quote everything is as it stands.
        let (text, after) = if before.ends_with('r') {
            let (text, after) = behind[1..].split_once('"').expect("a text's end");
            (text.to_owned(), after)
        } else {
            text(&behind[1..])
        };
        let for_us = [".expect(", "reason =", "debug_assert!("];
        let for_us = for_us.iter().any(|call| before.trim_end().ends_with(call))
            || before
                .rsplit('\n')
                .next()
                .is_some_and(|line| line.contains("debug_assert!("));
        if !for_us {
            found.push(text);
        }
        rest = after;
    }
    found
}

/// A text up to its end, and what is behind it.
fn text(source: &str) -> (String, &str) {
    let mut text = String::new();
    let mut chars = source.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (text, &source[at + 1..]),
            '\\' => match chars.next() {
                // A line that goes on without its indentation.
                Some((next, '\n')) => {
                    let behind = source[next..].trim_start();
                    chars = source.char_indices();
                    let skip = source[..source.len() - behind.len()].chars().count();
                    chars.nth(skip - 1);
                }
                Some((_, escaped)) => text.push(escaped),
                None => break,
            },
            c => text.push(c),
        }
    }
    panic!("a text without end: {text}");
}

/// What stands between the values of a message.
fn fixed_parts(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split('{').enumerate();
    let parts = parts.map(|(index, part)| match part.split_once('}') {
        Some((_, behind)) if index > 0 => behind,
        _ => part,
    });
    parts.filter(|part| part.trim().len() > 3)
}

/// All that the goldens say.
fn goldens() -> String {
    let combinations = product::combinations();
    let mut all = folders("tests/cases");
    all.extend(folders("tests/reject"));
    all.extend(folders("tests/layers"));
    all.extend(combinations.iter().map(|name| product::folder(name)));
    // Steps get names in a plan.
    let files = ["warnings.txt", "problems.txt", "expected.txt", "plan.json"];
    let texts = all
        .iter()
        .flat_map(|folder| files.map(|file| folder.join(file)));
    texts
        .filter_map(|file| fs::read_to_string(file).ok())
        .collect()
}

/// The sources of a folder's messages: what `lucarne check` shows of a plan is none.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("the folder can be listed");
    let files = files.map(|file| file.expect("the folder can be listed").path());
    let others = ["tests.rs", "show.rs"];
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .filter(|path| !others.iter().any(|other| path.ends_with(other)))
        .collect();
    files.sort();
    files
}

#[test]
fn every_rule_is_told_in_a_golden() {
    let goldens = goldens();
    let folders = ["src/plan", "src/plan/steps", "src/spec"].map(repository);
    let files = folders.iter().flat_map(|folder| sources(folder));
    let texts: BTreeSet<_> = files.flat_map(|path| texts(&read(&path))).collect();
    let messages: Vec<_> = texts.iter().filter(|text| text.contains(' ')).collect();
    assert!(messages.len() > 250, "{messages:?}");
    let is_other = |text: &str| OTHERS.iter().any(|(other, _)| *other == text);
    let untold: Vec<_> = messages
        .into_iter()
        .filter(|text| !is_other(text))
        .filter(|text| !fixed_parts(text).all(|part| goldens.contains(part)))
        .collect();
    assert!(untold.is_empty(), "in no golden: {untold:#?}");
    let gone = OTHERS.iter().find(|(other, _)| !texts.contains(*other));
    assert_eq!(gone, None, "no longer there");
}

#[test]
fn texts_are_found() {
    let source = "const A: [&str; 1] = [\n    \"a constant\",\n];\n// \"a comment\"\n\
        f(\"one \\\"{x}\\\" \\\n        line\"); g('\"', \"b\"); x.expect(\"a bug\")\n\
        #[cfg(test)]\nmod tests {\n    \"a test\"";
    assert_eq!(texts(source), ["one \"{x}\" line", "b"]);
    let parts: Vec<_> = fixed_parts("{at} is above {most} MiB, the largest").collect();
    assert_eq!(parts, [" is above ", " MiB, the largest"]);
}
