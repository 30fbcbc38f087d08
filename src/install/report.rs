//! What a person, Nix or another program learns of an install while it runs.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use crate::guest::{Action, Input};
use crate::install::Job;
use crate::machine::Accel;
use crate::nix_log;
use crate::progress::{News, Progress, Stage, Throttle, Weights};

/// Somebody who learns of an install while it runs.
pub trait Listener: Debug {
    /// Something happened, so long after the start.
    fn hear(&mut self, at: Duration, news: &News);
}

/// Tells its listeners what happens. The first of them is the log on stderr.
#[derive(Debug)]
pub struct Report {
    start: Instant,
    progress: Progress,
    listeners: Vec<Box<dyn Listener>>,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            progress: Progress::new(Weights::of_image(u64::MAX), 0),
            listeners: vec![Box::new(Log::default())],
        }
    }
}

impl Report {
    /// Somebody listens from now on.
    pub fn tell(&mut self, listener: Box<dyn Listener>) {
        self.listeners.push(listener);
    }

    /// What there is to do.
    pub fn job(&mut self, job: &Job<'_>) {
        self.progress = match job {
            Job::Install(planned) => Progress::of_plan(&planned.plan),
            Job::Layer(_) => Progress::new(Weights::of_layer(), 0),
        };
    }

    /// The helper begins a stage.
    pub fn stage(&mut self, stage: Stage) {
        let now = self.start.elapsed();
        let news = self.progress.begin(now, stage);
        self.spread(now, &news);
    }

    /// A machine is about to be started.
    pub fn machine(&mut self, accel: Accel) {
        self.spread(self.start.elapsed(), &[News::Machine(accel)]);
    }

    /// Something was heard of the machine.
    pub fn hear(&mut self, input: &Input) {
        let now = self.start.elapsed();
        let news = self.progress.hear(now, input);
        self.spread(now, &news);
    }

    /// The course of the install did something.
    pub fn act(&mut self, action: &Action) {
        let now = self.start.elapsed();
        let news = self.progress.act(now, action);
        self.spread(now, &news);
    }

    /// Something happened. Text of the guest's in it is escaped already.
    pub fn note(&mut self, text: &str) {
        self.spread(self.start.elapsed(), &[News::Note(text.into())]);
    }

    /// Something is odd.
    pub fn warn(&mut self, text: &str) {
        self.spread(self.start.elapsed(), &[News::Warning(text.into())]);
    }

    fn spread(&mut self, now: Duration, news: &[News]) {
        for news in news {
            for listener in &mut self.listeners {
                listener.hear(now, news);
            }
        }
    }
}

/// Lines with the time since the start, and Nix's phases.
#[derive(Debug, Default)]
struct Log {
    phases: Throttle<Option<u8>>,
}

impl Listener for Log {
    fn hear(&mut self, at: Duration, news: &News) {
        let text = match news {
            News::Stage(stage) => format!("phase `{}`", stage.as_str()),
            News::Note(text) => text.clone(),
            News::Warning(text) => format!("warning: {text}"),
            News::Progress(snapshot) => {
                let percent = snapshot.stage_percent;
                if self.phases.lets(at, snapshot.stage, percent) {
                    nix_log::set_phase(&snapshot.to_string());
                }
                return;
            }
            News::Machine(_) | News::Guest(_) => return,
        };
        let time = at.as_secs();
        nix_log::say(&format!("[{:3}:{:02}] {text}", time / 60, time % 60));
    }
}
