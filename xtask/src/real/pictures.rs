//! The pages' pictures of a terminal show what is said today.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use super::run;
use crate::pictures::{DEMONSTRATION, FAILED, INSTALLING, PROBLEMS, Picture, words};
use crate::test::{Context, Outcome};

/// What a failure ends with on each run, with the real QEMU.
const FAILURE: &str = "tests/faults/qemu/fault-step-fails.txt";
/// How Nix begins the lines of the demo's log.
const LOG: &str = "demo-image> ";
/// What tells the bar from the lines above it.
const BAR: &str = "% ";

pub(super) fn current(context: &Context) -> Result<Outcome> {
    // The one that takes no time is made again, byte for byte.
    let made = PROBLEMS.make()?;
    ensure!(made == svg(&PROBLEMS)?, "{}", stale(&PROBLEMS, &made));

    // The machines' image was installed by the same command.
    let said = fs::read_to_string(run::sealed()?.folder.with_file_name("said"))?;
    let said = bare(&said);
    let shown = words(&svg(&INSTALLING)?);
    ensure!(shown.len() > 10, "{}", stale(&INSTALLING, "few lines"));
    let lines = shown
        .iter()
        .filter(|row| !row.starts_with("$ ") && !row.contains(BAR));
    for row in lines {
        ensure!(said.contains(&bare(row)), "{}", stale(&INSTALLING, row));
    }

    // The demo's image too, but for where it lies; Nix says whose log each line is of.
    let shown = words(&svg(&DEMONSTRATION)?);
    let lines = shown.iter().filter_map(|row| row.strip_prefix(LOG));
    let lines: Vec<_> = lines.filter(|row| !row.contains("the image is")).collect();
    ensure!(lines.len() > 10, "{}", stale(&DEMONSTRATION, "few lines"));
    for row in lines {
        ensure!(said.contains(&bare(row)), "{}", stale(&DEMONSTRATION, row));
    }

    let shown = bare(&words(&svg(&FAILED)?).concat());
    let golden = fs::read_to_string(context.repository.join(FAILURE))?;
    let last = golden
        .lines()
        .filter(|line| line.starts_with("error: ") || line.starts_with("hint: "));
    for line in last {
        ensure!(shown.contains(&bare(line)), "{}", stale(&FAILED, line));
    }
    Ok(Outcome::Passed)
}

fn svg(picture: &Picture) -> Result<String> {
    let file = picture.file();
    fs::read_to_string(&file).with_context(|| format!("cannot read `{file}`"))
}

/// Without what differs from run to run, and where a terminal ends a line.
fn bare(text: &str) -> String {
    let kept = |c: &char| !c.is_whitespace() && !c.is_ascii_digit();
    text.chars().filter(kept).collect()
}

fn stale(picture: &Picture, what: &str) -> String {
    let name = picture.name;
    format!("`{name}.svg` shows another time's words: {what}\nhint: `cargo xtask pictures {name}`")
}
