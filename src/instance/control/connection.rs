//! One client's connection: a line in, an answer out, and so on until it goes.

use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::{
    Access, Answer, Asked, CLIENTS_MAX, Kind, Peer, REPLY_BYTES_MAX, REQUEST_BYTES_MAX, Refusal,
    Reply, Request,
};

/// How long a client may take to say what it wants, and to take what it is told.
const PATIENCE: Duration = Duration::from_secs(10);

/// Becomes true when no more is to be asked.
pub(super) type Ends = watch::Receiver<bool>;

struct Connection {
    stream: UnixStream,
    /// What was read and is no whole line yet.
    buffer: Vec<u8>,
}

/// Serves a client until it goes, or takes too long.
pub(super) async fn serve(
    stream: UnixStream,
    access: Access,
    sender: mpsc::Sender<Asked>,
    mut ends: Ends,
) {
    let allowed = allow(&stream, &access);
    let mut connection = Connection {
        stream,
        buffer: Vec::new(),
    };
    let peer = match allowed {
        Ok(peer) => peer,
        Err(refusal) => {
            _ = connection.write(Reply::Error(refusal)).await;
            return;
        }
    };
    loop {
        let line = tokio::select! {
            line = timeout(PATIENCE, connection.line()) => line,
            _ = ends.wait_for(|ends| *ends) => return,
        };
        // It has gone, or says nothing.
        let Ok(Ok(Some(line))) = line else {
            return;
        };
        let (answer, replies) = Answer::new();
        match Request::read(&line) {
            Ok(request) if !access.permits(&peer, &request) => {
                let message = "only the machine's user may have that written";
                let refusal = Refusal::new(message).kind(Kind::NotAllowed);
                answer.give(Err(refusal.hint("ask as that user, or as root")));
            }
            Ok(request) => {
                // Nobody takes it when the machine ends, which is then told below.
                _ = sender.send(Asked { request, answer }).await;
            }
            Err(refusal) => answer.give(Err(refusal)),
        }
        let told = connection.answer(replies).await;
        // Where a request that is too long ends, nobody looks for.
        if told.is_err() || line.len() > REQUEST_BYTES_MAX {
            return;
        }
    }
}

/// Whether the peer may ask.
fn allow(stream: &UnixStream, access: &Access) -> Result<Peer, Refusal> {
    let known = stream.peer_cred().context("cannot see who asks")?;
    let peer = Peer::new(known.uid(), known.gid(), known.pid());
    if access.lets(&peer) {
        return Ok(peer);
    }
    let message = format!("user {} may not control this machine", peer.user);
    Err(Refusal::new(message)
        .kind(Kind::NotAllowed)
        .hint("its owner, root and the members of its group may; `run --group` names the group"))
}

/// Tells a client that there are too many, if it can be told at once.
pub(super) fn turn_away(stream: &UnixStream) {
    let message = format!("{CLIENTS_MAX} clients are connected already");
    let refusal = Refusal::new(message).kind(Kind::Busy);
    _ = stream.try_write(&Reply::Error(refusal).line());
}

impl Connection {
    /// The next line; `None` at the end. One that is too long comes cut, and is refused as such.
    async fn line(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut searched = 0;
        loop {
            let fresh = &self.buffer[searched..];
            if let Some(at) = fresh.iter().position(|byte| *byte == b'\n') {
                return Ok(Some(self.buffer.drain(..=searched + at).collect()));
            }
            searched = self.buffer.len();
            if searched > REQUEST_BYTES_MAX {
                return Ok(Some(std::mem::take(&mut self.buffer)));
            }
            let room = REQUEST_BYTES_MAX + 1 - searched;
            let mut chunk = (&mut self.stream).take(room as u64);
            if chunk.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Hands on replies up to the last. A client that has closed its writing end may still read,
    /// so that it has gone is seen where it is written to.
    async fn answer(&mut self, mut replies: mpsc::Receiver<Reply>) -> anyhow::Result<()> {
        loop {
            let reply = replies.recv().await.unwrap_or_else(|| {
                let message = "the machine ended before it answered";
                Reply::Error(Refusal::new(message))
            });
            let is_last = !matches!(reply, Reply::Progress { .. });
            self.write(reply).await?;
            if is_last {
                return Ok(());
            }
        }
    }

    async fn write(&mut self, reply: Reply) -> anyhow::Result<()> {
        let mut line = reply.line();
        if line.len() > REPLY_BYTES_MAX {
            let message = format!("the answer has more than {REPLY_BYTES_MAX} bytes");
            line = Reply::Error(Refusal::new(message)).line();
        }
        timeout(PATIENCE, self.stream.write_all(&line)).await??;
        Ok(())
    }
}
