//! How a command ends when it does not end well: one kind per exit code.

use std::fmt;
use std::process::ExitCode;

use crate::problem::Problems;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The spec is wrong: exit code 1.
    Spec(Problems),
    /// The host failed: a tool, KVM, I/O, no space. Exit code 2.
    Host(anyhow::Error),
    /// The guest failed: exit code 3.
    Guest(Story),
    /// The guest ran out of time: exit code 4.
    TimedOut(Story),
    /// A signal stopped it: exit code 128 and the signal's number.
    Signal(i32),
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
    pub hint: Option<String>,
    /// Escaped last lines of the serial log, and whatever else tells more.
    pub evidence: Vec<String>,
}

impl Failure {
    /// The exit code, as the command line documents it.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Spec(_) => 1,
            Self::Host(_) => 2,
            Self::Guest(_) => 3,
            Self::TimedOut(_) => 4,
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spec(problems) => problems.fmt(f),
            Self::Host(error) => write!(f, "{error:#}"),
            Self::Guest(story) | Self::TimedOut(story) => story.fmt(f),
            Self::Signal(signal) => write!(f, "stopped by signal {signal}"),
        }
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in phase `{}`", self.phase)?;
        if let Some(step) = &self.step {
            write!(f, ", step `{step}`")?;
        }
        write!(f, ": {}", self.cause)?;
        for line in &self.evidence {
            write!(f, "\n  {line}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n\nhint: {hint}")?;
        }
        Ok(())
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
