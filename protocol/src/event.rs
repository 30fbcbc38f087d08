//! One event, and its line.

use serde::{Deserialize, Serialize};

use crate::{MAX_LINE_BYTES, PREFIX};

/// One event with its place in the guest's sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Counts from 1 at each start of the guest program; a gap means that a line was lost.
    pub seq: u64,
    /// What happened.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What a guest reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum Kind {
    /// The guest program started. Every later event of this boot follows it.
    Hello {
        /// [`crate::PROTOCOL`].
        protocol: String,
        /// The program's version.
        program: String,
        /// How many times the program has started, from 1.
        boot: u32,
    },
    /// A phase of the run began.
    Phase {
        /// `windowsPE`, `specialize`, `oobeSystem`, `steps`, `scrub`, `settle`, `shutdown`.
        phase: String,
    },
    /// A step began or ended.
    Step {
        /// The step's id, unique in its list, or one that begins with [`START`].
        id: String,
        /// Its place in the list, from 1.
        n: u32,
        /// How many steps there are.
        of: u32,
        /// Its name, for people.
        name: String,
        status: Status,
        /// How long it took, in milliseconds; absent at the start.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ms: Option<u64>,
        /// The exit code of what it ran, where it ran something, without a sign.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit: Option<i64>,
        /// Why it failed or was skipped.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// What a step's program wrote, as it came: whole lines where it wrote lines.
    Output {
        /// The step's id, [`SCRUB`], [`SETTLE`], [`GENERALIZE`] or one that begins with [`START`].
        step: String,
        /// At most [`OUTPUT_BYTES_MAX`] bytes.
        text: String,
    },
    /// A part of a log file.
    Log {
        name: String,
        /// This part's number, from 1.
        part: u32,
        /// How many parts there are.
        of: u32,
        /// The bytes, in base64.
        data: String,
    },
    /// The machine's settings of this start were applied.
    Applied,
    /// The machine is ready for its users.
    Ready,
    /// All steps are done; the guest powers itself off next.
    Done,
    /// The guest gave up.
    Failed { message: String },
}

/// The step of the lines that say what was taken out before sealing, one of each thing. No step of
/// a list is called so.
pub const SCRUB: &str = "scrub";
/// The step of the line that says how the last start settled.
pub const SETTLE: &str = "settle";
/// The step of the line that says that sysprep generalised the image, and how that went.
pub const GENERALIZE: &str = "generalize";

/// What the ids begin with of all that a machine's start does beside its steps: the parts of its
/// settings, and the line that says why they cannot be read. No step of a list is called so.
pub const START: &str = "start.";

/// Whether an id begins so, in any case of its letters: ids are names of folders too.
#[must_use]
pub fn is_of_start(id: &str) -> bool {
    let begin = id.as_bytes().get(..START.len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(START.as_bytes()))
}

/// How much text one `output` has, in bytes: escaped, it still fits into a line.
pub const OUTPUT_BYTES_MAX: usize = 2048;

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    Start,
    Ok,
    Failed,
    Skipped,
}

/// The event's line: CR LF, prefix, JSON in ASCII, CR LF.
///
/// # Panics
/// Never: an event has only string keys, and `serde_json` writes those without failing.
#[must_use]
pub fn encode(event: &Event) -> String {
    let json = serde_json::to_string(event).expect("an event is plain data with string keys");
    let mut line = String::with_capacity(PREFIX.len() + json.len() + 4);
    line.push_str("\r\n");
    line.push_str(PREFIX);
    for unit in json.chars() {
        if unit.is_ascii() && unit != '\u{7f}' {
            line.push(unit);
        } else {
            let mut buffer = [0; 2];
            for half in unit.encode_utf16(&mut buffer) {
                use std::fmt::Write as _;
                write!(line, "\\u{half:04x}").expect("writing to a string does not fail");
            }
        }
    }
    line.push_str("\r\n");
    line
}

/// Reads the event in a line, wherever in the line it starts.
///
/// `None`: the line holds no event. `Some(Err)`: it has the prefix, but what follows is none; the
/// text says why and repeats nothing of the line's.
#[must_use]
pub fn decode(line: &str) -> Option<Result<Event, String>> {
    let (_, json) = line.split_once(PREFIX)?;
    if json.len() > MAX_LINE_BYTES {
        return Some(Err(format!("an event of more than {MAX_LINE_BYTES} bytes")));
    }
    let mut parser = serde_json::Deserializer::from_str(json.trim());
    let event = Event::deserialize(&mut parser).and_then(|event| parser.end().map(|()| event));
    Some(event.map_err(|error| format!("not an event: {:?} error", error.classify())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_ascii_and_comes_back() {
        let event = Event {
            seq: 7,
            kind: Kind::Failed {
                message: "Zugriff verweigert: Müller 🪟\r\n".into(),
            },
        };
        let line = encode(&event);
        assert!(line.is_ascii());
        assert_eq!(
            line.matches('\n').count(),
            2,
            "only the two line ends of the frame"
        );
        assert_eq!(decode(line.trim()), Some(Ok(event)));
    }

    #[test]
    fn the_longest_output_fits_into_a_line() {
        let event = Event {
            seq: u64::MAX,
            kind: Kind::Output {
                step: "a".repeat(64),
                text: "\u{7f}".repeat(OUTPUT_BYTES_MAX),
            },
        };
        assert!(encode(&event).len() <= MAX_LINE_BYTES);
    }

    #[test]
    fn ids_of_a_start_are_known_in_any_case() {
        for id in ["start.", "start.data-disk", "Start.x"] {
            assert!(is_of_start(id), "{id}");
        }
        for id in ["", "start", "start-x", "restart.x", "st\u{e4}rt."] {
            assert!(!is_of_start(id), "{id}");
        }
    }

    #[test]
    fn noise_before_an_event_is_passed_over() {
        let line = "\u{1b}[2J\u{1b}[01;01HBdsDxe: @lucarne {\"seq\":1,\"event\":\"done\"}";
        assert_eq!(
            decode(line),
            Some(Ok(Event {
                seq: 1,
                kind: Kind::Done
            }))
        );
        assert_eq!(decode("BdsDxe: starting Boot0001"), None);
    }

    #[test]
    fn what_is_no_event_is_an_error_without_the_guests_words() {
        let error = decode("@lucarne {\"seq\":1,\"event\":\"\u{1b}[31m\"}").expect("the prefix");
        assert!(!error.expect_err("no such event").contains('\u{1b}'));
        assert!(
            decode("@lucarne {\"seq\":1,\"event\":\"done\"} trailing").is_some_and(|r| r.is_err())
        );
    }
}
