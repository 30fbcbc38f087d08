//! What is told: numbered events, on COM1 and in the program's own log.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lucarne_protocol::{Event, Kind, encode};

/// How much of a log goes into one event, in bytes: in base64 it is well below a line's limit.
const PART_BYTES: usize = 8 << 10;
/// How much of one log is sent, in bytes: its end.
pub const LOG_BYTES_MAX: usize = 64 << 10;

/// Numbers events, from 1 at each start of the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbers {
    last: u64,
}

impl Numbers {
    /// The event's line.
    pub fn line(&mut self, kind: Kind) -> String {
        self.last += 1;
        encode(&Event {
            seq: self.last,
            kind,
        })
    }
}

/// The events of a log file's end.
#[must_use]
pub fn log(name: &str, bytes: &[u8]) -> Vec<Kind> {
    let bytes = &bytes[bytes.len().saturating_sub(LOG_BYTES_MAX)..];
    let parts: Vec<&[u8]> = bytes.chunks(PART_BYTES).collect();
    let of = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    let numbered = (1..).zip(parts);
    let events = numbered.map(|(part, bytes)| Kind::Log {
        name: name.to_owned(),
        part,
        of,
        data: STANDARD.encode(bytes),
    });
    events.collect()
}

/// What a log is called to the host: its file's name, and whose it is where two have that name.
#[must_use]
pub fn log_name(path: &str) -> String {
    let (folder, name) = lucarne_protocol::glob::split(path);
    if folder.contains("Sysprep") {
        format!("sysprep-{name}")
    } else {
        name.to_owned()
    }
}

/// How a serial port is named to `CreateFileW`: this form has no limit at COM9.
#[must_use]
pub fn port(number: u32) -> String {
    format!(r"\\.\COM{number}")
}

/// How long a line may wait for the port, in milliseconds: while another program has it, and for
/// the host to read. In all, the program waits [`WAIT_MS_MAX`]; then each line has one try.
const LINE_MS: u64 = 3_000;
const LAST_MS: u64 = 50;
const WAIT_MS_MAX: u64 = 60_000;

/// What is left of the program's patience with COM1.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    left_ms: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            left_ms: WAIT_MS_MAX,
        }
    }
}

impl Patience {
    /// How long the next line may wait.
    #[must_use]
    pub fn line_ms(&self) -> u64 {
        LINE_MS.min(self.left_ms).max(LAST_MS)
    }

    /// A line has waited. One that got through costs nothing: a slow port is no dead one.
    pub fn waited(&mut self, ms: u64, arrived: bool) {
        if !arrived {
            self.left_ms = self.left_ms.saturating_sub(ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use lucarne_protocol::MAX_LINE_BYTES;

    use super::*;

    #[test]
    fn a_log_is_cut_into_lines_that_have_room() {
        let bytes = vec![b'x'; LOG_BYTES_MAX + 10];
        let events = log("setupact.log", &bytes);
        assert_eq!(events.len(), 8);
        let mut numbers = Numbers::default();
        for kind in events {
            let line = numbers.line(kind);
            assert!(line.len() <= MAX_LINE_BYTES, "{}", line.len());
        }
        assert_eq!(numbers.last, 8);
        assert!(log("empty", &[]).is_empty());
        assert_eq!(log_name(r"C:\Windows\Panther\a.log"), "a.log");
        let sysprep = r"C:\Windows\System32\Sysprep\Panther\a.log";
        assert_eq!(log_name(sysprep), "sysprep-a.log");
    }

    #[test]
    fn a_dead_host_costs_a_bounded_time() {
        let mut patience = Patience::default();
        let mut spent = 0;
        for _ in 0..10_000 {
            let ms = patience.line_ms();
            patience.waited(ms, false);
            spent += ms;
        }
        assert!(spent <= WAIT_MS_MAX + 10_000 * LAST_MS, "{spent}");
        let mut patience = Patience::default();
        patience.waited(LINE_MS, true);
        assert_eq!(patience.line_ms(), LINE_MS);
        assert_eq!(port(12), r"\\.\COM12");
    }
}
