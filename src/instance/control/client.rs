//! The other end of the control socket, for commands: it asks, and waits.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use camino::Utf8Path;
use serde_json::Value;

use super::{REPLY_BYTES_MAX, Refusal, Reply, Request, SOCKET};
use crate::qemu::connect_plainly;

/// How long a line of progress, or the answer without a deadline, may keep one waiting. It is a
/// day, for a machine may be told to shut down within that.
const SILENCE_MAX: Duration = Duration::from_secs(86_400);

/// Why a machine cannot be asked.
#[derive(Debug)]
pub enum Unreachable {
    /// It does not run.
    Stopped,
    /// It runs for somebody else.
    NotAllowed,
    /// The host's reason.
    Broken(anyhow::Error),
}

/// A connection to a machine.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects to the machine of a runtime folder.
    pub fn connect(folder: &Utf8Path) -> Result<Self, Unreachable> {
        let stream = connect_plainly(folder, SOCKET).map_err(|error| match error.kind() {
            // No folder, no socket, or one that nobody listens on.
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Unreachable::Stopped,
            io::ErrorKind::PermissionDenied => Unreachable::NotAllowed,
            _ => Unreachable::Broken(
                anyhow::Error::new(error).context(format!("cannot connect to `{folder}/{SOCKET}`")),
            ),
        })?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    /// Asks, and waits for the answer. How far it is goes to `progress`.
    pub fn ask(
        &mut self,
        request: &Request,
        mut progress: impl FnMut(&Value),
    ) -> anyhow::Result<Value> {
        let mut line = serde_json::to_vec(request).context("no request")?;
        line.push(b'\n');
        // One that turns clients away has said why, and may have gone by now.
        let written = self.stream.write_all(&line);
        let patience = request.patience().unwrap_or(SILENCE_MAX);
        let until = Instant::now() + patience;
        loop {
            let until = match request.patience() {
                Some(_) => until,
                None => Instant::now() + SILENCE_MAX,
            };
            let line = match self.line(until) {
                Ok(line) => line,
                Err(error) => return Err(written.err().map_or(error, anyhow::Error::new)),
            };
            match Reply::read(&line)? {
                Reply::Ok { ok } => return Ok(ok),
                Reply::Error(refusal) => bail!(refusal),
                Reply::Progress { progress: told } => progress(&told),
            }
        }
    }

    fn line(&mut self, until: Instant) -> anyhow::Result<Vec<u8>> {
        let mut searched = 0;
        loop {
            let fresh = &self.buffer[searched..];
            if let Some(at) = fresh.iter().position(|byte| *byte == b'\n') {
                return Ok(self.buffer.drain(..=searched + at).collect());
            }
            searched = self.buffer.len();
            ensure!(
                searched <= REPLY_BYTES_MAX,
                "the machine's reply has more than {REPLY_BYTES_MAX} bytes"
            );
            let left = until.saturating_duration_since(Instant::now());
            ensure!(
                !left.is_zero(),
                "the machine gave no reply in time\n\nhint: its `lucarne run` may stand still, or \
                 the host have much else to do: see what its log or terminal says, and ask again"
            );
            self.stream.set_read_timeout(Some(left))?;
            let mut chunk = [0; 16 << 10];
            match self.stream.read(&mut chunk) {
                Ok(0) => bail!("the machine ended before it answered"),
                Ok(n) => self.buffer.extend_from_slice(&chunk[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error).context("the machine is gone"),
            }
        }
    }
}

impl Unreachable {
    /// What a person is told about a machine of a name.
    #[must_use]
    pub fn tell(self, name: &str) -> anyhow::Error {
        match self {
            Self::Stopped => anyhow::anyhow!(
                "`{name}` does not run\n\nhint: `lucarne run` or its service starts it"
            ),
            Self::NotAllowed => Refusal::new(format!("`{name}` is not yours to control"))
                .hint("be its user, root or a member of its group")
                .into(),
            Self::Broken(error) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::instance::control::SOCKET;

    #[test]
    fn a_machine_that_says_nothing_is_told_with_what_to_do() {
        let keep = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(keep.path()).expect("UTF-8");
        let _listens = UnixListener::bind(folder.join(SOCKET)).expect("the test may listen");
        let mut client = Client::connect(folder).expect("it listens");
        let told = client.line(Instant::now()).expect_err("says nothing");
        let told = told.to_string();
        let (what, hint) = told.split_once("\n\nhint: ").expect("what to do");
        assert_eq!(what, "the machine gave no reply in time");
        assert!(hint.ends_with("ask again"), "{hint}");
    }
}
