//! What an install leaves for people: logs, pictures, Setup's own logs, the verdict, and the
//! report that stands at the end of a failed build's log.

mod log;
mod report;
mod screen;
mod setup;
mod verdict;

use std::fs;

use anyhow::Context as _;
use camino::Utf8Path;

pub(crate) use log::{Log, Unit};
pub use report::report;
pub use screen::{Picture, Screen};
pub use setup::{SetupLog, SetupLogs};
pub use verdict::verdict;

use super::{Job, Work};
use crate::failure::Failure;
use crate::manifest::{Phase, Step};
use crate::tools::Tools;

/// COM1 as it came.
pub(crate) const SERIAL_LOG: &str = "serial.log";
/// COM2 as it came.
pub(super) const CONSOLE_LOG: &str = "console.log";
/// Each event of the guest program's, with the host's time in ms since the start.
pub(crate) const EVENTS_LOG: &str = "events.jsonl";
/// What was said to QEMU and by it, with the same time.
pub(crate) const QMP_LOG: &str = "qmp.jsonl";
/// The screen at the end, without an ending.
pub(super) const SCREEN: &str = "screen";
/// How many more pictures of it are taken, by their numbers: `screen-1` and so on.
pub(super) const PICTURES_MAX: u32 = 8;
/// Setup's own logs.
pub(super) const SETUP: &str = "setup";
pub const VERDICT: &str = "verdict.json";
pub const REPORT: &str = "report.txt";

/// All of them but the pictures.
pub(super) const NAMES: [&str; 7] = [
    SERIAL_LOG,
    CONSOLE_LOG,
    EVENTS_LOG,
    QMP_LOG,
    SETUP,
    VERDICT,
    REPORT,
];

/// The names of all pictures that there may be.
pub(super) fn pictures() -> impl Iterator<Item = String> {
    let numbered = (1..=PICTURES_MAX).map(|n| format!("{SCREEN}-{n}"));
    let names = numbered.chain([SCREEN.to_owned()]);
    names.flat_map(|name| ["png", "ppm"].map(|ending| format!("{name}.{ending}")))
}

/// What becomes of the work folder of an install that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It stays where it is.
    Folder,
    /// It goes with the folder of Nix's build.
    Build,
    /// It becomes a derivation's output.
    Output,
}

/// What was seen of the guest while it ran.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Whether a machine ran at all.
    pub ran: bool,
    pub phases: Vec<Phase>,
    pub steps: Vec<Step>,
    /// COM1's last lines, escaped.
    pub serial: Vec<String>,
    /// The screen at the end, or why there is no picture of it.
    pub picture: Option<Result<Picture, String>>,
}

/// Everything that a report tells beside the failure itself.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    pub seen: Seen,
    pub setup: SetupLogs,
}

/// Gathers what there is, writes it to the work folder, and gives the report. Nothing that fails
/// here hides the failure that led here.
pub(super) fn gather(
    work: &Work,
    seen: Seen,
    failure: Option<&Failure>,
    kept: Kept,
    (job, tools): (&Job<'_>, &Tools),
) -> String {
    let setup = match failure {
        Some(_) => {
            let mut found = setup::take(job.disk(work, tools), &work.folder().join(SETUP));
            if let Job::Layer(_) = job {
                // Those of the install, which went well.
                found.errors = None;
            }
            found
        }
        None => SetupLogs::default(),
    };
    let evidence = Evidence { seen, setup };
    let mut text = report(&evidence, kept, work.folder());
    let whole = format!("{text}{}", failure.map(Failure::report).unwrap_or_default());
    let verdict = format!("{:#}\n", verdict(failure, &evidence));
    for (name, contents) in [(REPORT, &whole), (VERDICT, &verdict)] {
        if let Err(error) = write(&work.folder().join(name), contents) {
            text = format!("warning: {error:#}\n{text}");
        }
    }
    text
}

fn write(file: &Utf8Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write `{file}`"))
}
