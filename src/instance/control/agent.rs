//! QEMU's guest agent, from outside.
//!
//! It speaks JSON in lines on a virtio-serial port, of which QEMU gives the host's end to one
//! client at a time; the supervisor keeps it. A guest may have no agent, a hanging one, or a
//! hostile one: each exchange has a deadline and a bound, and begins with `guest-sync-delimited`,
//! which passes over whatever an earlier exchange left behind. A request that nobody answered is
//! taken back by hanging up, so that no agent that starts later does it late.
//!
//! The protocol is described in QEMU's `docs/interop/qemu-ga-ref`.

mod link;
#[cfg(test)]
mod tests;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use crate::qemu::connect;

use link::Link;

/// How long an agent may take to answer. One that works answers in milliseconds; Windows may be
/// busy with its own start.
const DEADLINE: Duration = Duration::from_secs(10);
/// `guest-shutdown` is answered only where it fails.
const REFUSAL_DEADLINE: Duration = Duration::from_secs(1);
/// How often a running program is asked for: first, and in the end. The agent tells no end.
const ASK_FIRST: Duration = Duration::from_millis(50);
const ASK_LAST: Duration = Duration::from_secs(1);

/// Why nothing came of it.
#[derive(Debug)]
pub enum NoAgent {
    /// Nobody answers, or nonsense.
    Silent(anyhow::Error),
    /// The agent's own words, escaped.
    Refused(String),
    /// The program still runs.
    Late(Duration),
}

impl std::fmt::Display for NoAgent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Silent(why) => write!(f, "the guest agent cannot be used: {why:#}"),
            Self::Refused(words) => write!(f, "the guest agent refuses: {words}"),
            Self::Late(after) => {
                let sec = after.as_secs();
                write!(
                    f,
                    "the program runs for longer than {sec} s, and goes on in the guest"
                )
            }
        }
    }
}

impl std::error::Error for NoAgent {}

/// How a machine is shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    PowerOff,
    Reboot,
}

/// How a program in the guest ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Its exit code; of one that crashed, the exception's number.
    pub exit: i64,
    /// What it wrote, in base64 as it came.
    pub stdout: String,
    pub stderr: String,
    /// Whether the agent has left some of it out.
    pub truncated: bool,
}

/// The agent's port. Clones share its one connection.
#[derive(Clone, Debug)]
pub struct Agent {
    port: Rc<Port>,
}

#[derive(Debug)]
struct Port {
    folder: Utf8PathBuf,
    socket: &'static str,
    /// For one exchange.
    deadline: Duration,
    /// Taken while an exchange goes on, and put back by one that ended as it should.
    link: Mutex<Option<Link<UnixStream>>>,
}

impl Agent {
    /// The agent behind a socket in a machine's runtime folder. Nothing is connected yet.
    #[must_use]
    pub fn new(folder: &Utf8Path, socket: &'static str) -> Self {
        Self::within(folder, socket, DEADLINE)
    }

    fn within(folder: &Utf8Path, socket: &'static str, deadline: Duration) -> Self {
        let port = Port {
            folder: folder.to_owned(),
            socket,
            deadline,
            link: Mutex::new(None),
        };
        Self {
            port: Rc::new(port),
        }
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), NoAgent> {
        self.exchange("guest-ping", json!({})).await.map(drop)
    }

    /// Asks for a shutdown. That it is under way is seen by QEMU's end.
    pub async fn shutdown(&self, how: Shutdown) -> Result<(), NoAgent> {
        let mode = match how {
            Shutdown::PowerOff => "powerdown",
            Shutdown::Reboot => "reboot",
        };
        let mut place = self.port.link.lock().await;
        let synced = timeout(self.port.deadline, self.synced(place.take())).await;
        let mut link = synced.map_err(|_| self.late())??;
        let arguments = json!({ "mode": mode });
        let asked = link.ask("guest-shutdown", &arguments);
        match timeout(REFUSAL_DEADLINE, asked).await {
            // It is busy with it, or gone already.
            Err(_) | Ok(Err(NoAgent::Silent(_))) => Ok(()),
            Ok(answer) => answer.map(drop),
        }
    }

    /// Runs a program to its end, or until its time is over; it is not killed then, for the agent
    /// cannot.
    pub async fn exec(&self, argv: &[String], patience: Duration) -> Result<Ran, NoAgent> {
        let until = Instant::now() + patience;
        let (program, rest) = argv
            .split_first()
            .context("no program")
            .map_err(NoAgent::Silent)?;
        let arguments = json!({ "path": program, "arg": rest, "capture-output": true });
        let started = self.exchange("guest-exec", arguments).await?;
        let pid = started["pid"].as_i64().context("it started no process");
        let pid = pid.map_err(NoAgent::Silent)?;
        let mut pause = ASK_FIRST;
        loop {
            let told = self
                .exchange("guest-exec-status", json!({ "pid": pid }))
                .await?;
            if let Some(ran) = read_ran(&told).map_err(NoAgent::Silent)? {
                return Ok(ran);
            }
            if Instant::now() >= until {
                return Err(NoAgent::Late(patience));
            }
            sleep(pause.min(until - Instant::now())).await;
            pause = (pause * 2).min(ASK_LAST);
        }
    }

    /// One command and what it returned.
    async fn exchange(&self, command: &str, arguments: Value) -> Result<Value, NoAgent> {
        let mut place = self.port.link.lock().await;
        let kept = place.take();
        let exchange = async {
            let mut link = self.synced(kept).await?;
            let answer = link.ask(command, &arguments).await;
            // What it refuses it has understood.
            let is_whole = !matches!(answer, Err(NoAgent::Silent(_)));
            Ok((answer, is_whole.then_some(link)))
        };
        let (answer, link) = timeout(self.port.deadline, exchange)
            .await
            .map_err(|_| self.late())??;
        *place = link;
        answer
    }

    /// A connection on which nothing older is to come.
    async fn synced(&self, kept: Option<Link<UnixStream>>) -> Result<Link<UnixStream>, NoAgent> {
        let mut link = if let Some(link) = kept {
            link
        } else {
            let stream = connect(&self.port.folder, self.port.socket).await;
            Link::new(stream.map_err(NoAgent::Silent)?)
        };
        link.sync(number()).await?;
        Ok(link)
    }

    fn late(&self) -> NoAgent {
        NoAgent::Silent(anyhow::anyhow!(
            "nothing came within {:?}",
            self.port.deadline
        ))
    }
}

/// A number that no earlier exchange had, and no guest can foresee: what the standard library
/// seeds its tables with.
fn number() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().build_hasher().finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// What `guest-exec-status` tells; `None`: it still runs.
fn read_ran(told: &Value) -> anyhow::Result<Option<Ran>> {
    let exited = told["exited"].as_bool();
    if !exited.context("it does not tell whether the program runs")? {
        return Ok(None);
    }
    // On Windows the signal is the exception's number.
    let exit = told["exitcode"]
        .as_i64()
        .or_else(|| told["signal"].as_i64());
    let data = |name: &str| -> anyhow::Result<String> {
        let data = match &told[name] {
            Value::Null => "",
            other => other.as_str().context("the program's output is no text")?,
        };
        let decoded = STANDARD.decode(data);
        decoded.context("the program's output is not in base64")?;
        Ok(data.to_owned())
    };
    let is = |name: &str| told[name].as_bool().unwrap_or_default();
    Ok(Some(Ran {
        exit: exit.context("it does not tell how the program ended")?,
        stdout: data("out-data")?,
        stderr: data("err-data")?,
        truncated: is("out-truncated") || is("err-truncated"),
    }))
}

/// Talks to an agent as a run does, for the fuzzer: whatever it says, nothing comes out that was
/// not checked, and it ends when the agent has said everything.
///
/// # Panics
/// When something unchecked does.
#[doc(hidden)]
pub async fn hostile(stream: UnixStream) {
    let mut link = Link::new(stream);
    if link.sync(HOSTILE_NUMBER).await.is_err() {
        return;
    }
    while let Ok(told) = link.ask("guest-exec-status", &json!({ "pid": 1 })).await {
        if let Ok(Some(ran)) = read_ran(&told) {
            let decoded = [ran.stdout, ran.stderr].map(|data| STANDARD.decode(data));
            assert!(decoded.iter().all(Result::is_ok));
        }
    }
}

/// The number that a fuzzer's agent has to know.
const HOSTILE_NUMBER: u32 = 7;
