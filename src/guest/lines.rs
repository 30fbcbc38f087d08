//! COM1's bytes as bounded lines, and as text for people.

use std::collections::VecDeque;

use lucarne_protocol::{Event, Kind, MAX_LINE_BYTES};

/// Firmware noise may precede an event on its line; what is longer than this loses its end.
const LINE_BYTES_MAX: usize = MAX_LINE_BYTES + 4096;

/// How many lines are kept for the last words.
const TAIL_LINES: usize = 12;
/// How much of each, in characters.
const TAIL_CHARS: usize = 200;

/// Cuts bytes into lines. It always takes all of them: a guest that nobody reads blocks.
#[derive(Debug, Default)]
pub struct Lines {
    line: Vec<u8>,
}

impl Lines {
    /// Takes bytes and hands out each line that ended, without its end; empty ones are skipped.
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(&str)) {
        while let Some(end) = memchr::memchr2(b'\r', b'\n', bytes) {
            self.append(&bytes[..end]);
            if !self.line.is_empty() {
                each(&String::from_utf8_lossy(&self.line));
                self.line.clear();
            }
            bytes = &bytes[end + 1..];
        }
        self.append(bytes);
    }

    /// Adds to the line what it has room for.
    fn append(&mut self, bytes: &[u8]) {
        let room = LINE_BYTES_MAX - self.line.len();
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// What was said since the last line ended, such as a prompt.
    #[must_use]
    pub fn unfinished(&self) -> String {
        String::from_utf8_lossy(&self.line).into_owned()
    }
}

/// The last lines, escaped and cut.
#[derive(Debug, Default)]
pub struct Tail(VecDeque<String>);

impl Tail {
    /// Takes a line. What a step's program wrote reads better by itself than in its event.
    pub fn push(&mut self, line: &str) {
        match lucarne_protocol::decode(line) {
            Some(Ok(Event {
                kind: Kind::Output { text, .. },
                ..
            })) => text.lines().for_each(|line| self.keep(line)),
            _ => self.keep(line),
        }
    }

    fn keep(&mut self, line: &str) {
        let line = escape(line);
        if line.is_empty() {
            return;
        }
        if self.0.len() == TAIL_LINES {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    /// The lines, oldest first.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().cloned().collect()
    }
}

/// Guest text as a person may see it: one line, no control character, not too long.
///
/// Sequences that move a terminal's cursor, of which firmware writes many, are left out; every
/// other character that a terminal or an editor could act on is written as `\u{…}`.
#[must_use]
pub fn escape(text: &str) -> String {
    escape_some(text, TAIL_CHARS).trim().to_owned()
}

/// The same for a whole line of a log.
#[must_use]
pub fn escape_line(line: &str) -> String {
    escape_some(line, usize::MAX)
}

fn escape_some(text: &str, chars_max: usize) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    let mut count = 0;
    while let Some(c) = chars.next() {
        if count == chars_max {
            out.push('…');
            break;
        }
        if c == '\u{1b}' && chars.peek() == Some(&'[') {
            chars.next();
            // Parameters, then one final character.
            while chars
                .next_if(|c| matches!(c, '\u{20}'..='\u{3f}'))
                .is_some()
            {}
            chars.next_if(|c| matches!(c, '\u{40}'..='\u{7e}'));
        } else if c.is_control() || is_invisible(c) {
            out.extend(c.escape_unicode());
            count += 1;
        } else {
            out.push(c);
            count += 1;
        }
    }
    out
}

/// Characters that change how others look: direction overrides, joiners, line separators.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut out) = (Lines::default(), Vec::new());
        for chunk in chunks {
            lines.push(chunk, |line| out.push(line.to_owned()));
        }
        out
    }

    #[test]
    fn lines_end_at_any_end_and_across_chunks() {
        assert_eq!(
            lines(&[b"a\r\nb\rc\n\n", b"d", b"e\nrest"]),
            ["a", "b", "c", "de"]
        );
    }

    #[test]
    fn an_endless_line_is_cut_and_what_follows_is_read() {
        let flood = vec![b'x'; 3 * LINE_BYTES_MAX];
        let got = lines(&[&flood, &flood, b"\n@lucarne {}\n"]);
        assert_eq!(got.len(), 2);
        assert_eq!(
            (got[0].len(), got[1].as_str()),
            (LINE_BYTES_MAX, "@lucarne {}")
        );
    }

    #[test]
    fn nothing_that_a_terminal_acts_on_is_left() {
        let text = "\u{1b}[2J\u{1b}[01;01H\u{1b}[=3hBds\u{1b}]0;title\u{7}\u{9b}31m\u{202e}x\u{1b}";
        assert_eq!(
            escape(text),
            "Bds\\u{1b}]0;title\\u{7}\\u{9b}31m\\u{202e}x\\u{1b}"
        );
        assert_eq!(escape(&"é".repeat(500)), "é".repeat(TAIL_CHARS) + "…");
    }

    proptest::proptest! {
        #[test]
        fn escaped_text_is_one_harmless_bounded_line(bytes: Vec<u8>) {
            let text = escape(&String::from_utf8_lossy(&bytes));
            proptest::prop_assert!(!text.chars().any(|c| c.is_control() || is_invisible(c)));
            proptest::prop_assert!(text.chars().count() <= TAIL_CHARS * 10 + 1);
        }
    }
}
