//! What was said on QMP, and when, for people.

use std::io::Write;
use std::time::Instant;

use serde::de::IgnoredAny;
use serde_json::json;

/// A log of both directions: one JSON object a line, with the time since a start in ms.
pub struct Transcript {
    log: Box<dyn Write>,
    start: Instant,
}

impl Transcript {
    /// A log, which gets each line at once.
    #[must_use]
    pub fn new(log: Box<dyn Write>, start: Instant) -> Self {
        Self { log, start }
    }

    /// None at all.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Box::new(std::io::sink()), Instant::now())
    }

    pub(super) fn sent(&mut self, line: &[u8]) {
        self.line("sent", line);
    }

    pub(super) fn received(&mut self, line: &[u8]) {
        self.line("received", line);
    }

    fn line(&mut self, direction: &str, said: &[u8]) {
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let line = format_line(ms, direction, said);
        // A log that cannot be written is no reason to give up an install.
        _ = self.log.write_all(line.as_bytes());
    }
}

fn format_line(ms: u64, direction: &str, said: &[u8]) -> String {
    // As it was said, where that is JSON: a parser would change the order of its fields.
    let json = std::str::from_utf8(said).ok().map(str::trim);
    let is_json = |text: &&str| serde_json::from_str::<IgnoredAny>(text).is_ok();
    if let Some(text) = json.filter(is_json) {
        return format!("{{\"ms\":{ms},\"{direction}\":{text}}}\n");
    }
    let text = String::from_utf8_lossy(said);
    format!("{}\n", json!({ "ms": ms, direction: { "noJson": text } }))
}

impl std::fmt::Debug for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transcript").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_one_object_whatever_was_said() {
        assert_eq!(
            format_line(7, "sent", b"{\"execute\":\"cont\",\"id\":1}\n"),
            "{\"ms\":7,\"sent\":{\"execute\":\"cont\",\"id\":1}}\n"
        );
        assert_eq!(
            format_line(8, "received", b"{\"a\"\r\n\xff"),
            "{\"ms\":8,\"received\":{\"noJson\":\"{\\\"a\\\"\\r\\n\u{fffd}\"}}\n"
        );
    }
}
