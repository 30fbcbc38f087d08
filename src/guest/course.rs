//! The course of an install: what was heard and when, in; what to do, and how it ended, out.
//!
//! Success is a guest that said so, from a start with both CDs empty, and then powered itself off.

use std::cmp::Ordering;
use std::time::Duration;

use lucarne_protocol::{Event as Said, Kind, PROTOCOL, Status};

use super::firmware::{Boot, Source, is_denial};
use super::input::Input;
use super::keys::Keys;
use super::phase::{CD_STARTS_MAX, Limits, PROGRESS_BYTES, Phase};
use super::{escape, stories};
use crate::failure::Story;
use crate::machine::Accel;
use crate::spec::Bus;

/// How many lines of one step's output people are told.
const OUTPUT_LINES_MAX: u32 = 200;

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Enter(Phase),
    /// For people.
    Note(String),
    Warn(String),
    /// Take a picture of the screen.
    Look,
    /// Take the media out of both CD drives.
    EmptyCds,
    /// Press Enter, and again, until told to stop.
    PressKeys,
    StopKeys,
    End(Verdict),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Done,
    /// The guest failed.
    Guest(Story),
    /// It ran out of time.
    TimedOut(Story),
    /// KVM is there but does not run the guest.
    Kvm(String),
    /// The host failed otherwise.
    Host(Story),
}

/// What has been heard so far.
#[derive(Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each was heard or not, by itself"
)]
pub struct Course {
    pub(super) limits: Limits,
    pub(super) bus: Bus,
    pub(super) accel: Accel,
    pub(super) phase: Phase,
    /// When the phase began.
    since: Duration,
    /// Resets within the phase.
    pub(super) resets: u32,
    cd_starts: u32,
    pub(super) written: u64,
    /// The step that runs.
    pub(super) step: Option<String>,
    /// How many lines it has said.
    output: u32,
    /// When there was progress, and how many bytes were written then.
    progress: (Duration, u64),
    stall_told: bool,
    /// The guest said that its next start is the last.
    pub(super) settles: bool,
    /// Whether the guest has been heard at all: firmware counts.
    pub(super) heard: bool,
    /// Whether Windows was on the disk before: a layer has no Setup, and no CD that starts.
    pub(super) installed: bool,
    /// Whether the guest program has said `hello`.
    pub(super) greeted: bool,
    pub(super) keys: Keys,
    /// Why the firmware could not start the CD.
    pub(super) cd_refused: Option<String>,
    /// Whether it was for want of space, and the reason.
    pub(super) io_error: Option<(bool, String)>,
    sequence: u64,
    ended: bool,
}

impl Course {
    /// A machine that is about to start at time zero.
    #[must_use]
    pub fn new(limits: Limits, accel: Accel, bus: Bus) -> Self {
        Self {
            limits,
            bus,
            accel,
            phase: Phase::Firmware,
            since: Duration::ZERO,
            resets: 0,
            cd_starts: 0,
            written: 0,
            step: None,
            output: 0,
            progress: (Duration::ZERO, 0),
            stall_told: false,
            settles: false,
            heard: false,
            installed: false,
            greeted: false,
            keys: Keys::default(),
            cd_refused: None,
            io_error: None,
            sequence: 0,
            ended: false,
        }
    }

    /// Windows is on the disk already: the course begins with the steps, without Setup.
    #[must_use]
    pub fn of_layer(mut self) -> Self {
        self.installed = true;
        self
    }

    /// The phase that runs.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Hears something at a time since the start. Nothing is done after an end.
    #[must_use]
    pub fn hear(&mut self, now: Duration, input: Input) -> Vec<Action> {
        if self.ended {
            return Vec::new();
        }
        let mut actions = Vec::new();
        match input {
            Input::Qemu(event) => self.qemu(now, event, &mut actions),
            Input::Stopped(status) => self.stopped(&status, &mut actions),
            Input::Boot(boot) => self.boot(now, boot, &mut actions),
            Input::Guest(said) => self.guest(now, said, &mut actions),
            Input::Written(bytes) => self.written(now, bytes),
            Input::CdRead(bytes) => self.cd_read(bytes, &mut actions),
            Input::Tick => {}
            Input::Exited(words) => actions.push(self.exited(&words)),
        }
        self.watch_keys(now, &mut actions);
        self.watch(now, &mut actions);
        // One end, and nothing behind it.
        if let Some(at) = actions
            .iter()
            .position(|action| matches!(action, Action::End(_)))
        {
            actions.truncate(at + 1);
            self.ended = true;
        }
        actions
    }

    pub(super) fn enter(&mut self, now: Duration, phase: Phase, actions: &mut Vec<Action>) {
        self.phase = phase;
        self.since = now;
        self.resets = 0;
        self.step = None;
        actions.push(Action::Enter(phase));
    }

    pub(super) fn fail(&self, cause: impl Into<String>, hint: &str) -> Action {
        Action::End(Verdict::Guest(self.story(cause, hint)))
    }

    pub(super) fn moved(&mut self, now: Duration) {
        self.progress = (now, self.written);
        self.stall_told = false;
        self.heard = true;
    }

    fn boot(&mut self, now: Duration, boot: Boot, actions: &mut Vec<Action>) {
        self.moved(now);
        match boot {
            Boot::Starting(Source::Cd) => self.cd_started(now, actions),
            Boot::Starting(Source::Disk) => {
                actions.push(Action::Note("the firmware starts the disk".into()));
                // SeaBIOS tries an empty disk too, and says so.
                if self.phase == Phase::WindowsPe && self.written > 0 {
                    self.enter(now, Phase::Specialize, actions);
                } else if self.installed && self.phase == Phase::Firmware {
                    self.enter(now, Phase::Steps, actions);
                }
            }
            Boot::Starting(Source::Other(name)) => {
                let name = escape(&name);
                actions.push(Action::Warn(format!("the firmware starts `{name}`")));
            }
            Boot::Failed(source, reason) if is_denial(&reason) => {
                let story = self.not_trusted(&source, &reason);
                actions.push(Action::End(Verdict::Guest(story)));
            }
            Boot::Failed(Source::Cd, reason) => self.cd_refused = Some(escape(&reason)),
            Boot::Failed(..) => {}
            Boot::Nothing => actions.push(Action::End(Verdict::Guest(self.nothing_to_boot()))),
        }
    }

    fn cd_started(&mut self, now: Duration, actions: &mut Vec<Action>) {
        self.cd_starts += 1;
        if self.installed {
            let (cause, hint) = stories::CD_IN_LAYER;
            actions.push(self.fail(cause, hint));
        } else if self.phase > Phase::WindowsPe || (self.cd_starts > 1 && self.written > 0) {
            let (cause, hint) = stories::SECOND_CD_START;
            actions.push(self.fail(cause, hint));
        } else if self.cd_starts > CD_STARTS_MAX {
            let cause = format!("Setup started {CD_STARTS_MAX} times and never wrote to the disk");
            actions.push(self.fail(cause, stories::SETUP_RESTARTS_HINT));
        } else if self.phase == Phase::Firmware {
            self.enter(now, Phase::WindowsPe, actions);
            self.begin_keys(now, actions);
        }
    }

    fn guest(&mut self, now: Duration, said: Said, actions: &mut Vec<Action>) {
        self.moved(now);
        self.count(&said, actions);
        match said.kind {
            Kind::Hello { protocol, .. } => self.hello(now, &protocol, actions),
            Kind::Phase { phase } => {
                self.settles |= phase == "settle" && self.phase == Phase::Steps;
                actions.push(Action::Note(format!(
                    "the guest is in `{}`",
                    escape(&phase)
                )));
            }
            Kind::Step {
                n,
                of,
                name,
                status,
                exit,
                message,
                ..
            } => {
                let step = escape(&name);
                match status {
                    Status::Start => {
                        self.output = 0;
                        actions.push(Action::Note(format!("step {n} of {of}: {step}")));
                        self.step = Some(step);
                    }
                    Status::Ok | Status::Skipped => self.step = None,
                    Status::Failed => {
                        self.step = Some(step);
                        let cause = stories::step(message.as_deref(), exit);
                        actions.push(self.fail(cause, stories::STEP_HINT));
                    }
                }
            }
            Kind::Done if self.phase == Phase::Settle => {
                self.enter(now, Phase::Shutdown, actions);
            }
            // It is said again where the program was killed before it switched the machine off.
            Kind::Done if self.phase == Phase::Shutdown => {}
            Kind::Done => {
                let (cause, hint) = stories::EARLY_DONE;
                actions.push(self.fail(cause, hint));
            }
            Kind::Failed { message } => {
                let cause = format!("the guest gave up: {}", escape(&message));
                actions.push(self.fail(cause, stories::GAVE_UP_HINT));
            }
            Kind::Output { text, .. } => self.output(&text, actions),
            // A machine's words: it found nothing of this build's, and would run on for ever.
            Kind::Applied | Kind::Ready => {
                let (cause, hint) = stories::A_MACHINE;
                actions.push(self.fail(cause, hint));
            }
            Kind::Log { .. } => {}
        }
    }

    /// A step's words, as they come. A flood of them is for the logs.
    fn output(&mut self, text: &str, actions: &mut Vec<Action>) {
        let lines = text.lines().map(escape).filter(|line| !line.is_empty());
        for line in lines {
            self.output += 1;
            match self.output.cmp(&OUTPUT_LINES_MAX) {
                Ordering::Less => actions.push(Action::Note(format!("guest: {line}"))),
                Ordering::Equal => {
                    actions.push(Action::Note(
                        "the step says more: see `events.jsonl`".into(),
                    ));
                }
                Ordering::Greater => return,
            }
        }
    }

    /// Each start of the guest program counts its events from 1.
    fn count(&mut self, said: &Said, actions: &mut Vec<Action>) {
        let restarts = matches!(said.kind, Kind::Hello { .. }) && said.seq == 1;
        if !restarts && self.sequence > 0 && said.seq != self.sequence.wrapping_add(1) {
            let (last, next) = (self.sequence, said.seq);
            let text = format!("events were lost: number {next} came after {last}");
            actions.push(Action::Warn(text));
        }
        self.sequence = said.seq;
    }

    fn hello(&mut self, now: Duration, protocol: &str, actions: &mut Vec<Action>) {
        if protocol != PROTOCOL {
            let protocol = escape(protocol);
            actions.push(self.fail(stories::foreign(&protocol), stories::VERSIONS_HINT));
            return;
        }
        self.greeted = true;
        if self.phase < Phase::Steps {
            self.enter(now, Phase::Steps, actions);
        }
    }

    fn written(&mut self, now: Duration, bytes: u64) {
        self.written = bytes;
        if bytes >= self.progress.1.saturating_add(PROGRESS_BYTES) {
            self.progress = (now, bytes);
            self.stall_told = false;
        }
    }

    /// Deadlines kill; a stall is worth a word.
    fn watch(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let spent = now.saturating_sub(self.since);
        let quiet = now.saturating_sub(self.progress.0);
        let no_write = self.phase == Phase::WindowsPe && self.written == 0;
        let limit = self.limits.of(self.phase);
        // Setup writes within its first minutes or never: after a stall was told and passed again.
        let patience = limit.min(self.limits.stall.saturating_mul(2));
        if no_write && spent >= patience {
            actions.push(Action::End(Verdict::Guest(self.no_write(spent))));
        } else if spent >= limit {
            actions.push(Action::End(Verdict::TimedOut(self.late(limit))));
        } else if now >= self.limits.total {
            actions.push(Action::End(Verdict::TimedOut(self.late_in_all())));
        } else if quiet >= self.limits.stall && !self.stall_told {
            self.stall_told = true;
            let (phase, sec) = (self.phase, quiet.as_secs());
            let text = format!("no progress for {sec} s in phase `{phase}`");
            actions.extend([Action::Warn(text), Action::Look]);
        }
    }
}
