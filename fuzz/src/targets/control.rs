//! What a client asks of a running machine, and what a guest's agent says.

use lucarne::instance::control::{self, Refusal, Reply, Request};

use super::peer;

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
    peer::hear(data, SYNCED, control::hostile);
}
