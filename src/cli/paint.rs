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
    if stderr_has_colours() {
        nix_log::paint(labels);
    }
}

/// Whether stderr shows colours.
pub(super) fn stderr_has_colours() -> bool {
    AutoStream::choice(&stderr()) != ColorChoice::Never
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

/// The text with each line's label painted, and what a log's line begins with. The rest is as it
/// was: escapes of a guest's were taken out before.
fn labels(text: &str) -> String {
    text.split_inclusive('\n').map(label).collect()
}

fn label(line: &str) -> String {
    if let Some((time, rest)) = timed(line) {
        let time = painted(time, Some(FAINT));
        // Phases part a log: the eye goes from one to the next.
        return match rest
            .strip_suffix('\n')
            .filter(|rest| rest.starts_with(" phase `"))
        {
            Some(phase) => format!("{time}{}\n", painted(phase, Some(HEADER))),
            None => format!("{time}{}", label(rest)),
        };
    }
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

/// The time that a log's line begins with, `[  0:07]`, and what follows it.
fn timed(line: &str) -> Option<(&str, &str)> {
    let (time, _) = line.strip_prefix('[')?.split_once("] ")?;
    let is_time = time.contains(':') && time.bytes().all(|it| b" :0123456789".contains(&it));
    is_time.then(|| line.split_at(time.len() + 2))
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

    #[test]
    fn the_time_of_a_line_steps_back_and_its_phase_forward() {
        let text =
            "[  0:07] phase `steps`\n[ 12:34] warning: a\n[  0:08] guest: [  0:09] b\n[1] c\n";
        assert_eq!(
            labels(text),
            "\u{1b}[2m[  0:07]\u{1b}[0m\u{1b}[1m phase `steps`\u{1b}[0m\n\
             \u{1b}[2m[ 12:34]\u{1b}[0m \u{1b}[1m\u{1b}[33mwarning:\u{1b}[0m a\n\
             \u{1b}[2m[  0:08]\u{1b}[0m guest: [  0:09] b\n[1] c\n"
        );
    }
}
