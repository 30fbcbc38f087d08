//! What is answered.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::in_words;

/// One line of an answer. All but [`Reply::Progress`] end it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reply {
    Ok {
        ok: Value,
    },
    Error(Refusal),
    /// How far it is.
    Progress {
        progress: Value,
    },
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refusal {
    /// Lower case, no final period.
    #[serde(rename = "error")]
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What a program acts on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
}

/// Which refusals a program tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The guest has no agent, or it does not answer.
    NoAgent,
    /// Another client has what was asked for.
    Busy,
    /// The peer may not ask.
    NotAllowed,
}

impl Refusal {
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            kind: None,
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with a kind.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = Some(kind);
        self
    }
}

/// The cause with all of its own and the way out, in the words of a command that fails by itself.
impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        let (message, hint) = in_words(&error);
        Self {
            message,
            hint,
            kind: None,
        }
    }
}

/// As [`crate::failure::Failure`] tells a host's failure.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        (self.hint.as_ref()).map_or(Ok(()), |hint| write!(f, "\n\nhint: {hint}"))
    }
}

impl std::error::Error for Refusal {}

impl From<Result<Value, Refusal>> for Reply {
    fn from(result: Result<Value, Refusal>) -> Self {
        match result {
            Ok(ok) => Self::Ok { ok },
            Err(refusal) => Self::Error(refusal),
        }
    }
}

impl Reply {
    /// Reads a line.
    pub fn read(line: &[u8]) -> anyhow::Result<Self> {
        serde_json::from_slice(line).map_err(|_| anyhow::anyhow!("the machine gave no reply"))
    }

    /// The line, with its line feed.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use serde_json::json;

    use super::*;

    #[test]
    fn replies_are_read_as_they_are_written() {
        for (reply, line) in [
            (Reply::Ok { ok: json!({}) }, "{\"ok\":{}}\n"),
            (
                Reply::Error(Refusal::new("no").hint("do").kind(Kind::NoAgent)),
                "{\"error\":\"no\",\"hint\":\"do\",\"kind\":\"noAgent\"}\n",
            ),
            (
                Reply::Progress {
                    progress: json!({ "percent": 3 }),
                },
                "{\"progress\":{\"percent\":3}}\n",
            ),
        ] {
            assert_eq!(String::from_utf8_lossy(&reply.line()), line);
            assert_eq!(Reply::read(line.as_bytes()).expect("a reply"), reply);
        }
        for bad in ["", "{}", "[]", "{\"okay\":1}"] {
            assert!(Reply::read(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_errors_hint_is_apart() {
        let error = anyhow::anyhow!("it is full\n\nhint: empty it").context("cannot write");
        let refusal = Refusal::from(error);
        assert_eq!(refusal.message, "cannot write: it is full");
        assert_eq!(refusal.hint.as_deref(), Some("empty it"));
        assert_eq!(
            refusal.to_string(),
            "cannot write: it is full\n\nhint: empty it"
        );
    }

    #[test]
    fn what_the_system_says_has_its_way_out_over_the_socket_too() {
        for (kind, hint) in [
            (io::ErrorKind::NotFound, "see that the path is right"),
            (io::ErrorKind::IsADirectory, "name a file"),
            (io::ErrorKind::StorageFull, "free some space there"),
        ] {
            let error = anyhow::Error::new(io::Error::from(kind)).context("cannot make `a`");
            let told = Refusal::from(error).hint.expect("a hint");
            assert!(told.starts_with(hint), "{told}");
        }
    }
}
