//! What QEMU says on its monitor, right up to where it hangs up.

use std::os::unix::net::UnixStream as Socket;

use lucarne::qemu::{Qmp, Transcript};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

/// As QEMU greets and takes the first command.
const READY: &[u8] = b"{\"QMP\":{\"version\":{},\"capabilities\":[]}}\n{\"return\":{},\"id\":1}\n";

/// The first byte says whether QEMU greets as it should before it says the rest.
pub(crate) fn qmp(data: &[u8]) {
    let Some((&how, said)) = data.split_first() else {
        return;
    };
    let said = match how & 1 {
        0 => [READY, said].concat(),
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
        talk(ours).await;
        drop(peer.await);
    });
}

/// Asks as an install does. Every answer and event is bounded by what was said, so this ends.
async fn talk(stream: UnixStream) {
    let Ok(mut qmp) = Qmp::start(stream, Transcript::none()).await else {
        return;
    };
    _ = qmp.execute("query-status", json!({})).await;
    _ = qmp.poll("query-blockstats").await;
    while qmp.event().await.is_ok() {}
    _ = qmp.execute("quit", json!({})).await;
}
