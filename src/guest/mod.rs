//! What the guest says on COM1, and what it means: lines, firmware's words, events, the verdict.
//!
//! Everything here is pure: bytes and times go in, values come out. The guest is taken for
//! hostile: its lines, their number and their text are bounded, and nothing of its text reaches a
//! person's terminal but through [`escape`].

mod course;
mod firmware;
mod input;
mod keys;
mod lines;
mod machine;
mod phase;
mod stories;
#[cfg(test)]
mod transcripts;

pub use course::{Action, Course, Verdict};
pub use firmware::{Boot, Source};
pub use input::Input;
pub use lines::{Lines, Tail, escape, escape_line};
#[cfg(feature = "cli")]
pub(crate) use phase::TCG_FACTOR;
pub use phase::{Limits, Phase};
#[cfg(test)]
pub(crate) use transcripts::replay;
