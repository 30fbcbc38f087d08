//! The server: connections in, requests out to the supervisor's loop.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;
use serde_json::Value;
use tokio::net::UnixListener;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet, spawn_local};
use tokio::time::{sleep, timeout};

use super::connection::{self, Ends};
use super::{Access, CLIENTS_MAX, Refusal, Reply, Request, SOCKET};
use crate::qemu::listen;

/// How long clients may take to read their last replies.
const END_PATIENCE: Duration = Duration::from_secs(10);
/// Replies that a client has not taken yet. More progress is left out.
const REPLIES_MAX: usize = 4;
/// How long a listener rests that cannot accept: nothing tells when there are descriptors again.
const REST: Duration = Duration::from_millis(100);

/// A listening socket. Dropping it ends every connection.
#[derive(Debug)]
pub struct Server {
    asked: mpsc::Receiver<Asked>,
    ends: watch::Sender<bool>,
    accepts: JoinHandle<()>,
}

/// A request, and the way back to who asked.
#[derive(Debug)]
pub struct Asked {
    pub request: Request,
    pub answer: Answer,
}

/// Where the answer goes. Dropped without one, the client is told that the machine ended.
#[derive(Debug)]
pub struct Answer(mpsc::Sender<Reply>);

impl Answer {
    /// Both ends: what is given to the one comes out of the other.
    pub(super) fn new() -> (Self, mpsc::Receiver<Reply>) {
        let (sender, replies) = mpsc::channel(REPLIES_MAX);
        (Self(sender), replies)
    }

    /// Gives the answer. Nobody may be waiting any more, which changes nothing.
    pub fn give(self, result: Result<Value, Refusal>) {
        let reply = Reply::from(result);
        if let Err(TrySendError::Full(reply)) = self.0.try_send(reply) {
            // The client is slow to take its progress, and the supervisor waits for nobody.
            spawn_local(async move { _ = self.0.send(reply).await });
        }
    }

    /// Tells how far it is, if the client listens.
    pub fn progress(&self, progress: Value) {
        _ = self.0.try_send(Reply::Progress { progress });
    }

    /// Whether nobody waits any more.
    #[must_use]
    pub fn is_given_up(&self) -> bool {
        self.0.is_closed()
    }
}

impl Server {
    /// Listens in a machine's runtime folder, which is this process's own. Needs a `LocalSet`.
    pub fn listen(folder: &Utf8Path, access: Access) -> anyhow::Result<Self> {
        // A machine that was killed left it. That none runs now, the caller's lock says.
        let old = folder.join(SOCKET);
        if old.symlink_metadata().is_ok() {
            fs::remove_file(&old).with_context(|| format!("cannot remove `{old}`"))?;
        }
        let listener = listen(folder, SOCKET)?;
        access.open(folder, SOCKET)?;
        let (sender, asked) = mpsc::channel(CLIENTS_MAX);
        let (ends, ending) = watch::channel(false);
        Ok(Self {
            asked,
            ends,
            accepts: spawn_local(accept(listener, access, sender, ending)),
        })
    }

    /// The next request. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Asked {
        match self.asked.recv().await {
            Some(asked) => asked,
            // The listening task ends with the server only.
            None => std::future::pending().await,
        }
    }

    /// Ends it, when clients have been told what was answered.
    pub async fn finish(mut self) {
        self.ends.send_replace(true);
        self.asked.close();
        _ = timeout(END_PATIENCE, &mut self.accepts).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepts.abort();
    }
}

/// Owns the connections: they end with this task.
async fn accept(
    listener: UnixListener,
    access: Access,
    sender: mpsc::Sender<Asked>,
    mut ending: Ends,
) {
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = clients.join_next() => continue,
            _ = ending.wait_for(|ends| *ends) => break,
        };
        match accepted {
            Ok((stream, _)) if clients.len() < CLIENTS_MAX => {
                let served = connection::serve(stream, access, sender.clone(), ending.clone());
                clients.spawn_local(served);
            }
            Ok((stream, _)) => connection::turn_away(&stream),
            Err(_) => sleep(REST).await,
        }
    }
    // What has been asked is answered, or dropped unanswered, which is an answer too.
    drop(sender);
    while clients.join_next().await.is_some() {}
}
