//! How far an install is: phases, bytes on the disk, steps and times in; percentages and, where
//! there is a basis for one, an estimate out.
//!
//! Two phases can be measured. Setup copies a known number of bytes, and the guest program counts
//! its steps. All the others tell nothing of how far they are.

mod news;
mod share;
mod throttle;
mod weights;

use std::fmt;
use std::time::Duration;

use crate::guest::Phase;
use crate::plan::Plan;

pub use news::News;
pub use throttle::Throttle;
pub use weights::Weights;

use share::{Share, WHOLE, of};

/// An estimate needs so much time of what it goes by, and so much of the way (per mille).
const BASIS_TIME: Duration = Duration::from_secs(10);
const BASIS_SHARE: u64 = 50;

/// A part of the work: the guest's phases, and the helper's own around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The answer ISO is made.
    Media,
    /// The machine's files are made.
    Prepare,
    Guest(Phase),
    /// The disk is checked and compressed.
    Seal,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 9] = [
        Self::Media,
        Self::Prepare,
        Self::Guest(Phase::Firmware),
        Self::Guest(Phase::WindowsPe),
        Self::Guest(Phase::Specialize),
        Self::Guest(Phase::Steps),
        Self::Guest(Phase::Settle),
        Self::Guest(Phase::Shutdown),
        Self::Seal,
    ];

    /// Its name in messages and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Prepare => "prepare",
            Self::Guest(phase) => phase.as_str(),
            Self::Seal => "seal",
        }
    }
}

/// How long it still takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Until the image is there.
    Install(Duration),
    /// Until the phase's measured part is done: how long the others take nobody knows.
    Phase(Duration),
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (time, of) = match self {
            Self::Install(time) => (time, ""),
            Self::Phase(time) => (time, " of this phase"),
        };
        match time.as_secs().div_ceil(60) {
            0 | 1 => write!(f, "about a minute{of} left"),
            minutes => write!(f, "about {minutes} min{of} left"),
        }
    }
}

/// How far it is at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub stage: Stage,
    /// Of the whole, from 0 to 100, never less than before.
    pub percent: u8,
    /// Of the stage, from 0 to 100, never less than before; `None` where nothing measures it.
    pub stage_percent: Option<u8>,
    pub left: Option<Left>,
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.stage.as_str())?;
        match (self.stage, self.stage_percent) {
            (Stage::Guest(Phase::WindowsPe), Some(percent)) => {
                write!(f, ": copying files {percent}%")
            }
            (_, Some(percent)) => write!(f, ": {percent}%"),
            (_, None) => Ok(()),
        }
    }
}

/// The model.
#[derive(Debug)]
pub struct Progress {
    weights: Weights,
    /// How many bytes Setup copies; 0 where that is not known.
    copy_bytes: u64,
    stage: Stage,
    /// When it began.
    since: Duration,
    share: Share,
    /// The most that was told of the whole, per mille.
    told: u64,
}

impl Progress {
    /// Nothing is done, at time zero. `copy_bytes` is what the edition's files take on the disk.
    #[must_use]
    pub fn new(weights: Weights, copy_bytes: u64) -> Self {
        Self {
            weights,
            copy_bytes,
            stage: Stage::Media,
            since: Duration::ZERO,
            share: Share::default(),
            told: 0,
        }
    }

    /// For what a plan installs.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Self {
        // `TOTALBYTES` counts a hard link as often as it occurs; Setup writes it once.
        let image = &plan.image;
        let bytes = image.total_bytes.saturating_sub(image.hard_link_bytes);
        Self::new(Weights::of_image(bytes), bytes)
    }

    /// A stage begins. One that comes again, in a second attempt, begins anew.
    fn enter(&mut self, now: Duration, stage: Stage) {
        self.stage = stage;
        self.since = now;
        self.share = Share::default();
    }

    /// So many bytes were written to the disk since the machine's start.
    fn written(&mut self, now: Duration, bytes: u64) {
        // Later phases write as well, and nobody knows how much.
        if self.stage == Stage::Guest(Phase::WindowsPe) && bytes > 0 && self.copy_bytes > 0 {
            self.share.reached(now, of(bytes, self.copy_bytes));
        }
    }

    /// So many of the guest program's steps are done.
    fn steps_done(&mut self, now: Duration, done: u32, all: u32) {
        if self.stage == Stage::Guest(Phase::Steps) && all > 0 {
            self.share.reached(now, of(done.into(), all.into()));
        }
    }

    /// How far it is.
    #[must_use]
    pub fn at(&mut self, now: Duration) -> Snapshot {
        self.told = self.overall(now);
        let percent = |permille: u64| u8::try_from(permille / 10).unwrap_or(100);
        Snapshot {
            stage: self.stage,
            percent: percent(self.told),
            stage_percent: self.share.permille().map(percent),
            left: self.left(now),
        }
    }

    /// Per mille of the whole. What comes after the last stage is nothing, so it ends below 1000.
    fn overall(&self, now: Duration) -> u64 {
        let share = match self.share.permille() {
            Some(share) => share,
            None => self.guessed(now),
        };
        let done = self.weights.before(self.stage) * WHOLE + self.weights.of(self.stage) * share;
        (done / self.weights.all().max(1))
            .min(WHOLE - 1)
            .max(self.told)
    }

    /// Per mille of a stage that tells nothing, by the time that measured weights give it.
    fn guessed(&self, now: Duration) -> u64 {
        let Some(expected) = self.expected(self.weights.of(self.stage)) else {
            return 0;
        };
        let spent = millis(now.saturating_sub(self.since));
        // It may take longer than ever before: it is done when the next one begins.
        of(spent, expected).min(WHOLE / 20 * 19)
    }

    /// How many milliseconds a weight takes, by what the stages before this one took.
    fn expected(&self, weight: u64) -> Option<u64> {
        let before = self.weights.before(self.stage);
        let spent = millis(self.since);
        let basis = of(before, self.weights.all()) >= BASIS_SHARE
            && spent >= millis(BASIS_TIME)
            && self.weights.are_measured();
        basis.then(|| weight.saturating_mul(spent) / before)
    }

    fn left(&self, now: Duration) -> Option<Left> {
        if let Some(stage) = self.expected(self.weights.of(self.stage)) {
            let rest = self.expected(self.weights.after(self.stage))?;
            let share = self.share.permille().unwrap_or_else(|| self.guessed(now));
            let here = stage / WHOLE * (WHOLE - share);
            return Some(Left::Install(Duration::from_millis(here + rest)));
        }
        self.share
            .left(now, BASIS_SHARE, BASIS_TIME)
            .map(Left::Phase)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
