//! SIGINT, SIGTERM and SIGHUP, whatever the helper is at.
//!
//! While a machine runs its supervisor hears them, and ends the machine first. At any other time
//! the main thread may be hashing an ISO or waiting for a tool; then the thread here removes what
//! is not finished and ends the process, and the kernel ends the children (see [`crate::guard`]).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::failure::{self, Failure};
use crate::output::Traces;

/// How often it is tried to remove what somebody still writes to.
const REMOVALS_MAX: u32 = 100;

/// The listening thread's other end. Made once, by the command that installs.
#[derive(Clone, Debug)]
pub struct Signals {
    state: Arc<Mutex<State>>,
    heard: watch::Receiver<Option<i32>>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether a supervisor listens.
    supervised: bool,
    /// What is removed when nobody else does it.
    unfinished: Vec<Traces>,
}

/// While it lives, signals are its owner's.
#[derive(Debug)]
pub struct Supervised(Signals);

impl Signals {
    /// Starts to listen.
    pub fn listen() -> anyhow::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let (sender, heard) = watch::channel(None);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .context("no runtime")?;
        let (ready, listens) = std::sync::mpsc::channel();
        let shared = Arc::clone(&state);
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || runtime.block_on(hear(&shared, &sender, &ready)))
            .context("no thread for signals")?;
        listens.recv().context("the signals' thread ended")??;
        Ok(Self { state, heard })
    }

    /// Removes this when a signal ends the process.
    pub fn remove_at_end(&self, traces: &Traces) {
        lock(&self.state).unfinished.push(traces.clone());
    }

    /// Makes something whose traces are removed when a signal ends the process. The signal waits
    /// while it is made: what is not known yet would be left.
    pub fn make<T>(
        &self,
        make: impl FnOnce() -> anyhow::Result<T>,
        traces: impl FnOnce(&T) -> &Traces,
    ) -> anyhow::Result<T> {
        let mut state = lock(&self.state);
        let thing = make()?;
        state.unfinished.push(traces(&thing).clone());
        Ok(thing)
    }

    /// Waits for the end that a signal may have begun: what fails meanwhile fails because its
    /// files are removed, and that is nobody's to tell.
    pub fn settle(&self) {
        drop(lock(&self.state));
    }

    /// Hands signals to a supervisor.
    #[must_use]
    pub fn supervise(&self) -> Supervised {
        lock(&self.state).supervised = true;
        Supervised(self.clone())
    }

    /// Fails when a signal came that no supervisor has acted on any more.
    pub fn check(&self) -> Result<(), Failure> {
        let heard = *self.heard.borrow();
        heard.map_or(Ok(()), |number| Err(Failure::Signal(number)))
    }
}

impl Supervised {
    /// The number of the signal that came. Dropping the future loses nothing.
    pub async fn heard(&mut self) -> i32 {
        match self
            .0
            .heard
            .wait_for(Option::is_some)
            .await
            .map(|heard| *heard)
        {
            Ok(Some(number)) => number,
            // The thread is gone, and with it every signal.
            _ => std::future::pending().await,
        }
    }
}

#[cfg(feature = "cli")]
impl Supervised {
    /// The number of the next signal, for an owner that goes on after the first. Dropping the
    /// future loses nothing.
    pub(crate) async fn next(&mut self) -> i32 {
        loop {
            // The thread is gone, and with it every signal.
            if self.0.heard.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            if let Some(number) = *self.0.heard.borrow_and_update() {
                return number;
            }
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        lock(&self.0.state).supervised = false;
    }
}

async fn hear(
    state: &Mutex<State>,
    sender: &watch::Sender<Option<i32>>,
    ready: &std::sync::mpsc::Sender<anyhow::Result<()>>,
) {
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let all: Result<Vec<_>, _> = kinds.into_iter().map(signal).collect();
    let (all, answer) = match all {
        Ok(all) => (all, Ok(())),
        Err(error) => (Vec::new(), Err(error).context("no signal handlers")),
    };
    _ = ready.send(answer);
    let Ok([mut interrupt, mut terminate, mut hangup]) = <[_; 3]>::try_from(all) else {
        return;
    };
    loop {
        let kind = tokio::select! {
            _ = interrupt.recv() => SignalKind::interrupt(),
            _ = terminate.recv() => SignalKind::terminate(),
            _ = hangup.recv() => SignalKind::hangup(),
        };
        let number = kind.as_raw_value();
        // Whose it is, is settled before anyone hears of it: a quick supervisor would be gone.
        let state = lock(state);
        sender.send_replace(Some(number));
        if !state.supervised {
            end(number, &state.unfinished);
        }
    }
}

/// Ends the process from this thread: the main one is busy with something that nobody needs.
#[allow(clippy::exit, reason = "unwinding would wait for the main thread")]
fn end(number: i32, unfinished: &[Traces]) -> ! {
    // What was made last lies in what was made first.
    for traces in unfinished.iter().rev() {
        // The main thread may still make files there, until there is no place for any. Whoever
        // stopped it is not waiting for reasons.
        (0..REMOVALS_MAX).any(|_| traces.remove().is_ok());
    }
    failure::tell(&Failure::Signal(number));
    std::process::exit(128 + number);
}

/// What is behind the lock is whole at any time.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_supervisor_hears_a_signal_and_what_follows_knows_of_it() {
        let signals = Signals::listen().expect("threads and handlers");
        assert!(signals.check().is_ok());
        let mut supervised = signals.supervise();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::HUP)
            .expect("a signal to oneself");
        assert_eq!(runtime.block_on(supervised.heard()), 1);
        assert!(matches!(signals.check(), Err(Failure::Signal(1))));
    }
}
