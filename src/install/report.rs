//! What a person, or Nix, sees of an install while it runs.

use std::time::Instant;

use crate::nix_log;

/// Says phases and notes with the time since the start.
#[derive(Debug)]
pub struct Report {
    start: Instant,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Report {
    /// A phase begins.
    pub fn phase(&mut self, phase: &str) {
        nix_log::set_phase(phase);
        self.say(&format!("phase `{phase}`"));
    }

    /// Something happened. Text of the guest's in it is escaped already.
    pub fn note(&mut self, text: &str) {
        self.say(text);
    }

    /// Something is odd.
    pub fn warn(&mut self, text: &str) {
        self.say(&format!("warning: {text}"));
    }

    fn say(&self, text: &str) {
        let time = self.start.elapsed().as_secs();
        nix_log::say(&format!("[{:3}:{:02}] {text}", time / 60, time % 60));
    }
}
