//! What the guest program's part is played from: recordings of that program, under Wine.
//!
//! A transcript is a text. A line that begins with `@lucarne ` goes out as an event's line; one
//! that begins with `!` is something that the machine does:
//!
//! * `!reset` restarts the machine, and what follows is played at its next start;
//! * `!no-media` stops the run unless every CD drive is empty;
//! * `!write PATH SIZE-KiB` writes a file on C:, as a step would;
//! * `!raw TEXT` sends the text alone, with `\r`, `\n`, `\e` and `\xHH`;
//! * `!power-button` waits until the host presses the power button;
//! * `!power-off` ends the run, and what follows is played when somebody starts the machine again.

use anyhow::{Context as _, Result, bail, ensure};
use lucarne_protocol::PREFIX;

/// One thing that is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// An event's line without its frame.
    Event(String),
    Raw(Vec<u8>),
    Reset,
    NoMedia,
    Write {
        path: String,
        kib: u32,
    },
    PowerButton,
    PowerOff,
}

/// The committed transcripts.
const TEXTS: &[(&str, &str)] = &[
    ("normal", include_str!("../transcripts/normal.txt")),
    ("step-fails", include_str!("../transcripts/step-fails.txt")),
    ("step-hangs", include_str!("../transcripts/step-hangs.txt")),
    (
        "early-poweroff",
        include_str!("../transcripts/early-poweroff.txt"),
    ),
    ("noise", include_str!("../transcripts/noise.txt")),
    (
        "generalized",
        include_str!("../transcripts/generalized.txt"),
    ),
];

/// The text of a committed transcript.
///
/// # Panics
/// When there is none of that name; a test plays each fault's.
#[must_use]
pub fn text(name: &str) -> &'static str {
    let found = TEXTS.iter().find(|(known, _)| *known == name);
    found.expect("each fault names a transcript that exists").1
}

/// Reads a transcript.
pub fn parse(text: &str) -> Result<Vec<Action>> {
    let mut actions = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        actions.push(action(line).with_context(|| format!("line {number} of a transcript"))?);
    }
    Ok(actions)
}

fn action(line: &str) -> Result<Action> {
    if line.starts_with(PREFIX) {
        let event = lucarne_protocol::decode(line).context("no event")?;
        event.map_err(anyhow::Error::msg)?;
        return Ok(Action::Event(line.into()));
    }
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    Ok(match word {
        "!reset" => Action::Reset,
        "!no-media" => Action::NoMedia,
        "!power-button" => Action::PowerButton,
        "!power-off" => Action::PowerOff,
        "!raw" => Action::Raw(unescape(rest)?),
        "!write" => {
            let (path, kib) = rest.rsplit_once(' ').context("a path and a size")?;
            Action::Write {
                path: path.into(),
                kib: kib.parse().context("a size in KiB")?,
            }
        }
        _ => bail!("`{word}` is nothing that can be played"),
    })
}

fn unescape(text: &str) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match rest.next() {
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(b'e') => 0x1b,
            Some(b'x') => {
                let digits = [rest.next(), rest.next()].map(|byte| byte.unwrap_or(b' '));
                let digits = String::from_utf8_lossy(&digits).into_owned();
                u8::from_str_radix(&digits, 16).context("two hexadecimal digits")?
            }
            other => bail!("`\\` before {other:?} means nothing"),
        });
    }
    Ok(out)
}

/// The actions of a sealed image's start: those behind the power-off that ends the build.
pub fn life(actions: &[Action]) -> Result<Vec<Action>> {
    let sealed = actions
        .iter()
        .position(|action| *action == Action::PowerOff);
    let sealed = sealed.context("the transcript has no end of a build")?;
    part(&actions[sealed + 1..], 0)
}

/// The actions of one start of the machine: up to its reset or its end.
pub fn part(actions: &[Action], number: usize) -> Result<Vec<Action>> {
    let ends = |action: &Action| matches!(action, Action::Reset | Action::PowerOff);
    let mut parts = actions.split_inclusive(ends);
    let part = parts
        .nth(number)
        .context("the transcript has no such start")?;
    ensure!(
        !part.is_empty(),
        "the transcript's start {number} does nothing"
    );
    Ok(part.to_vec())
}

#[cfg(test)]
mod tests;
