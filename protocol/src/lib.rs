//! What the host and the guest program share: the events of `lucarne/1`, the steps that the media
//! carry, the settings of a machine's start, and what both must know of Windows to read a step
//! alike.
//!
//! An event is one line on COM1: [`PREFIX`] and a JSON object, ASCII only, with CR LF before and
//! after. The leading CR LF ends whatever the firmware left unterminated on the same port; pure
//! ASCII keeps localised messages whole on any code page.

mod event;
pub mod glob;
pub mod known;
pub mod own;
pub mod quote;
pub mod settings;
pub mod step;

pub use event::{
    Event, GENERALIZE, Kind, OUTPUT_BYTES_MAX, SCRUB, SETTLE, START, Status, decode, encode,
    is_of_start,
};

/// The protocol's name, sent in `hello`; a host refuses a guest of another major version.
pub const PROTOCOL: &str = "lucarne/1";

/// What marks an event, anywhere in a line: firmware noise may precede it.
pub const PREFIX: &str = "@lucarne ";

/// The longest line that a guest may send, in bytes, prefix included. A `log` part that would be
/// longer is split into more parts.
pub const MAX_LINE_BYTES: usize = 16 * 1024;
