//! One thing wrong with a spec, and all of them together.

use std::fmt;

/// One thing wrong with a spec, at a Nix option path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The Nix option path, such as `users.alice.password`; empty for the document itself.
    pub at: String,
    /// What is wrong: lower case, no final period, operands in backticks.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem at an option path.
    pub fn new(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            at: at.into(),
            what: what.into(),
            hint: None,
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() {
            f.write_str(&self.what)
        } else {
            write!(f, "{}: {}", self.at, self.what)
        }
    }
}

/// Every problem of a spec, in the order of their paths. Never empty where it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => {
                write!(f, "{one}")?;
                if let Some(hint) = &one.hint {
                    write!(f, "\n\nhint: {hint}")?;
                }
            }
            many => {
                write!(f, "{} problems in the image's spec", many.len())?;
                for problem in many {
                    write!(f, "\n  {problem}")?;
                    if let Some(hint) = &problem.hint {
                        write!(f, "\n    hint: {hint}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
