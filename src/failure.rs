//! How a command ends when it does not end well: one kind per exit code.

use std::fmt;
use std::io::{self, ErrorKind};
use std::panic::{self, PanicHookInfo, UnwindSafe};
use std::process::ExitCode;
use std::sync::OnceLock;

use rustix::io::Errno;

use crate::nix_log;
use crate::problem::Problems;

/// What a panic ends with; `EX_SOFTWARE` of sysexits.
const BUG: u8 = 70;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The command line is wrong: exit code 1. The text is whole, prefix and hints included.
    Usage(String),
    /// The spec is wrong: exit code 1.
    Spec(Problems),
    /// A layer's spec is wrong: exit code 1.
    LayerSpec(Problems),
    /// A machine's spec is wrong: exit code 1.
    MachineSpec(Problems),
    /// The host failed: a tool, KVM, I/O, no space. Exit code 2.
    Host(anyhow::Error),
    /// The same while a guest ran or its image was made. Exit code 2.
    Machine(Story),
    /// The guest failed: exit code 3.
    Guest(Story),
    /// The guest ran out of time: exit code 4.
    TimedOut(Story),
    /// A signal stopped it: exit code 128 and the signal's number.
    Signal(i32),
    /// A command in the guest ended with this code, and has said why itself.
    Command(u8),
}

/// Where a guest's run ended, and why, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The phase that was running.
    pub phase: String,
    /// The step that was running, if one was.
    pub step: Option<String>,
    /// What happened, in one sentence without a period.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

/// Runs a program's work, tells on stderr how it failed, and gives the exit code.
#[must_use]
pub fn end(work: impl FnOnce() -> Result<(), Failure> + UnwindSafe) -> ExitCode {
    panic::set_hook(Box::new(confess));
    ExitCode::from(match panic::catch_unwind(work) {
        Ok(Ok(())) => 0,
        Ok(Err(failure)) => {
            tell(&failure);
            failure.code()
        }
        // The hook has told it.
        Err(_) => {
            ended(BUG, None);
            BUG
        }
    })
}

/// Hears of an end that is no success, beside the words on stderr: the exit code and the failure,
/// or a bug of ours.
type Hears = fn(u8, Option<&Failure>);
static HEARS: OnceLock<Hears> = OnceLock::new();

/// Tells how the process ends badly to another place too. The first caller wins.
pub fn tell_also(hears: Hears) {
    _ = HEARS.set(hears);
}

/// Tells a failure that the process ends with.
pub(crate) fn tell(failure: &Failure) {
    nix_log::say(&failure.report());
    ended(failure.code(), Some(failure));
}

fn ended(code: u8, failure: Option<&Failure>) {
    if let Some(hears) = HEARS.get() {
        hears(code, failure);
    }
}

/// Says that a panic is our bug, and what of it to report.
fn confess(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let place = panic.location().map(ToString::to_string);
    nix_log::say(&format!(
        "error: this is a bug of lucarne {}: {message}, at {}\n\n\
         hint: report it with this line, the command and the spec without its passwords",
        env!("CARGO_PKG_VERSION"),
        place.as_deref().unwrap_or("no place"),
    ));
}

impl Failure {
    /// What stderr gets.
    #[must_use]
    pub fn report(&self) -> String {
        match self {
            Self::Usage(text) => text.clone(),
            Self::Command(_) => String::new(),
            other => format!("error: {other}\n"),
        }
    }

    /// The exit code, as the command line documents it.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// A failure of the host's while something of a name went on: the story of a phase.
    #[must_use]
    pub(crate) fn in_phase(self, phase: &str) -> Self {
        let Self::Host(error) = self else {
            return self;
        };
        let (cause, hint) = in_words(&error);
        Self::Machine(Story {
            phase: phase.to_owned(),
            step: None,
            cause,
            hint: hint.unwrap_or_else(|| "the host's log may say more (`journalctl`)".to_owned()),
        })
    }

    /// Where it failed, where that is known.
    #[must_use]
    pub(crate) fn story(&self) -> Option<&Story> {
        match self {
            Self::Machine(story) | Self::Guest(story) | Self::TimedOut(story) => Some(story),
            _ => None,
        }
    }

    /// What to do about a failure of the host's without a story.
    #[must_use]
    pub(crate) fn host_hint(&self) -> Option<String> {
        match self {
            Self::Host(error) => in_words(error).1,
            _ => None,
        }
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Spec(_) | Self::LayerSpec(_) | Self::MachineSpec(_) => 1,
            Self::Host(_) | Self::Machine(_) => 2,
            Self::Guest(_) => 3,
            Self::TimedOut(_) => 4,
            Self::Command(code) => *code,
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) => f.write_str(text.trim_end()),
            Self::Spec(problems) => problems.fmt(f),
            Self::LayerSpec(problems) => problems.tell(f, "the layer's spec"),
            Self::MachineSpec(problems) => problems.tell(f, "the machine's spec"),
            Self::Host(error) => {
                let (cause, hint) = in_words(error);
                f.write_str(&cause)?;
                hint.map_or(Ok(()), |hint| write!(f, "\n\nhint: {hint}"))
            }
            Self::Machine(story) | Self::Guest(story) | Self::TimedOut(story) => story.fmt(f),
            Self::Signal(signal) => write!(f, "stopped by signal {signal}"),
            Self::Command(code) => write!(f, "a command in the guest ended with {code}"),
        }
    }
}

/// An error of the host's with its causes, and what to do about it. What fails in many places has
/// its way out here; what fails in one brings its own.
pub(crate) fn in_words(error: &anyhow::Error) -> (String, Option<String>) {
    let (text, own) = in_own_words(error);
    if own.is_some() {
        return (text, own);
    }
    let full = text.contains("No space left on device");
    let full = full.then_some(ErrorKind::StorageFull);
    let hint = match full.or_else(|| error.chain().find_map(kind)) {
        Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
            "free some space there, or name a folder on another disk"
        }
        Some(ErrorKind::NotADirectory) => "name a folder: what is there is a file",
        Some(ErrorKind::IsADirectory) => "name a file: what is there is a folder",
        Some(ErrorKind::ReadOnlyFilesystem) => "name a folder that can be written",
        Some(ErrorKind::PermissionDenied) => "see that this user may do that, or name another file",
        Some(ErrorKind::NotFound) => "see that the path is right, and that what it names is there",
        _ => return (text, None),
    };
    (text, Some(hint.to_owned()))
}

/// An error with its causes, and the way out that it brings itself, behind an empty line. Of
/// several the innermost counts, which knows most.
pub(crate) fn in_own_words(error: &anyhow::Error) -> (String, Option<String>) {
    let mut causes = Vec::new();
    let mut own = None;
    for cause in error.chain() {
        let mut cause = cause.to_string();
        if let Some(at) = cause.find(HINT) {
            own = Some(cause[at + HINT.len()..].to_owned());
            cause.truncate(at);
        }
        causes.push(cause);
    }
    (causes.join(": "), own)
}

/// What parts a message from what to do about it.
const HINT: &str = "\n\nhint: ";

/// The kind of a cause that the system told.
fn kind(cause: &(dyn std::error::Error + 'static)) -> Option<ErrorKind> {
    let told = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    told.or_else(|| {
        let errno = cause.downcast_ref::<Errno>()?;
        Some(io::Error::from(*errno).kind())
    })
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in phase `{}`", self.phase)?;
        if let Some(step) = &self.step {
            write!(f, ", step `{step}`")?;
        }
        write!(f, ": {}\n\nhint: {}", self.cause, self.hint)
    }
}

impl std::error::Error for Failure {}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Host(error)
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Spec(problems)
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::process::ExitCode;

    use anyhow::{Context as _, anyhow};

    use super::{Failure, end, in_own_words, in_words};

    #[test]
    fn a_hint_follows_all_causes() {
        let check = |error: anyhow::Error, report: &str| {
            assert_eq!(Failure::from(error).report(), report);
        };
        let inner = || anyhow!("no tool\n\nhint: install it");
        check(inner(), "error: no tool\n\nhint: install it\n");
        let outer = || Err::<(), _>(anyhow!("no tool")).context("cannot look\n\nhint: see to it");
        let outer = outer().expect_err("an error");
        check(outer, "error: cannot look: no tool\n\nhint: see to it\n");
        let both = inner().context("cannot look\n\nhint: see to it");
        check(both, "error: cannot look: no tool\n\nhint: install it\n");
        // The ways out of many places are none of an error's own.
        let full = || anyhow::Error::from(std::io::Error::from(ErrorKind::StorageFull));
        let (text, own) = in_own_words(&full());
        assert_eq!((in_words(&full()).0, own), (text, None));
        assert!(in_words(&full()).1.is_some());
        assert_eq!(in_own_words(&inner()), in_words(&inner()));
    }

    #[test]
    fn each_end_has_its_exit_code() {
        let check = |work: fn() -> Result<(), Failure>, code: u8| {
            assert_eq!(end(work), ExitCode::from(code));
        };
        check(|| Ok(()), 0);
        check(
            || Err(Failure::Usage("error: no such command\n".to_owned())),
            1,
        );
        check(|| Err(anyhow::anyhow!("no space").into()), 2);
        check(|| Err(Failure::Signal(2)), 130);
        check(|| Err(Failure::Signal(15)), 143);
        check(|| Err(Failure::Command(7)), 7);
        check(|| panic!("a test of the words for a panic"), 70);
        // The words for a panic are the program's; the other tests keep the library's.
        _ = std::panic::take_hook();
    }
}
