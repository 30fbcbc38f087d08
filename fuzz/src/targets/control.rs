//! What a client asks of a running machine, and what a guest's agent says.

use std::os::unix::net::UnixStream as Socket;

use lucarne::instance::control::{self, Refusal, Reply, Request};
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

/// As an agent answers the first request of an exchange.
const SYNCED: &[u8] = b"\xff{\"return\":7}\n";

/// A line on the control socket, and the same as its answer.
pub(crate) fn control(data: &[u8]) {
    match Request::read(data) {
        Ok(request) => {
            // What is handed on is what would be read again.
            let line = serde_json::to_vec(&request).expect("a request is JSON");
            assert_eq!(Request::read(&line), Ok(request));
        }
        Err(Refusal { message, .. }) => assert!(message.len() < 1000, "{message}"),
    }
    if let Ok(reply) = Reply::read(data) {
        let line = reply.line();
        let end = line.iter().position(|byte| *byte == b'\n');
        assert_eq!(end, Some(line.len() - 1), "one line");
        assert_eq!(Reply::read(&line).expect("a reply"), reply);
    }
}

/// The first byte says whether the agent answers as it should before it says the rest.
pub(crate) fn agent(data: &[u8]) {
    let Some((&how, said)) = data.split_first() else {
        return;
    };
    let said = match how & 1 {
        0 => [SYNCED, said].concat(),
        _ => said.to_vec(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (ours, theirs) = Socket::pair().expect("two sockets");
        ours.set_nonblocking(true).expect("ours");
        theirs.set_nonblocking(true).expect("theirs");
        let ours = UnixStream::from_std(ours).expect("a runtime");
        let mut theirs = UnixStream::from_std(theirs).expect("a runtime");
        let peer = tokio::spawn(async move {
            _ = theirs.write_all(&said).await;
            _ = theirs.shutdown().await;
            theirs
        });
        control::hostile(ours).await;
        drop(peer.await);
    });
}
