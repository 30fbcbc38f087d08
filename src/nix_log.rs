//! What a build says to Nix, and to whoever reads its log.
//!
//! Nix reads a line of a builder's output that starts with `@nix ` as a message of its own, and
//! prints or obeys it. So the one such line that is wanted is written here, and all other text
//! goes through [`say`], which keeps whatever came from a guest from being one.

use std::io::{self, Write as _};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether Nix reads this process's errors.
static LISTENS: AtomicBool = AtomicBool::new(false);

/// Writes a line while what else is on the terminal steps aside.
static ASIDE: OnceLock<fn(&mut dyn FnMut())> = OnceLock::new();

/// Calls this for each line from now on: it clears what else is on the terminal, calls what it is
/// given, which writes the line, and draws again. The first caller wins.
pub fn step_aside(with: fn(&mut dyn FnMut())) {
    _ = ASIDE.set(with);
}

/// Makes text for people out of text for people, in colours.
static PAINT: OnceLock<fn(&str) -> String> = OnceLock::new();

/// Passes what is said through this from now on. The first caller wins.
#[cfg(feature = "cli")]
pub(crate) fn paint(with: fn(&str) -> String) {
    _ = PAINT.set(with);
}

/// Nix reads this process's errors from now on. `lucarne-builder` says so; the command line never
/// does, for a terminal would show the raw lines.
pub fn begin() {
    LISTENS.store(true, Ordering::Relaxed);
}

/// Tells Nix the phase that it shows for this build. Without Nix it does nothing.
pub fn set_phase(phase: &str) {
    if LISTENS.load(Ordering::Relaxed) {
        write(&phase_line(phase));
    }
}

/// Writes text for people to the errors.
pub fn say(text: &str) {
    let text = harmless(text);
    // Behind the escaping: no colour is a guest's.
    match PAINT.get() {
        Some(paint) => write(&paint(&text)),
        None => write(&text),
    }
}

/// Nobody may be reading, which changes nothing about the build.
fn write(text: &str) {
    let mut write = || _ = io::stderr().lock().write_all(text.as_bytes());
    match ASIDE.get() {
        Some(aside) => aside(&mut write),
        None => write(),
    }
}

fn phase_line(phase: &str) -> String {
    let message = serde_json::json!({ "action": "setPhase", "phase": phase });
    format!("@nix {message}\n")
}

/// The text with a line feed at its end, control characters escaped, and no line that Nix would
/// take for its own. Nix looks at a line from its first character, so a space is enough.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    for line in text.lines() {
        if line.starts_with('@') {
            safe.push(' ');
        }
        for character in line.chars() {
            if character.is_control() && character != '\t' {
                safe.extend(character.escape_default());
            } else {
                safe.push(character);
            }
        }
        safe.push('\n');
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_one_line_of_json_whatever_its_name() {
        assert_eq!(
            phase_line("windowsPE"),
            "@nix {\"action\":\"setPhase\",\"phase\":\"windowsPE\"}\n"
        );
        assert_eq!(
            phase_line("a\"\n@nix b"),
            "@nix {\"action\":\"setPhase\",\"phase\":\"a\\\"\\n@nix b\"}\n"
        );
    }

    #[test]
    fn no_text_becomes_a_message_to_nix() {
        assert_eq!(
            harmless("@nix {\"action\":\"msg\"}"),
            " @nix {\"action\":\"msg\"}\n"
        );
        assert_eq!(harmless("a\n@nix b\r\n@nix c"), "a\n @nix b\n @nix c\n");
        // A lone carriage return takes a terminal to the line's start, an escape does worse.
        assert_eq!(harmless("a\r@nix b\u{1b}[2J"), "a\\r@nix b\\u{1b}[2J\n");
    }
}
