//! `lucarne install --json`: what happens, for another program, one JSON object a line on stdout.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use lucarne_protocol::{Kind, Status};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::print;
use crate::failure::{self, Failure};
use crate::guest::escape;
use crate::install::Listener;
use crate::install::evidence::REPORT;
use crate::progress::{Left, News, Throttle};

/// The schema that this version writes.
const SCHEMA: &str = "lucarne.events/1";

/// One line of `lucarne install --json`. The last one has the type `end`; where there is none, the
/// program was killed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Line {
    /// Always `lucarne.events/1`.
    schema: &'static str,
    /// Milliseconds since the start.
    ms: u64,
    #[serde(flatten)]
    event: Event,
}

/// What happened.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
enum Event {
    /// A machine is about to be started; a second one where the first did not run.
    Machine {
        /// `kvm` or `tcg`.
        accel: &'static str,
    },
    /// A phase begins.
    Phase { phase: &'static str },
    /// Some figure has changed by a whole percent. At most one a second, and one as a phase begins.
    Progress {
        phase: &'static str,
        /// Of the whole install, 0 to 100, never less than before.
        percent: u8,
        /// Of the phase, where something measures it.
        phase_percent: Option<u8>,
        /// How long it still takes, where there is a basis to say so.
        left_sec: Option<u64>,
        /// What that is the rest of.
        left_of: Option<LeftOf>,
    },
    /// A step inside Windows began or ended.
    Step {
        id: String,
        name: String,
        /// Its place in the list, from 1.
        n: u32,
        of: u32,
        status: StepStatus,
        /// How long it took; absent at its start.
        took_ms: Option<u64>,
        message: Option<String>,
    },
    /// For people.
    Note { text: String },
    /// Something is odd.
    Warning { text: String },
    /// It has ended, and nothing follows.
    End(Box<End>),
}

/// How it ended.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct End {
    /// The command's exit code: 0 is done.
    exit_code: u8,
    /// The image's folder.
    image: Option<String>,
    /// What stderr says of the failure.
    message: Option<String>,
    /// The phase that failed, where the guest did.
    phase: Option<String>,
    /// The step that ran then.
    step: Option<String>,
    hint: Option<String>,
    /// The folder that holds the logs of a failure.
    evidence: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum LeftOf {
    Install,
    Phase,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum StepStatus {
    Start,
    Ok,
    Failed,
    Skipped,
}

/// The JSON Schema of one line.
pub(super) fn schema() -> Value {
    schemars::schema_for!(Line).to_value()
}

/// What the end has to know: when it began, and where evidence is.
static BEGAN: OnceLock<(Instant, Utf8PathBuf)> = OnceLock::new();

/// Begins: from now on every end of this process is told on stdout, bugs and signals too.
pub(super) fn begin(work: &Utf8Path) {
    _ = BEGAN.set((Instant::now(), work.to_owned()));
    failure::tell_also(|code, failure| end(failed(code, failure)));
}

/// The image is there.
pub(super) fn done(image: &Utf8Path) {
    end(End {
        image: Some(absolute(image)),
        ..End::default()
    });
}

fn end(mut end: End) {
    let Some((start, work)) = BEGAN.get() else {
        return;
    };
    if end.exit_code != 0 && work.join(REPORT).exists() {
        end.evidence = Some(absolute(work));
    }
    write(start.elapsed(), Event::End(Box::new(end)));
}

fn failed(code: u8, failure: Option<&Failure>) -> End {
    let mut end = End {
        exit_code: code,
        message: Some(failure.map_or_else(
            || "a bug of lucarne's, which stderr tells".to_owned(),
            ToString::to_string,
        )),
        ..End::default()
    };
    if let Some(story) = failure.and_then(Failure::story) {
        end.phase = Some(story.phase.clone());
        end.step.clone_from(&story.step);
        end.hint = Some(story.hint.clone());
    } else {
        end.hint = failure.and_then(Failure::host_hint);
    }
    end
}

fn absolute(path: &Utf8Path) -> String {
    camino::absolute_utf8(path).map_or_else(|_| path.to_string(), Utf8PathBuf::into_string)
}

fn write(at: Duration, event: Event) {
    let line = Line {
        schema: SCHEMA,
        ms: u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
        event,
    };
    if let Ok(json) = serde_json::to_string(&line) {
        // A reader that went away does not end an install.
        _ = print(&(json + "\n"));
    }
}

/// Writes the lines.
#[derive(Debug, Default)]
pub(super) struct Events {
    progress: Throttle<(u8, Option<u8>)>,
}

impl Listener for Events {
    fn hear(&mut self, at: Duration, news: &News) {
        if let Some(event) = self.event(at, news) {
            write(at, event);
        }
    }
}

impl Events {
    fn event(&mut self, at: Duration, news: &News) -> Option<Event> {
        Some(match news {
            News::Machine(accel) => Event::Machine {
                accel: accel.as_str(),
            },
            News::Stage(stage) => Event::Phase {
                phase: stage.as_str(),
            },
            News::Progress(snapshot) => {
                let figures = (snapshot.percent, snapshot.stage_percent);
                if !self.progress.lets(at, snapshot.stage, figures) {
                    return None;
                }
                let (left_of, left) = match snapshot.left {
                    Some(Left::Install(time)) => (Some(LeftOf::Install), Some(time)),
                    Some(Left::Phase(time)) => (Some(LeftOf::Phase), Some(time)),
                    None => (None, None),
                };
                Event::Progress {
                    phase: snapshot.stage.as_str(),
                    percent: snapshot.percent,
                    phase_percent: snapshot.stage_percent,
                    left_sec: left.map(|time| time.as_secs()),
                    left_of,
                }
            }
            News::Guest(event) => step(&event.kind)?,
            News::Note(text) => Event::Note { text: text.clone() },
            News::Warning(text) => Event::Warning { text: text.clone() },
        })
    }
}

/// The guest's words are escaped: whoever reads this may print it.
fn step(said: &Kind) -> Option<Event> {
    let Kind::Step {
        id,
        n,
        of,
        name,
        status,
        ms,
        message,
        ..
    } = said
    else {
        return None;
    };
    Some(Event::Step {
        id: escape(id),
        name: escape(name),
        n: *n,
        of: *of,
        status: match status {
            Status::Start => StepStatus::Start,
            Status::Ok => StepStatus::Ok,
            Status::Failed => StepStatus::Failed,
            Status::Skipped => StepStatus::Skipped,
        },
        took_ms: *ms,
        message: message.as_deref().map(escape),
    })
}

#[cfg(test)]
mod tests;
