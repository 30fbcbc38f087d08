//! One thing wrong with a spec, and all of them together.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::fmt::Write as _;

/// How much of an operand a message shows.
const OPERAND_CHARS_MAX: usize = 80;
/// How much of another's message.
const MESSAGE_CHARS_MAX: usize = 600;
/// Words of the Nix language, which are no attribute names without quotes.
const KEYWORDS: [&str; 9] = [
    "assert", "else", "if", "in", "inherit", "let", "rec", "then", "with",
];

/// One thing wrong with a spec, at a Nix option path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The Nix option path, such as `users.alice.password`; empty for the document itself.
    pub at: String,
    /// What is wrong: lower case, no final period, operands in backticks.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// In the order of their paths, where `[2]` comes before `[10]`.
impl Ord for Problem {
    fn cmp(&self, other: &Self) -> Ordering {
        let rest = |problem: &Self| (problem.what.clone(), problem.hint.clone());
        in_order(&self.at, &other.at).then_with(|| rest(self).cmp(&rest(other)))
    }
}

impl PartialOrd for Problem {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares paths part by part, the places in lists as numbers.
fn in_order(one: &str, other: &str) -> Ordering {
    let parts = |path: &str| -> Vec<(Option<usize>, String)> {
        let parts = path.split('[');
        let number = |part: &str| part.split(']').next()?.parse().ok();
        parts.map(|part| (number(part), part.to_owned())).collect()
    };
    parts(one).cmp(&parts(other))
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

    /// Both on lines of their own, as warnings are shown.
    #[must_use]
    pub fn with_hint(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{self}\n  hint: {hint}"),
            None => self.to_string(),
        }
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
        self.tell(f, "the image's spec")
    }
}

impl Problems {
    /// Tells all of them, and what they are in.
    pub(crate) fn tell(&self, f: &mut fmt::Formatter<'_>, of: &str) -> fmt::Result {
        match self.0.as_slice() {
            [one] => {
                write!(f, "{one}")?;
                if let Some(hint) = &one.hint {
                    write!(f, "\n\nhint: {hint}")?;
                }
            }
            many => {
                write!(f, "{} problems in {of}", many.len())?;
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

/// The option path of an attribute, as one would type it in Nix.
#[must_use]
pub fn attribute(parent: &str, name: &str) -> String {
    let name = attribute_name(name);
    if parent.is_empty() {
        name.into_owned()
    } else {
        format!("{parent}.{name}")
    }
}

/// The path of a list's element, counted from 0 as `builtins.elemAt` does.
#[must_use]
pub fn element(parent: &str, index: usize) -> String {
    format!("{parent}[{index}]")
}

/// The paths of a list's elements. Those that could not be read are not in the list, and are
/// counted all the same: the paths are those of the list that was written.
#[must_use]
pub fn elements(parent: &str, count: usize, broken: &[&str]) -> Vec<String> {
    let paths = (0..).map(|index| element(parent, index));
    let read = paths.filter(|path| !broken.contains(&path.as_str()));
    read.take(count).collect()
}

/// Whether a path is another one or inside it.
#[must_use]
pub fn within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer)
        .is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
}

/// An operand for a message: in backticks, on one line, not longer than a line.
#[must_use]
pub fn operand(text: &str) -> String {
    format!("`{}`", shown(text))
}

/// Several operands.
#[must_use]
pub fn operands<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<_> = texts.into_iter().map(operand).collect();
    texts.join(", ")
}

/// The candidate that was probably meant.
#[must_use]
pub fn nearest<'a>(meant: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer texts are no typing mistake, and the distance takes their product in time.
    if meant.len() > OPERAND_CHARS_MAX {
        return None;
    }
    let lower = meant.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, candidate)| distance * 3 <= candidate.len().max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether a character acts on a text without being seen in it: a control character, or one that
/// turns the direction of what stands around it.
fn is_unseen(c: char) -> bool {
    is_mark(c) || acts(c)
}

/// Whether a character has no place in a name or a text. The marks of direction have one: without
/// them Arabic and Hebrew beside Latin letters are in disorder.
#[must_use]
pub fn acts(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}')
}

fn attribute_name(name: &str) -> Cow<'_, str> {
    let mut chars = name.chars();
    let plain = chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\''))
        && !KEYWORDS.contains(&name);
    if plain && name.len() <= OPERAND_CHARS_MAX {
        return Cow::Borrowed(name);
    }
    let escaped = shown(&name.replace("${", "\\${").replace('"', "\\\""));
    Cow::Owned(format!("\"{escaped}\""))
}

/// A message that others wrote, such as the system: without control characters, and not endless.
#[must_use]
pub fn one_line(text: &str) -> String {
    cut(text, MESSAGE_CHARS_MAX)
}

/// Text without control characters, cut where it gets too long.
fn shown(text: &str) -> String {
    cut(text, OPERAND_CHARS_MAX)
}

fn cut(text: &str, chars_max: usize) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == chars_max {
            out.push('…');
            break;
        }
        if is_unseen(c) {
            _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{acts, attribute, nearest, operand, within};

    #[test]
    fn paths_are_quoted_as_nix_wants_them() {
        let check = |name: &str, path: &str| assert_eq!(attribute("users", name), path);
        check("alice", "users.alice");
        check("a-b'c_1", "users.a-b'c_1");
        check("9to5", "users.\"9to5\"");
        check("in", "users.\"in\"");
        check("a.b", "users.\"a.b\"");
        check("", "users.\"\"");
        check("a\"${b}\n", "users.\"a\\\"\\${b}\\n\"");
        assert_eq!(attribute("", "name"), "name");
    }

    #[test]
    fn places_in_lists_are_in_their_order() {
        let mut paths = ["b", "a[10].b", "a[2].b", "a", "a[2]", "a[2][3]", "a.b"];
        paths.sort_by(|one, other| super::in_order(one, other));
        assert_eq!(
            paths,
            ["a", "a[2]", "a[2][3]", "a[2].b", "a[10].b", "a.b", "b"]
        );
    }

    #[test]
    fn a_path_is_within_another_by_whole_names() {
        assert!(within("disk.sizeMib", "disk"));
        assert!(within("drivers[1]", "drivers"));
        assert!(within("disk", "disk"));
        assert!(within("disk", ""));
        assert!(!within("diskette", "disk"));
        assert!(!within("disk", "disk.sizeMib"));
    }

    #[test]
    fn operands_stay_on_one_short_line() {
        assert_eq!(operand("a\r\n\u{1b}[0m"), r"`a\r\n\u{1b}[0m`");
        assert_eq!(operand("a\u{202e}b\u{2028}"), r"`a\u{202e}b\u{2028}`");
        assert_eq!(operand(&"x".repeat(1000)).chars().count(), 83);
        // A text may have it, and no message lets it act.
        assert_eq!(operand("\u{200f}"), r"`\u{200f}`");
        assert!(!acts('\u{200f}') && acts('\u{202e}'));
    }

    #[test]
    fn only_near_misses_are_suggested() {
        let keys = ["computerName", "edition", "tpm"];
        assert_eq!(nearest("computername", keys), Some("computerName"));
        assert_eq!(nearest("editoin", keys), Some("edition"));
        assert_eq!(nearest("tmp", keys), Some("tpm"));
        assert_eq!(nearest("firmware", keys), None);
    }
}
