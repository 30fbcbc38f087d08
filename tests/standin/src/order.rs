//! What a person, or a test, may tell a machine that runs: a JSON object a line on COM2, as
//! `{"read":{"path":"D:\\a.txt"}}`. Each is answered by one line that begins with [`SAYS`].

use serde::Deserialize;

/// What begins an answer.
pub const SAYS: &str = "standin: ";
/// The longest order, in bytes.
pub const LINE_BYTES_MAX: usize = 64 << 10;

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Order {
    /// Tell what this start was told, and what it found. Secrets are told by their hashes.
    Show,
    /// Write a file, and answer when it is on the disk.
    Write { path: String, text: String },
    /// Tell a file's text.
    Read { path: String },
    /// Write blocks into files of a folder, one after the other; each is told when it is on the
    /// disk.
    Churn { path: String },
    /// Stop that.
    Rest,
    /// Look at the blocks of an earlier `churn`.
    Check { path: String },
    /// Fill a drive.
    Fill { drive: char },
    /// Do not hear one of the ways to be shut down.
    Ignore(Way),
    /// Wait so long before a shutdown that was asked for.
    Slow { seconds: u32 },
    /// Restart, as Windows does by itself.
    Restart,
    /// Power off, as a person does in the start menu.
    PowerOff,
    /// Stop with a bug check.
    Crash,
}

/// A way to be shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// The power button.
    Acpi,
    /// The agent answers, and nothing comes of it.
    Agent,
    /// The agent does not even answer.
    AgentMute,
}

/// The lines in what is read of a console.
#[derive(Debug, Default)]
pub struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// Takes bytes: the lines that they end, without their ends. What is too long is dropped.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for byte in bytes {
            match byte {
                b'\r' | b'\n' if self.rest.is_empty() => {}
                b'\r' | b'\n' => {
                    let line = std::mem::take(&mut self.rest);
                    lines.push(String::from_utf8_lossy(&line).into_owned());
                }
                _ if self.rest.len() < LINE_BYTES_MAX => self.rest.push(*byte),
                _ => {}
            }
        }
        lines
    }
}

/// Reads an order.
///
/// # Errors
/// What is wrong with the line, in one line.
pub fn parse(line: &str) -> Result<Order, String> {
    serde_json::from_str(line.trim()).map_err(|error| format!("no order: {error}"))
}

/// What `churn` writes at once: sixteen clusters of NTFS, one of qcow2.
pub const BLOCK_BYTES: usize = 64 << 10;

/// One of `churn`'s blocks: its number, again and again.
#[must_use]
pub fn pattern(number: u64) -> Vec<u8> {
    number.to_le_bytes().repeat(BLOCK_BYTES / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read() {
        assert_eq!(parse("\"show\""), Ok(Order::Show));
        assert_eq!(
            parse(r#"{"read":{"path":"D:\\a"}}"#),
            Ok(Order::Read {
                path: r"D:\a".into()
            })
        );
        assert_eq!(parse(r#"{"ignore":"acpi"}"#), Ok(Order::Ignore(Way::Acpi)));
        assert_eq!(
            parse(r#"{"ignore":"agentMute"}"#),
            Ok(Order::Ignore(Way::AgentMute))
        );
        for wrong in [
            "",
            "show",
            r#"{"read":{}}"#,
            r#"{"fill":{"drive":"D","x":1}}"#,
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lines_come_in_pieces() {
        let mut lines = Lines::default();
        assert!(lines.push(b"\r\n\"sh").is_empty());
        assert_eq!(lines.push(b"ow\"\r\n\"rest\"\n"), ["\"show\"", "\"rest\""]);
        let long = vec![b'x'; LINE_BYTES_MAX + 5];
        assert!(lines.push(&long).is_empty());
        assert_eq!(lines.push(b"\n")[0].len(), LINE_BYTES_MAX);
    }

    #[test]
    fn each_block_is_another() {
        assert_eq!(pattern(1).len(), 65_536);
        assert_ne!(pattern(1), pattern(2));
    }
}
