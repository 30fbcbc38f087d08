//! A program that runs for as long as the machine does: its end, and its last words.

use std::cell::RefCell;
use std::fmt;
use std::process::{ExitStatus, Stdio};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStderr};
use tokio::time::timeout;

use crate::exec::Command;

/// How much of the end of its errors is kept: QEMU's guest may make it say a lot.
const WORDS_BYTES: usize = 4 << 10;
/// How long the pipe is read after the end: a guest's flood ends with its writer.
const WORDS_DEADLINE: Duration = Duration::from_secs(2);

/// How long a program that hung up has to end.
const REASON_DEADLINE: Duration = Duration::from_secs(5);

/// A program has ended that was waited for, with these last words.
#[derive(Debug)]
pub struct Ended(pub String);

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Ended {}

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    words: Rc<RefCell<Vec<u8>>>,
    reader: Option<tokio::task::JoinHandle<()>>,
}

impl Process {
    /// Starts it. Needs a `LocalSet`: its errors are read by a task of their own.
    pub fn start(
        name: &'static str,
        command: &Command,
        stdin: impl Into<Stdio>,
    ) -> anyhow::Result<Self> {
        let mut child = command.spawn(stdin)?;
        let errors = child.stderr.take().context("its errors are a pipe")?;
        let words = Rc::new(RefCell::new(Vec::new()));
        let reader = tokio::task::spawn_local(keep_end(errors, Rc::clone(&words)));
        Ok(Self {
            name,
            child,
            words,
            reader: Some(reader),
        })
    }

    /// Its process id, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for its end. Dropping the future loses nothing.
    pub async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        let name = self.name;
        self.child
            .wait()
            .await
            .with_context(|| format!("cannot wait for {name}"))
    }

    /// What it said last, and how it ended, in one line.
    pub async fn last_words(&mut self, status: ExitStatus) -> String {
        if let Some(reader) = self.reader.take() {
            // Late or broken, what came before is kept.
            _ = timeout(WORDS_DEADLINE, reader).await;
        }
        let words = String::from_utf8_lossy(&self.words.borrow()).into_owned();
        let lines: Vec<_> = words
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.contains(": warning: "))
            .collect();
        if lines.is_empty() {
            return format!("{} ended without a word ({status})", self.name);
        }
        let last = &lines[lines.len().saturating_sub(4)..];
        format!("{} ({status})", last.join("; "))
    }

    /// Its own reason, where it has ended with one, for an error that its end may explain.
    pub async fn reason(&mut self, error: anyhow::Error) -> anyhow::Error {
        match timeout(REASON_DEADLINE, self.ended()).await {
            Ok(Ok(status)) => Ended(self.last_words(status).await).into(),
            _ => error,
        }
    }

    /// Waits a while for its end, then kills it.
    pub async fn end_within(&mut self, patience: Duration) {
        if timeout(patience, self.child.wait()).await.is_err() {
            // It fails for a child that has just ended, which is what is wanted.
            _ = self.child.kill().await;
        }
    }
}

async fn keep_end(mut errors: ChildStderr, words: Rc<RefCell<Vec<u8>>>) {
    let mut buffer = vec![0; WORDS_BYTES];
    while let Ok(n) = errors.read(&mut buffer).await {
        if n == 0 {
            return;
        }
        let mut words = words.borrow_mut();
        words.extend_from_slice(&buffer[..n]);
        let excess = words.len().saturating_sub(WORDS_BYTES);
        words.drain(..excess);
    }
}
