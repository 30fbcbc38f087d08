//! Where rules tell problems and warnings, whatever document they judge.

use crate::problem::{Problem, Problems, acts, element, elements, within};

/// What was found so far. What hangs on what could not be read is not told: the reader's own
/// problem is.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    /// Where the document's shape was wrong: what is read there is not what was written.
    broken: Vec<&'a str>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl<'a> Findings<'a> {
    /// Those of a document that was read with these problems.
    pub(crate) fn new(shape: &'a [Problem]) -> Self {
        Self {
            broken: shape.iter().map(|p| p.at.as_str()).collect(),
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Tells a problem of an option's value.
    pub(crate) fn problem(&mut self, problem: Problem) {
        self.problem_of(&[], problem);
    }

    /// Tells a problem that also hangs on the options at other paths: when one of them could not
    /// be read, nothing is known, and its own problem is told already.
    pub(crate) fn problem_of(&mut self, others: &[&str], problem: Problem) {
        debug_assert!(problem.hint.is_some(), "{problem}, and what to do?");
        let at = &problem.at;
        // A list without one of its elements is not the list that was written.
        let in_list = |broken: &str| broken.strip_prefix(at).is_some_and(|b| b.starts_with('['));
        let other = |broken: &str| {
            let near = |other: &&str| within(broken, other) || within(other, broken);
            others.iter().any(near)
        };
        let unknown = |broken: &&str| within(at, broken) || in_list(broken) || other(broken);
        if !self.broken.iter().any(unknown) {
            self.problems.push(problem);
        }
    }

    /// Tells a problem of an attribute's name, which is known whatever its value is.
    pub(crate) fn problem_of_name(&mut self, problem: Problem) {
        debug_assert!(problem.hint.is_some(), "{problem}, and what to do?");
        self.problems.push(problem);
    }

    /// The paths of a list's elements.
    pub(crate) fn elements(&self, at: &str, count: usize) -> Vec<String> {
        elements(at, count, &self.broken)
    }

    /// The places of a list's elements in the list that was written, from 0.
    pub(crate) fn indices(&self, at: &str, count: usize) -> Vec<usize> {
        let is_read = |index: &usize| !self.broken.contains(&element(at, *index).as_str());
        (0..).filter(is_read).take(count).collect()
    }

    /// Tells something that is allowed but worth a word.
    pub(crate) fn warn(&mut self, warning: Problem) {
        debug_assert!(warning.hint.is_some(), "{warning}, and what to do?");
        self.warnings.push(warning);
    }

    /// A problem where a text is not one that Windows and XML can hold.
    pub(crate) fn text(&mut self, at: &str, text: &str, units_max: usize) {
        if let Some(what) = wrong_text(text, units_max) {
            let hint = format!("1 to {units_max} characters on one line fit");
            self.problem(Problem::new(at, what).hint(hint));
        }
    }

    /// Every problem, those of the shape too; or the warnings.
    pub(crate) fn end(self, shape: &[Problem]) -> Result<Vec<Problem>, Problems> {
        let (mut problems, mut warnings) = (self.problems, self.warnings);
        problems.extend(shape.iter().cloned());
        if !problems.is_empty() {
            problems.sort();
            problems.dedup();
            return Err(Problems(problems));
        }
        warnings.sort();
        Ok(warnings)
    }
}

/// What is wrong with a text: Windows counts UTF-16, XML has no control characters, nobody sees
/// those that turn a text's direction, and what reads XML drops a text of nothing but spaces.
pub(crate) fn wrong_text(text: &str, units_max: usize) -> Option<String> {
    let bad = |c: &char| acts(*c) || matches!(c, '\u{fffe}' | '\u{ffff}');
    let units = text.encode_utf16().count();
    if text.is_empty() {
        Some("is empty".to_owned())
    } else if units > units_max {
        Some(format!("has {units} characters, more than {units_max}"))
    } else if let Some(c) = text.chars().find(bad) {
        Some(format!("has the control character U+{:04X}", u32::from(c)))
    } else {
        text.trim().is_empty().then(|| "is blank".to_owned())
    }
}
