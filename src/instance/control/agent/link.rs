//! One connection to an agent: bytes to messages, within bounds.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::NoAgent;
use crate::guest::escape;

/// The longest answer: 1.5 MiB of what a program wrote, in base64. The agent itself would send
/// ten times that.
pub(super) const ANSWER_BYTES_MAX: usize = 2 << 20;
/// Bytes and answers of earlier exchanges that are passed over.
const STALE_BYTES_MAX: usize = 2 * ANSWER_BYTES_MAX;
/// Begins a request and its answer where something else may come before. It is no byte of UTF-8.
const DELIMITER: u8 = 0xff;

/// A connection.
#[derive(Debug)]
pub(super) struct Link<S> {
    stream: S,
    /// What was read and not yet taken.
    buffer: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    /// Passes over all that was said before the answer to this.
    pub(super) async fn sync(&mut self, number: u32) -> Result<(), NoAgent> {
        self.try_sync(number).await.map_err(NoAgent::Silent)
    }

    async fn try_sync(&mut self, number: u32) -> anyhow::Result<()> {
        let command = "guest-sync-delimited";
        // The delimiter makes the agent drop half a request that it may have from before.
        self.send(&[DELIMITER], command, &json!({ "id": number }))
            .await?;
        let mut stale = 0;
        loop {
            stale += self.skip_to_delimiter(STALE_BYTES_MAX - stale).await?;
            let line = self.line().await?;
            let answer = serde_json::from_slice::<Value>(&line).unwrap_or_default();
            if answer["return"].as_u64() == Some(number.into()) {
                return Ok(());
            }
            stale += line.len();
            ensure!(
                stale < STALE_BYTES_MAX,
                "it says too much that was not asked"
            );
        }
    }

    /// Runs a command, and gives what it returned.
    pub(super) async fn ask(&mut self, command: &str, arguments: &Value) -> Result<Value, NoAgent> {
        let line = self.exchange(command, arguments).await;
        let line = line.map_err(NoAgent::Silent)?;
        let answer = serde_json::from_slice::<Value>(&line);
        let mut answer = answer.context("it says no JSON").map_err(NoAgent::Silent)?;
        if let Some(error) = answer.get("error") {
            let words = error["desc"].as_str().unwrap_or("without a word");
            return Err(NoAgent::Refused(escape(words)));
        }
        let returned = answer.get_mut("return").map(Value::take);
        returned
            .context("its answer is neither a value nor an error")
            .map_err(NoAgent::Silent)
    }

    async fn exchange(&mut self, command: &str, arguments: &Value) -> anyhow::Result<Vec<u8>> {
        self.send(&[], command, arguments).await?;
        self.line().await
    }

    async fn send(
        &mut self,
        before: &[u8],
        command: &str,
        arguments: &Value,
    ) -> anyhow::Result<()> {
        let mut line = before.to_vec();
        let request = json!({ "execute": command, "arguments": arguments });
        serde_json::to_writer(&mut line, &request).context("no request")?;
        line.push(b'\n');
        let written = self.stream.write_all(&line).await;
        written.context("its port is closed")
    }

    /// The next line without its line feed.
    async fn line(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut searched = 0;
        loop {
            let fresh = &self.buffer[searched..];
            if let Some(at) = memchr::memchr(b'\n', fresh) {
                let mut line: Vec<u8> = self.buffer.drain(..=searched + at).collect();
                line.pop();
                return Ok(line);
            }
            searched = self.buffer.len();
            ensure!(
                searched <= ANSWER_BYTES_MAX,
                "its answer has more than {ANSWER_BYTES_MAX} bytes\n\nhint: let the program write \
                 to a file"
            );
            self.read().await?;
        }
    }

    /// Drops everything up to a delimiter and itself: how many bytes that were.
    async fn skip_to_delimiter(&mut self, bytes_max: usize) -> anyhow::Result<usize> {
        let mut dropped = 0;
        loop {
            if let Some(at) = memchr::memchr(DELIMITER, &self.buffer) {
                self.buffer.drain(..=at);
                return Ok(dropped + at + 1);
            }
            dropped += self.buffer.len();
            self.buffer.clear();
            ensure!(dropped < bytes_max, "it says too much that was not asked");
            self.read().await?;
        }
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await;
        ensure!(
            read.context("its port is closed")? > 0,
            "its port is closed"
        );
        Ok(())
    }
}
