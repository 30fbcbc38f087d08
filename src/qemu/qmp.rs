//! A small QMP client: one connection, one command at a time, everything bounded.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::{sleep, timeout};

use super::{Event, Transcript};
use crate::signals::Unheard;

/// The longest message that is read. The longest that we ask for, a CPU model's expansion, has
/// about 30 KB.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// Events that may come before a reply.
const EVENTS_MAX: usize = 1024;
/// QEMU answers in milliseconds; a loaded host may hold its main loop for longer.
const DEADLINE: Duration = Duration::from_secs(60);
/// How much longer an answer is waited for when a signal comes, which nobody hears meanwhile.
const HURRY: Duration = Duration::from_secs(1);

/// A connection to QEMU's monitor.
pub struct Qmp {
    stream: UnixStream,
    /// What was read and is no whole line yet.
    buffer: Vec<u8>,
    events: VecDeque<Event>,
    last_id: u64,
    deadline: Duration,
    unheard: Option<Unheard>,
    log: Transcript,
    /// Whether only events are worth logging.
    quiet: bool,
}

impl std::fmt::Debug for Qmp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Qmp")
            .field("last_id", &self.last_id)
            .finish_non_exhaustive()
    }
}

impl Qmp {
    /// Takes the greeting and leaves the state in which only capabilities are negotiated. Both
    /// directions are copied to the log.
    pub async fn start(stream: UnixStream, log: Transcript) -> anyhow::Result<Self> {
        Self::start_within(stream, log, DEADLINE).await
    }

    async fn start_within(
        stream: UnixStream,
        log: Transcript,
        deadline: Duration,
    ) -> anyhow::Result<Self> {
        let mut qmp = Self {
            stream,
            buffer: Vec::new(),
            events: VecDeque::new(),
            last_id: 0,
            deadline,
            unheard: None,
            log,
            quiet: false,
        };
        let greeting = timeout(deadline, qmp.message())
            .await
            .context("QEMU does not greet")??;
        ensure!(
            greeting.get("QMP").is_some(),
            "QEMU's greeting is no QMP greeting"
        );
        qmp.execute("qmp_capabilities", json!({})).await?;
        Ok(qmp)
    }

    /// From now on an answer may take so long, and no longer than usual.
    pub fn hasten(&mut self, patience: Option<Duration>) {
        self.deadline = patience.map_or(DEADLINE, |patience| patience.min(DEADLINE));
    }

    /// From now on no answer is waited for while a signal waits to be heard.
    pub fn heed(&mut self, unheard: Unheard) {
        self.unheard = Some(unheard);
    }

    /// Runs a command that is asked all the time, and so is kept out of the log.
    pub async fn poll(&mut self, command: &str) -> anyhow::Result<Value> {
        self.execute_quietly(command, json!({})).await
    }

    /// Runs a command that is kept out of the log, such as one with somebody's password.
    pub async fn execute_quietly(
        &mut self,
        command: &str,
        arguments: Value,
    ) -> anyhow::Result<Value> {
        self.quiet = true;
        let result = self.execute(command, arguments).await;
        self.quiet = false;
        result
    }

    /// Runs a command and gives what it returned. Events that come meanwhile are kept.
    pub async fn execute(&mut self, command: &str, arguments: Value) -> anyhow::Result<Value> {
        let unheard = self.unheard.clone();
        let deadline = self.deadline;
        let answer = async {
            tokio::select! {
                biased;
                answer = self.execute_untimed(command, arguments) => Some(answer),
                () = hurried(unheard) => None,
            }
        };
        let no_answer = || format!("QEMU does not answer `{command}`");
        timeout(deadline, answer)
            .await
            .with_context(no_answer)?
            .context("a signal came")
            .with_context(no_answer)?
            .with_context(|| format!("QMP command `{command}`"))
    }

    async fn execute_untimed(&mut self, command: &str, arguments: Value) -> anyhow::Result<Value> {
        self.last_id += 1;
        let id = self.last_id;
        let mut line = json!({ "execute": command, "arguments": arguments, "id": id }).to_string();
        line.push('\n');
        if !self.quiet {
            self.log.sent(line.as_bytes());
        }
        self.stream
            .write_all(line.as_bytes())
            .await
            .context("QEMU is gone")?;
        loop {
            let mut message = self.message().await?;
            if let Some(event) = Event::read(&message) {
                ensure!(
                    self.events.len() < EVENTS_MAX,
                    "QEMU sends events and no reply"
                );
                self.events.push_back(event);
            } else if message["id"].as_u64().is_some_and(|reply| reply < id) {
                // The reply to a command that was given up.
            } else if let Some(error) = message.get("error") {
                bail!(
                    "{}",
                    error["desc"].as_str().unwrap_or("an error without words")
                );
            } else {
                ensure!(
                    message["id"].as_u64() == Some(id),
                    "QEMU answers what was not asked"
                );
                return message
                    .get_mut("return")
                    .map(Value::take)
                    .context("QEMU's answer is neither a value nor an error");
            }
        }
    }

    /// The next event. Dropping the future loses nothing. An error means that QEMU is gone, or
    /// talks nonsense.
    pub async fn event(&mut self) -> anyhow::Result<Event> {
        if let Some(event) = self.events.pop_front() {
            return Ok(event);
        }
        loop {
            // A late reply is passed over.
            if let Some(event) = Event::read(&self.message().await?) {
                return Ok(event);
            }
        }
    }

    /// The next message. What was read before the future is dropped stays in the buffer.
    async fn message(&mut self) -> anyhow::Result<Value> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.buffer[searched..]
                .iter()
                .position(|byte| *byte == b'\n')
            {
                let line: Vec<u8> = self.buffer.drain(..=searched + at).collect();
                let message = serde_json::from_slice::<Value>(&line);
                let event = |message: &Value| message.get("event").is_some();
                if !self.quiet || message.as_ref().map_or(true, event) {
                    self.log.received(&line);
                }
                return message.context("QEMU sent no JSON");
            }
            searched = self.buffer.len();
            ensure!(
                searched < MESSAGE_BYTES_MAX,
                "QEMU sent a message without an end"
            );
            let read = self.stream.read_buf(&mut self.buffer).await;
            ensure!(read.context("QEMU is gone")? > 0, "QEMU closed its monitor");
        }
    }
}

/// Waits until a signal has waited to be heard for a while.
async fn hurried(unheard: Option<Unheard>) {
    let Some(mut unheard) = unheard else {
        return std::future::pending().await;
    };
    unheard.any().await;
    sleep(HURRY).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays QEMU: says each text, and reads a line before each but the first.
    async fn peer(mut stream: UnixStream, says: Vec<String>) {
        let mut byte = [0];
        for (index, text) in says.iter().enumerate() {
            while index > 0 && byte != [b'\n'] {
                if stream.read(&mut byte).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            byte = [0];
            if stream.write_all(text.as_bytes()).await.is_err() {
                return;
            }
        }
        // Hangs on, silently, until the client goes.
        while stream.read(&mut byte).await.is_ok_and(|n| n > 0) {}
    }

    const GREETING: &str = "{\"QMP\":{\"version\":{},\"capabilities\":[]}}\n";
    const READY: &str = "{\"return\":{},\"id\":1}\n";

    /// What `query-status` gives against a peer that says these texts.
    fn ask(says: &[&str]) -> anyhow::Result<(Value, Vec<Event>)> {
        ask_within(DEADLINE, says)
    }

    fn ask_within(patience: Duration, says: &[&str]) -> anyhow::Result<(Value, Vec<Event>)> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        let says = says.iter().map(ToString::to_string).collect();
        runtime.block_on(async {
            ours.set_nonblocking(true)?;
            theirs.set_nonblocking(true)?;
            let peer = tokio::spawn(peer(UnixStream::from_std(theirs)?, says));
            let log = Transcript::none();
            let mut qmp = Qmp::start_within(UnixStream::from_std(ours)?, log, patience).await?;
            let value = qmp.execute("query-status", json!({})).await?;
            let events = std::mem::take(&mut qmp.events).into();
            peer.abort();
            Ok((value, events))
        })
    }

    fn refusal(says: &[&str]) -> String {
        format!("{:#}", ask(says).expect_err("a bad peer"))
    }

    /// The same for a peer that falls silent.
    fn impatience(says: &[&str]) -> String {
        let patience = Duration::from_millis(300);
        format!(
            "{:#}",
            ask_within(patience, says).expect_err("a silent peer")
        )
    }

    #[test]
    fn events_before_and_in_the_middle_of_a_reply_are_kept() {
        let stop = "{\"event\":\"STOP\"}\n{\"event\":\"RESET\",\"data\":{\"guest\":true}}\n";
        let reply = format!("{stop}{{\"return\":{{\"status\":\"running\"}},\"id\":2}}\r\n");
        let (value, events) = ask(&[GREETING, READY, &reply]).expect("a good peer");
        assert_eq!(value["status"], "running");
        assert_eq!(events.len(), 2);
    }

    #[test]
    fn a_reply_to_an_older_command_is_passed_over() {
        let reply = "{\"return\":{\"old\":1},\"id\":1}\n{\"return\":{\"new\":1},\"id\":2}\n";
        assert_eq!(
            ask(&[GREETING, READY, reply]).expect("a good peer").0["new"],
            1
        );
    }

    #[test]
    fn bad_peers_are_told_apart() {
        assert_eq!(impatience(&[]), "QEMU does not greet: deadline has elapsed");
        assert_eq!(
            refusal(&["hello\n"]),
            "QEMU sent no JSON: expected value at line 1 column 1"
        );
        assert_eq!(refusal(&["{}\n"]), "QEMU's greeting is no QMP greeting");
        let error = "{\"id\":1,\"error\":{\"class\":\"GenericError\",\"desc\":\"no\"}}\n";
        assert_eq!(
            refusal(&[GREETING, error]),
            "QMP command `qmp_capabilities`: no"
        );
        let other = refusal(&[GREETING, READY, "{\"return\":{},\"id\":7}\n"]);
        assert_eq!(
            other,
            "QMP command `query-status`: QEMU answers what was not asked"
        );
        let silent = impatience(&[GREETING, READY]);
        assert_eq!(
            silent,
            "QEMU does not answer `query-status`: deadline has elapsed"
        );
    }

    #[test]
    fn a_silent_peer_keeps_neither_a_deadline_nor_a_signal_waiting() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let (ours, mut theirs) = UnixStream::pair().expect("two ends");
            let text = [GREETING, READY].concat();
            theirs.write_all(text.as_bytes()).await.expect("is open");
            let qmp = Qmp::start(ours, Transcript::none()).await;
            let mut qmp = qmp.expect("a good peer");
            qmp.hasten(Some(Duration::from_millis(300)));
            let late = qmp.poll("query-status").await.expect_err("silence");
            let silent = "QEMU does not answer `query-status`";
            assert_eq!(
                format!("{late:#}"),
                format!("{silent}: deadline has elapsed")
            );
            qmp.hasten(None);
            qmp.heed(Unheard::waiting());
            let heard = qmp.poll("query-status").await.expect_err("silence");
            assert_eq!(format!("{heard:#}"), format!("{silent}: a signal came"));
        });
    }

    #[test]
    fn a_message_without_an_end_and_a_flood_of_events_are_bounded() {
        let endless = "x".repeat(MESSAGE_BYTES_MAX + 4096);
        let told = refusal(&[GREETING, READY, &endless]);
        assert_eq!(
            told,
            "QMP command `query-status`: QEMU sent a message without an end"
        );
        let flood = "{\"event\":\"STOP\"}\n".repeat(EVENTS_MAX + 1);
        let told = refusal(&[GREETING, READY, &flood]);
        assert_eq!(
            told,
            "QMP command `query-status`: QEMU sends events and no reply"
        );
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_overflow() {
        let deep = format!("{}\n", "[".repeat(MESSAGE_BYTES_MAX / 2));
        assert!(refusal(&[GREETING, READY, &deep]).contains("recursion limit"));
    }
}
