//! A command in Windows as a derivation.

use anyhow::{Result, ensure};

use super::super::nix_build::{references, remove};
use super::{LIMIT, Subject};
use crate::test::{Context, Outcome};

/// Copies what it was given, and makes a file in a folder of its own.
const FINE: &str = r#"image.run {
    name = "fine";
    inputs."data.txt" = builtins.toFile "data.txt" "handed in";
    script = builtins.concatStringsSep "\r\n" [
        "copy C:\\Run\\in\\data.txt C:\\Run\\out\\copy.txt"
        "md C:\\Run\\out\\made"
        "echo said>C:\\Run\\out\\made\\said.txt"
        ""
    ];
}"#;
const WRONG: &str = r#"image.run { name = "wrong"; script = "echo not today\r\nexit /b 9\r\n"; }"#;

pub(super) fn run(context: &Context) -> Result<Outcome> {
    let subject = Subject::without_layers(context)?;
    subject.build(context, "image")?;
    let output = subject.text(context, &format!("\"${{{FINE}}}\""))?;
    remove(context, &output)?;
    subject.build(context, FINE)?;
    let read = |name: &str| context.read(LIMIT, &["cat", &format!("{output}/{name}")]);
    ensure!(read("copy.txt")? == "handed in", "the copy is another");
    ensure!(
        read("made/said.txt")?.trim_end() == "said",
        "what was said is not there"
    );
    let names = context.read(LIMIT, &["find", &output, "-type", "f"])?;
    ensure!(names.lines().count() == 2, "the output holds {names}");
    let found = references(context, &output)?;
    ensure!(found.is_empty(), "the output refers to {found:?}");

    let expression = subject.about(WRONG);
    let command = [
        "nix",
        "build",
        "--impure",
        "--no-link",
        "--print-build-logs",
        "--expr",
        &expression,
    ];
    let ran = context.inside(LIMIT, &command)?;
    ensure!(ran.code != 0, "a command that failed has an output");
    for words in ["guest: not today", "the step failed with exit code 9"] {
        ensure!(ran.stderr.contains(words), "it does not say `{words}`");
    }
    Ok(Outcome::Passed)
}
