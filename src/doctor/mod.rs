//! What this host has and lacks for installing and running Windows, and how to get it.
//!
//! [`look`] alone has effects: it gathers [`Seen`], which is data. [`judge`] is pure: from the same
//! surroundings it finds the same, so that hosts that nobody here has can be tested.

mod judge;
mod look;
mod seen;

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::problem::one_line;

pub use judge::judge;
pub use look::{Given, look};
pub use seen::Seen;

/// The name and version of the document.
pub const SCHEMA: &str = "lucarne.doctor/1";

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// It is as it should be.
    Ok,
    /// It is not there, and not everybody needs it.
    Note,
    /// Something that many want will not work, or not always.
    Warning,
    /// Windows cannot be installed or run here as it is by default.
    Problem,
}

impl Level {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What it is about: the same word in every version.
    pub about: &'static str,
    pub level: Level,
    /// What is, or what is wrong: lower case, no final period.
    pub what: String,
    /// What to do about it, wherever.
    pub hint: Option<String>,
    /// How NixOS gets it.
    pub nixos: Option<String>,
    /// How Debian and its descendants get it.
    pub debian: Option<String>,
}

impl Finding {
    fn new(about: &'static str, level: Level, what: impl Into<String>) -> Self {
        Self {
            about,
            level,
            what: what.into(),
            hint: None,
            nixos: None,
            debian: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn nixos(mut self, way: impl Into<String>) -> Self {
        self.nixos = Some(way.into());
        self
    }

    fn debian(mut self, way: impl Into<String>) -> Self {
        self.debian = Some(way.into());
        self
    }
}

/// All that was found, for programs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    /// `lucarne.doctor/1`.
    pub schema: &'static str,
    /// How many findings are problems: with none the command ends with 0, else with 2.
    pub problems: usize,
    pub findings: &'a [Finding],
    /// What they were made of.
    pub seen: &'a Seen,
}

impl<'a> Document<'a> {
    #[must_use]
    pub fn of(seen: &'a Seen, findings: &'a [Finding]) -> Self {
        Self {
            schema: SCHEMA,
            problems: problems(findings),
            findings,
            seen,
        }
    }
}

/// How many of them are problems.
#[must_use]
pub fn problems(findings: &[Finding]) -> usize {
    let problems = findings.iter();
    problems
        .filter(|finding| finding.level == Level::Problem)
        .count()
}

/// The findings for people. `paint` makes a level's word what a terminal is to see.
#[must_use]
pub fn text(seen: &Seen, findings: &[Finding], paint: &dyn Fn(Level, &str) -> String) -> String {
    let mut text = String::new();
    for finding in findings {
        let word = format!("{:7}", finding.level.as_str());
        let word = paint(finding.level, &word);
        let (about, what) = (finding.about, one_line(&finding.what));
        _ = writeln!(text, "{word}  {about:9}  {what}");
        let ways = [
            ("hint", &finding.hint, true),
            ("NixOS", &finding.nixos, seen.system.is_nixos()),
            ("Debian", &finding.debian, seen.system.is_debian()),
        ];
        // Where it is not known whose words are wanted, everybody's are.
        let unknown = !seen.system.is_nixos() && !seen.system.is_debian();
        for (label, way, wanted) in ways {
            if let Some(way) = way.as_ref().filter(|_| wanted || unknown) {
                _ = writeln!(text, "{:20}{label}: {}", "", one_line(way));
            }
        }
    }
    text
}
