//! COM1 as it is heard: bytes to the log, lines to the course, the last of them for people.

use camino::Utf8Path;

use super::evidence::{Log, SERIAL_LOG, Unit};
use crate::guest::{Input, Lines, Tail};

/// What the guest says. Its memory is bounded, whatever that is.
#[derive(Debug)]
pub(crate) struct Com1 {
    log: Log,
    lines: Lines,
    tail: Tail,
}

impl Com1 {
    pub(crate) fn create(folder: &Utf8Path) -> anyhow::Result<Self> {
        Ok(Self {
            log: Log::create(&folder.join(SERIAL_LOG), Unit::Bytes)?,
            lines: Lines::default(),
            tail: Tail::default(),
        })
    }

    /// Takes bytes, and gives what they say that counts.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<Input> {
        self.log.keep(bytes);
        let mut heard = Vec::new();
        let tail = &mut self.tail;
        self.lines.push(bytes, |line| {
            tail.push(line);
            heard.extend(Input::of_line(line));
        });
        heard
    }

    /// The last lines, escaped, with one that did not end, such as a prompt.
    pub(crate) fn last_lines(&mut self) -> Vec<String> {
        self.tail.push(&self.lines.unfinished());
        self.tail.lines()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// How many MiB the test below sends when it is alone in its process.
    const MIB: &str = "LUCARNE_TEST_FLOOD_MIB";

    /// Sends a flood, and gives the log's size and the last lines.
    fn flood(mib: usize) -> (u64, Vec<String>) {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let mut com1 = Com1::create(folder).expect("is writable");
        let half = b"@lucarne {\"seq\":1,\"event\":\"hel";
        // Lines, endless lines, and what looks like events: each is bounded by itself.
        let lines =
            b"\x1b[2Jcopying a file, and another one, and another one still\r\n".repeat(256);
        let endless = vec![b'x'; 16 << 10];
        let mut sent = 0;
        while sent < mib << 20 {
            for bytes in [&lines[..], &endless, half, &endless, b"\n"] {
                assert!(com1.take(bytes).is_empty());
                sent += bytes.len();
            }
        }
        let heard = com1.take(b"\r\n@lucarne {\"seq\":1,\"event\":\"done\"}\r\nlogin: ");
        assert_eq!(heard.len(), 1, "it is still heard");
        let last = com1.last_lines();
        drop(com1);
        let log = folder.join(SERIAL_LOG).metadata().expect("is there");
        (log.len(), last)
    }

    /// The highest that this process's memory was, in KiB.
    fn peak_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").expect("proc");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        number.expect("VmHWM").parse().expect("a number")
    }

    #[test]
    fn a_flood_is_bounded_on_the_disk() {
        let mib = std::env::var(MIB).ok();
        let mib = mib.map_or(20, |mib| mib.parse().expect("a number"));
        let (log, last) = flood(mib);
        assert!(log < 17 << 20, "the log has {log} bytes");
        assert_eq!(last.last().map(String::as_str), Some("login:"));
        println!("peak {} KiB", peak_kib());
    }

    /// The test above in a process of its own, where nothing else takes memory. The bound is the
    /// same for a flood of any length above it.
    #[test]
    fn a_flood_is_bounded_in_memory() {
        let tests = std::env::current_exe().expect("this program");
        let name = "install::com1::tests::a_flood_is_bounded_on_the_disk";
        let ran = Command::new(tests)
            .args(["--exact", name, "--nocapture"])
            .env(MIB, "96")
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success(), "{said}");
        let peak = said.lines().find_map(|line| line.split_once("peak "));
        let peak = peak.and_then(|(_, peak)| peak.strip_suffix(" KiB"));
        let peak: u64 = peak.expect("it says so").parse().expect("a number");
        assert!(peak < 64 << 10, "{peak} KiB");
    }
}
