//! Somebody at the other end of a socket, who says what they were given and hangs up.

use std::os::unix::net::UnixStream as Socket;

use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

/// Lets `ours` talk to a peer that says some bytes, whatever it is told. The first byte of `data`
/// says whether the peer begins well, with `hello`, before it says the rest.
pub(super) fn hear(data: &[u8], hello: &[u8], ours: impl AsyncFnOnce(UnixStream)) {
    let Some((&how, said)) = data.split_first() else {
        return;
    };
    let said = match how & 1 {
        0 => [hello, said].concat(),
        _ => said.to_vec(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (here, there) = Socket::pair().expect("two sockets");
        here.set_nonblocking(true).expect("ours");
        there.set_nonblocking(true).expect("ours");
        let here = UnixStream::from_std(here).expect("a runtime");
        let mut there = UnixStream::from_std(there).expect("a runtime");
        let peer = tokio::spawn(async move {
            _ = there.write_all(&said).await;
            _ = there.shutdown().await;
            there
        });
        ours(here).await;
        drop(peer.await);
    });
}
