//! What happens to a machine that runs, and what is done about it. Pure: what is heard and when
//! goes in, what to do comes out.

mod host;
mod identity;
mod start;
mod stop;
#[cfg(test)]
mod transcripts;
mod trouble;

use std::time::Duration;

use lucarne_protocol::{Kind, Status};

use super::spec::Reset;
use super::state::Phase;
use crate::failure::Story;
use crate::guest::{Input, escape};
use crate::qemu::Event;
use host::Full;
use start::Start;
use stop::Asked;
use trouble::{Of, Troubles};

/// After how long without `ready` a word is said, as KVM would need.
const SLOW: Duration = Duration::from_secs(600);
/// How often Windows may restart in a row, with a new disk each time, without getting ready. One
/// more is the end.
const RESTARTS_MAX: u32 = 5;

/// Something that was heard.
#[derive(Clone, Debug)]
pub enum Heard {
    /// Of the guest, QEMU and the clock.
    Machine(Input),
    /// A process beside QEMU ended, without which the guest goes on.
    Lost(String),
    /// A signal to this process, by its number.
    Signal(i32),
    /// Somebody asks for the machine's end, within a time.
    Stop(Option<Duration>),
    /// Somebody asks to cut its power.
    Kill,
    /// Somebody asks for a start from a new system disk.
    Reset,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// The machine is in this phase now.
    Enter(Phase),
    /// The config CD is taken out: whoever is logged on must not read it.
    Eject,
    /// It is put back, for the next start of Windows.
    Insert,
    /// The machine has restarted, in the same QEMU.
    Restarted,
    /// From now on a restart of Windows ends QEMU.
    EndAtRestart,
    /// Windows is asked to shut down.
    Ask,
    /// Who waits for the machine's start is asked to wait on.
    Extend,
    /// A machine that stopped for want of space is let go on.
    Continue,
    /// QEMU is told to end.
    Quit,
    /// Power is cut, for this reason, which is recorded.
    CutPower(String),
    Note(String),
    Warn(String),
    /// Something is wrong, and the machine goes on; `None`: it is well again.
    Trouble(Option<String>),
    End(End),
}

/// How a run of QEMU ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Windows powered itself off; in an identity run, once that was done.
    Off,
    /// It was asked to.
    Stopped,
    /// The machine starts again, from a new system disk.
    Again,
    /// Windows crashed, or never got ready.
    Guest(Story),
    /// What makes the instance itself took too long.
    TimedOut(Story),
    /// The host failed.
    Host(Story),
}

/// What a course goes by.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub reset: Reset,
    /// How long Windows may take to shut down.
    pub shutdown: Duration,
    /// After how long without `ready` a word is said.
    pub slow: Duration,
    /// In an identity run, how long that may take.
    pub identity: Option<Duration>,
}

impl Limits {
    /// Those of a machine; `factor`: how much longer everything takes than with KVM.
    #[must_use]
    pub fn new(reset: Reset, shutdown_sec: u64, factor: u32) -> Self {
        Self {
            reset,
            shutdown: Duration::from_secs(shutdown_sec),
            slow: SLOW * factor,
            identity: None,
        }
    }

    /// Those of an identity run: Windows restarts as it likes, with the disk as it is.
    #[must_use]
    pub fn of_identity(shutdown_sec: u64, factor: u32) -> Self {
        Self {
            identity: Some(identity::DEADLINE * factor),
            ..Self::new(Reset::OnStart, shutdown_sec, factor)
        }
    }
}

/// One machine, over all of its starts.
#[derive(Debug)]
pub struct Course {
    /// The machine's name, for hints.
    name: String,
    limits: Limits,
    phase: Phase,
    /// When the first start of QEMU began, when this one, and when this one of Windows.
    first: Duration,
    began: Duration,
    since: Duration,
    start: Start,
    asked: Option<Asked>,
    /// How often Ctrl-C was pressed.
    interrupts: u32,
    /// How QEMU's end will be meant, and since when that is known.
    leaving: Option<(End, Duration)>,
    /// A disk that has no room.
    full: Option<Full>,
    /// The last error of a disk, for the stop that follows it.
    io_error: Option<(String, String)>,
    /// Whether a restart of Windows ends QEMU by now.
    armed: bool,
    /// Restarts without `ready` between them.
    restarts: u32,
    /// Whether an identity run's guest said `done`.
    done: bool,
    /// How many were told.
    told: u32,
    troubles: Troubles,
}

impl Course {
    /// One whose first start of QEMU begins now.
    #[must_use]
    pub fn new(name: &str, limits: Limits, now: Duration) -> Self {
        Self {
            name: name.to_owned(),
            limits,
            phase: Self::first_phase(&limits),
            first: now,
            began: now,
            since: now,
            start: Start::default(),
            asked: None,
            interrupts: 0,
            leaving: None,
            full: None,
            io_error: None,
            armed: false,
            restarts: 0,
            done: false,
            told: 0,
            troubles: Troubles::default(),
        }
    }

    /// How far the machine is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    fn first_phase(limits: &Limits) -> Phase {
        match limits.identity {
            Some(_) => Phase::Identity,
            None => Phase::Booting,
        }
    }

    /// QEMU starts again, after [`End::Again`].
    pub fn again(&mut self, now: Duration) {
        let restarts = match self.limits.identity {
            // It is begun anew, as if there had been none before it.
            Some(_) => 0,
            None => self.restarts,
        };
        *self = Self {
            first: self.first,
            restarts,
            told: self.told,
            ..Self::new(&self.name, self.limits, now)
        };
    }

    /// Hears something at a time since the first start.
    pub fn hear(&mut self, now: Duration, heard: &Heard) -> Vec<Do> {
        let mut acts = Vec::new();
        match heard {
            Heard::Machine(input) => self.machine(now, input, &mut acts),
            Heard::Lost(text) => {
                self.warn(text, &mut acts);
                self.wrong(Of::Lost, text.clone(), &mut acts);
            }
            Heard::Signal(number) => self.signal(now, *number, &mut acts),
            Heard::Stop(within) => self.ask(now, *within, End::Stopped, &mut acts),
            Heard::Kill => self.kill(now, "it was asked for", End::Stopped, &mut acts),
            Heard::Reset => self.ask(now, None, End::Again, &mut acts),
        }
        acts
    }

    fn machine(&mut self, now: Duration, input: &Input, acts: &mut Vec<Do>) {
        match input {
            Input::Guest(said) => self.guest(&said.kind, acts),
            Input::Qemu(event) => self.qemu(now, event, acts),
            Input::Stopped(status) => self.stopped(now, status, acts),
            Input::Exited(words) => acts.push(Do::End(self.exited(words))),
            Input::Tick => self.tick(now, acts),
            Input::Boot(_) | Input::Written(_) | Input::CdRead(_) => {}
        }
    }

    fn guest(&mut self, said: &Kind, acts: &mut Vec<Do>) {
        match said {
            Kind::Done => self.done = true,
            Kind::Failed { message } if self.limits.identity.is_some() => {
                acts.push(Do::End(self.no_identity(message)));
            }
            Kind::Ready if self.limits.identity.is_some() => {
                let told = "the image's guest program does not know what an identity is";
                acts.push(Do::End(self.no_identity(told)));
            }
            // Before it the firmware may restart the machine, which is no restart of Windows.
            Kind::Hello { .. } if self.limits.reset == Reset::OnReboot && !self.armed => {
                self.armed = true;
                acts.push(Do::EndAtRestart);
            }
            Kind::Applied => acts.push(Do::Eject),
            Kind::Ready => {
                self.restarts = 0;
                self.start.failed = false;
                if self.phase == Phase::Booting {
                    self.enter(Phase::Ready, acts);
                }
                self.well(Of::Guest, acts);
            }
            Kind::Step {
                name,
                status: Status::Failed,
                message,
                ..
            } => {
                let why = message.as_deref().unwrap_or("it gave no reason");
                let text = format!("step `{}` failed: {}", escape(name), escape(why));
                self.warn(&text, acts);
            }
            Kind::Failed { message } => {
                self.start.failed = true;
                // It reads nothing more of the CD.
                acts.push(Do::Eject);
                let text = format!("the guest is not ready: {}", escape(message));
                self.warn(&text, acts);
                self.wrong(Of::Guest, text, acts);
            }
            _ => {}
        }
    }

    fn enter(&mut self, phase: Phase, acts: &mut Vec<Do>) {
        self.phase = phase;
        acts.push(Do::Enter(phase));
    }

    fn qemu(&mut self, now: Duration, event: &Event, acts: &mut Vec<Do>) {
        match event {
            Event::Reset { .. } => self.restarted(now, acts),
            Event::Shutdown { guest, reason } => self.ends(now, *guest, reason),
            Event::GuestPanicked { info } => {
                let cause = format!("Windows crashed {}", escape(info));
                let hint = "its own dump is on the system disk; `reset = \"never\"` keeps that";
                acts.push(Do::End(End::Guest(self.story(cause.trim_end(), hint))));
            }
            Event::BlockIoError {
                node,
                no_space,
                reason,
            } => self.disk_error(node, *no_space, reason, acts),
            Event::WriteThreshold => self.too_large(now, acts),
            Event::Stop | Event::Resume | Event::Job { .. } | Event::Other(_) => {}
        }
    }

    /// Windows restarts in the same QEMU.
    fn restarted(&mut self, now: Duration, acts: &mut Vec<Do>) {
        self.since = now;
        self.start.again();
        acts.push(Do::Insert);
        acts.push(Do::Restarted);
        if self.phase != Phase::Stopping {
            self.enter(Self::first_phase(&self.limits), acts);
        }
        self.count_identity(acts);
    }

    /// QEMU is about to end.
    fn ends(&mut self, now: Duration, guest: bool, reason: &str) {
        if self.leaving.is_some() {
            return;
        }
        let wanted = self.asked.as_ref().map(|asked| asked.then.clone());
        let end = match (guest, reason) {
            (true, "guest-reset") => wanted.unwrap_or_else(|| self.again_fresh()),
            (true, _) => wanted.unwrap_or_else(|| self.off()),
            // Its last words say more.
            (false, _) => return,
        };
        self.leaving = Some((end, now));
    }

    /// Windows restarts, and gets a new disk for it.
    fn again_fresh(&mut self) -> End {
        self.restarts += 1;
        if self.restarts <= RESTARTS_MAX {
            return End::Again;
        }
        let cause = format!(
            "Windows restarted {} times and never got ready",
            self.restarts
        );
        let hint = "each restart throws the system disk away: what asks for one at each start \
                    never ends; `reset = \"onStart\"` lets it end";
        End::Guest(self.story(cause, hint))
    }

    fn exited(&mut self, words: &str) -> End {
        self.leaving.take().map_or_else(|| {
            let cause = format!("QEMU ended by itself: {}", escape(words));
            let hint = "the host's log says what ended it, as for want of memory (`dmesg`); the \
                        data disk is as after a power cut";
            End::Host(self.story(cause, hint))
        }, |(end, _)| end)
    }

    fn tick(&mut self, now: Duration, acts: &mut Vec<Do>) {
        self.ask_again(now, acts);
        self.retry(now, acts);
        self.late_identity(now, acts);
        self.starting(now, acts);
    }

    fn story(&self, cause: impl Into<String>, hint: &str) -> Story {
        Story {
            phase: self.phase.as_str().into(),
            step: None,
            cause: cause.into(),
            hint: hint.into(),
        }
    }
}
