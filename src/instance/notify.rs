//! What systemd is told: ready, status, still alive, stopping (`sd_notify(3)`).

use std::cell::Cell;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::time::interval;

/// What systemd is asked for at a time: more than a tool may take (60 s), while which nobody asks.
const EXTENSION: Duration = Duration::from_secs(90);
/// How long that is not asked for again: a queue has room for ten of them
/// (`net.unix.max_dgram_qlen`), and what comes after a full one is lost, the word `READY` too.
const EXTENDED: Duration = Duration::from_secs(10);
/// How often it is asked while something goes on.
pub(super) const EXTEND_EVERY: Duration = Duration::from_secs(20);

/// The other end, where there is one. What cannot be told is not: nothing hangs on it.
#[derive(Debug)]
pub struct Notify {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
    /// When more time was asked for.
    extended: Cell<Option<Instant>>,
}

impl Notify {
    /// As variables of the environment name it.
    #[must_use]
    pub fn find(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let address = variable("NOTIFY_SOCKET").and_then(|name| address(&name));
        let socket = address.and_then(|to| Some((UnixDatagram::unbound().ok()?, to)));
        // A full queue must not hold up a machine.
        let socket = socket.filter(|(socket, _)| socket.set_nonblocking(true).is_ok());
        Self {
            socket,
            watchdog: watchdog(variable, std::process::id()),
            extended: Cell::new(None),
        }
    }

    /// How often it wants to hear that all is well.
    #[must_use]
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Says something: lines of `KEY=VALUE`.
    pub fn say(&self, text: &str) {
        if let Some((socket, to)) = &self.socket {
            _ = socket.send_to_addr(text.as_bytes(), to);
        }
    }

    /// Asks for more time to start, unless it just has.
    pub(super) fn extend_start(&self) {
        let last = self.extended.get();
        if last.is_none_or(|last| last.elapsed() >= EXTENDED) {
            self.extend();
        }
    }

    /// Asks for more time, whatever it is for: what a start was given is no stop's.
    pub(super) fn extend(&self) {
        self.extended.set(Some(Instant::now()));
        let micros = EXTENSION.as_micros();
        self.say(&format!("EXTEND_TIMEOUT_USEC={micros}"));
    }

    /// Asks for more time to start as long as something takes that has deadlines of its own.
    pub(super) async fn extend_while<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut ticks = interval(EXTEND_EVERY);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = ticks.tick() => self.extend_start(),
            }
        }
    }
}

/// A path, or a name without a file behind `@`.
fn address(name: &str) -> Option<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name).ok(),
        [b'/', ..] => SocketAddr::from_pathname(name).ok(),
        _ => None,
    }
}

/// Half of the time that systemd waits, as its manual asks for.
fn watchdog(variable: &dyn Fn(&str) -> Option<String>, own: u32) -> Option<Duration> {
    let pid = variable("WATCHDOG_PID").map(|pid| pid.parse::<u32>());
    if pid.is_some_and(|pid| pid != Ok(own)) {
        return None;
    }
    let micros: u64 = variable("WATCHDOG_USEC")?.parse().ok()?;
    (micros > 0).then(|| Duration::from_micros(micros) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_arrives_by_path_and_by_name() {
        let folder = tempfile::tempdir().expect("the test may write");
        let path = folder.path().join("notify");
        let name = format!("lucarne-test-{}", std::process::id());
        let by_name = SocketAddr::from_abstract_name(&name).expect("a name");
        for (listener, said) in [
            (
                UnixDatagram::bind(&path),
                path.to_str().expect("UTF-8").to_owned(),
            ),
            (UnixDatagram::bind_addr(&by_name), format!("@{name}")),
        ] {
            let listener = listener.expect("the test may listen");
            let notify = Notify::find(&|key| (key == "NOTIFY_SOCKET").then(|| said.clone()));
            notify.say("READY=1\nSTATUS=ready");
            let mut buffer = [0; 64];
            let length = listener.recv(&mut buffer).expect("it arrived");
            assert_eq!(&buffer[..length], b"READY=1\nSTATUS=ready");
        }
        Notify::find(&|_| None).say("READY=1");
    }

    #[test]
    fn more_time_is_asked_for_while_something_goes_on() {
        let folder = tempfile::tempdir().expect("the test may write");
        let path = folder.path().join("notify");
        let listener = UnixDatagram::bind(&path).expect("the test may listen");
        listener.set_nonblocking(true).expect("is a socket");
        let said = path.to_str().expect("UTF-8");
        let notify = Notify::find(&|key| (key == "NOTIFY_SOCKET").then(|| said.to_owned()));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        // It ends when it was told of.
        let work = async {
            let mut buffer = [0; 64];
            loop {
                if let Ok(length) = listener.recv(&mut buffer) {
                    return buffer[..length].to_vec();
                }
                tokio::task::yield_now().await;
            }
        };
        let told = runtime.block_on(notify.extend_while(work));
        assert_eq!(told, b"EXTEND_TIMEOUT_USEC=90000000");
        // Nobody reads for a while, and what matters still has room.
        (0..20).for_each(|_| notify.extend_start());
        notify.say("READY=1");
        // A stop's time is its own.
        notify.extend();
        for expected in ["READY=1", "EXTEND_TIMEOUT_USEC=90000000"] {
            let mut buffer = [0; 64];
            let length = listener.recv(&mut buffer).expect("it arrived");
            assert_eq!(&buffer[..length], expected.as_bytes());
        }
    }

    #[test]
    fn the_watchdog_is_fed_twice_as_often_and_only_its_own() {
        let asked = |usec: &str, pid: Option<&str>| {
            let variable = |key: &str| match key {
                "WATCHDOG_USEC" => Some(usec.to_owned()),
                "WATCHDOG_PID" => pid.map(ToOwned::to_owned),
                _ => None,
            };
            watchdog(&variable, 7)
        };
        assert_eq!(asked("30000000", None), Some(Duration::from_secs(15)));
        assert_eq!(asked("30000000", Some("7")), Some(Duration::from_secs(15)));
        assert_eq!(asked("30000000", Some("8")), None);
        assert_eq!(asked("0", None), None);
        assert_eq!(asked("soon", None), None);
    }
}
