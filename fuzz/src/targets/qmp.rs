//! What QEMU says on its monitor, right up to where it hangs up.

use lucarne::qemu::{Qmp, Transcript};
use serde_json::json;
use tokio::net::UnixStream;

use super::peer;

/// As QEMU greets and takes the first command.
const READY: &[u8] = b"{\"QMP\":{\"version\":{},\"capabilities\":[]}}\n{\"return\":{},\"id\":1}\n";

/// The first byte says whether QEMU greets as it should before it says the rest.
pub(crate) fn qmp(data: &[u8]) {
    peer::hear(data, READY, talk);
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
