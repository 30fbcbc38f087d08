//! SIGTERM, and what else ends a process that does not listen, whatever the helper is at.
//!
//! While a machine runs its supervisor hears them, and ends the machine first. At any other time
//! the main thread may be hashing an ISO or waiting for a tool; then the thread here removes what
//! is not finished and ends the process, and the kernel ends the children (see [`crate::guard`]).

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use anyhow::Context as _;
use rustix::process::Signal;
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::watch;

use crate::failure::{self, Failure};
use crate::output::{Output, Traces};

/// What ends a process that does not listen, though it did nothing wrong itself. Whoever sends one
/// of them means the end, and no passwords are left behind it; those of a limit (SIGXCPU, SIGXFSZ)
/// the kernel sends. Not heard: SIGPIPE, which Rust ignores, SIGKILL, which nobody hears, and
/// SIGSTKFLT and those for real time, which no system sends.
const ENDING: [Signal; 13] = [
    Signal::INT,
    Signal::TERM,
    Signal::HUP,
    Signal::QUIT,
    Signal::USR1,
    Signal::USR2,
    Signal::ALARM,
    Signal::VTALARM,
    Signal::PROF,
    Signal::IO,
    Signal::XCPU,
    Signal::XFSZ,
    Signal::POWER,
];
/// How often it is tried to remove what somebody still writes to.
const REMOVALS_MAX: u32 = 100;
/// How many signals are kept. Whoever presses on after so many has been understood.
const HEARD_MAX: usize = 64;

/// The listening thread's other end. Made once, by the command that installs.
#[derive(Clone, Debug)]
pub struct Signals {
    state: Arc<Mutex<State>>,
    /// All that came, in order.
    heard: watch::Receiver<Vec<i32>>,
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
pub struct Supervised {
    signals: Signals,
    /// How many its owner has heard.
    #[cfg(feature = "cli")]
    known: Rc<Cell<usize>>,
}

/// Tells whether signals came that a supervisor has not heard yet.
#[derive(Clone, Debug)]
pub struct Unheard {
    heard: watch::Receiver<Vec<i32>>,
    /// The supervisor's own count.
    known: Rc<Cell<usize>>,
}

impl Signals {
    /// Starts to listen.
    pub fn listen() -> anyhow::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let (sender, heard) = watch::channel(Vec::new());
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

    /// Puts what was made into its place. A signal waits meanwhile: one that came in the midst of
    /// it would remove files of what has just appeared.
    pub fn commit(&self, output: Output) -> anyhow::Result<()> {
        let _state = lock(&self.state);
        output.commit()
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
        Supervised {
            signals: self.clone(),
            #[cfg(feature = "cli")]
            known: Rc::default(),
        }
    }

    /// Fails when a signal came that no supervisor has acted on any more.
    pub fn check(&self) -> Result<(), Failure> {
        let last = self.heard.borrow().last().copied();
        last.map_or(Ok(()), |number| Err(Failure::Signal(number)))
    }
}

impl Supervised {
    /// The number of the first signal that came. Dropping the future loses nothing.
    pub async fn heard(&mut self) -> i32 {
        number(&mut self.signals.heard, || 0).await
    }
}

#[cfg(feature = "cli")]
impl Supervised {
    /// The number of the next signal, for an owner that goes on after the first. Dropping the
    /// future loses nothing, and neither does a second one that comes before the first is heard.
    pub(crate) async fn next(&mut self) -> i32 {
        let number = number(&mut self.signals.heard, || self.known.get()).await;
        self.known.set(self.known.get() + 1);
        number
    }

    /// Whether there is one to be heard.
    pub(crate) fn is_waiting(&self) -> bool {
        self.signals.heard.borrow().len() > self.known.get()
    }

    /// For whoever must not keep the owner from hearing the next one.
    pub(crate) fn unheard(&self) -> Unheard {
        Unheard {
            heard: self.signals.heard.clone(),
            known: Rc::clone(&self.known),
        }
    }
}

impl Unheard {
    /// One that is waiting already.
    #[cfg(test)]
    pub(crate) fn waiting() -> Self {
        Self {
            heard: watch::channel(vec![2]).1,
            known: Rc::default(),
        }
    }

    /// Waits until there is one.
    pub async fn any(&mut self) {
        number(&mut self.heard, || self.known.get()).await;
    }
}

/// The number of the signal at this place in their order.
async fn number(heard: &mut watch::Receiver<Vec<i32>>, at: impl Fn() -> usize) -> i32 {
    let number = heard.wait_for(|all| all.len() > at()).await;
    match number.map(|all| all.get(at()).copied()) {
        Ok(Some(number)) => number,
        // The thread is gone, and with it every signal.
        _ => std::future::pending().await,
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        lock(&self.signals.state).supervised = false;
    }
}

async fn hear(
    state: &Mutex<State>,
    sender: &watch::Sender<Vec<i32>>,
    ready: &std::sync::mpsc::Sender<anyhow::Result<()>>,
) {
    let all = ENDING.map(Signal::as_raw).into_iter().map(|number| {
        let listener = unix::signal(SignalKind::from_raw(number))?;
        Ok((number, listener))
    });
    let (mut all, answer) = match all.collect::<std::io::Result<Vec<_>>>() {
        Ok(all) => (all, Ok(())),
        Err(error) => (Vec::new(), Err(error).context("no signal handlers")),
    };
    _ = ready.send(answer);
    if all.is_empty() {
        return;
    }
    loop {
        let number = next(&mut all).await;
        // Whose it is, is settled before anyone hears of it: a quick supervisor would be gone.
        let state = lock(state);
        sender.send_if_modified(|all| {
            let fits = all.len() < HEARD_MAX;
            all.extend(fits.then_some(number));
            fits
        });
        if !state.supervised {
            end(number, &state.unfinished);
        }
    }
}

/// The number of the next signal; of several at once, of the first in the list.
async fn next(all: &mut [(i32, unix::Signal)]) -> i32 {
    poll_fn(|context| {
        let came = |(number, listener): &mut (i32, unix::Signal)| {
            listener.poll_recv(context).is_ready().then_some(*number)
        };
        all.iter_mut()
            .find_map(came)
            .map_or(Poll::Pending, Poll::Ready)
    })
    .await
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
        let send = |signal| {
            let own = rustix::process::getpid();
            rustix::process::kill_process(own, signal).expect("a signal to oneself");
        };
        send(Signal::HUP);
        assert_eq!(runtime.block_on(supervised.heard()), 1);
        assert!(matches!(signals.check(), Err(Failure::Signal(1))));
        #[cfg(feature = "cli")]
        hears_each(&runtime, &mut supervised, send);
    }

    /// A second signal is one more, though it came before the first was heard, and so is one of any
    /// other kind.
    #[cfg(feature = "cli")]
    fn hears_each(
        runtime: &tokio::runtime::Runtime,
        supervised: &mut Supervised,
        send: impl Fn(Signal),
    ) {
        send(Signal::HUP);
        let mut heard = supervised.signals.heard.clone();
        runtime
            .block_on(heard.wait_for(|all| all.len() == 2))
            .expect("the thread listens");
        let mut unheard = supervised.unheard();
        for _ in 0..2 {
            runtime.block_on(unheard.any());
            assert_eq!(runtime.block_on(supervised.next()), 1);
        }
        // What its owner does about the last one is not hurried by it.
        let is_hurried = runtime.block_on(async {
            tokio::select! {
                biased;
                () = unheard.any() => true,
                () = std::future::ready(()) => false,
            }
        });
        assert!(!is_hurried);
        for signal in ENDING {
            send(signal);
            assert_eq!(runtime.block_on(supervised.next()), signal.as_raw());
        }
    }
}
