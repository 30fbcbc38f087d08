//! Colour, for people at a terminal: of what is wrong, what to do about it, and how a machine is.
//!
//! Whether a stream has colours is `anstream`'s to say, as for clap's own help: a terminal that is
//! not dumb, `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE`. What is printed for programs never has.

use std::io::{stderr, stdout};

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style, Styles};

use crate::nix_log;

pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
const HINT: Style = AnsiColor::Cyan.on_default();
const HEADER: Style = Style::new().bold();

/// Of clap's help.
pub(super) const STYLES: Styles = Styles::styled()
    .header(HEADER)
    .usage(HEADER)
    .literal(HINT)
    .placeholder(FAINT);

/// Words that begin a line on stderr, and what is to be seen of them.
const LABELS: [(&str, Style); 6] = [
    ("error:", BAD),
    ("warning:", DOUBTFUL),
    ("hint:", HINT),
    ("tip:", HINT),
    ("note:", HINT),
    ("Usage:", HEADER),
];

/// Paints what is said on stderr from now on, where that shows colours.
pub(super) fn errors() {
    if AutoStream::choice(&stderr()) != ColorChoice::Never {
        nix_log::paint(labels);
    }
}

/// Whether stdout shows colours.
pub(super) fn stdout_has_colours() -> bool {
    AutoStream::choice(&stdout()) != ColorChoice::Never
}

/// A text in a style, where there is one.
pub(super) fn painted(text: &str, style: Option<Style>) -> String {
    style.map_or_else(
        || text.to_owned(),
        |style| format!("{style}{text}{style:#}"),
    )
}

/// The text with the label of each line painted. The rest of a line is as it was: escapes of a
/// guest's were taken out before.
fn labels(text: &str) -> String {
    text.split_inclusive('\n').map(label).collect()
}

fn label(line: &str) -> String {
    let words = line.trim_start_matches(' ');
    let indent = &line[..line.len() - words.len()];
    let found = LABELS.iter().find_map(|(label, style)| {
        let rest = words.strip_prefix(label)?;
        Some((label, style, rest))
    });
    match found {
        Some((label, style, rest)) => {
            format!("{indent}{}{rest}", painted(label, Some(*style)))
        }
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_painted_and_nothing_else() {
        let text = "error: 2 problems\n  tpm: error: no such\n    hint: a\nguest: error: b\n";
        assert_eq!(
            labels(text),
            "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m 2 problems\n  tpm: error: no such\n    \
             \u{1b}[36mhint:\u{1b}[0m a\nguest: error: b\n"
        );
        assert_eq!(painted("ready", None), "ready");
    }
}
