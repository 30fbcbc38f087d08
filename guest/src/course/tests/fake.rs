//! A machine that is none.

use std::collections::BTreeMap;

use lucarne_protocol::settings::Settings;
use lucarne_protocol::step::{Check, Finish, Service};

use super::super::*;
use crate::boot::Part;
use crate::scrub::Item;

/// A machine that can be killed before any of its doings.
#[derive(Debug)]
pub(super) struct Fake {
    /// The state on the disk.
    pub(super) disk: String,
    /// What the host heard.
    pub(super) said: Vec<Kind>,
    /// Steps, as often as they were done.
    pub(super) done: Vec<String>,
    /// How a step ends, by its id.
    pub(super) ends: BTreeMap<String, Performed>,
    pub(super) windows_start: u64,
    /// Its checks never hold.
    pub(super) blind: bool,
    /// They hold from the start after the step's on.
    pub(super) late: bool,
    /// How sysprep ends at the end of a build, where not well.
    pub(super) general: Option<Result<String, String>>,
    /// How often it was asked to generalise.
    pub(super) generalised: u32,
    /// How many doings are left before it is killed.
    pub(super) left: Option<usize>,
    /// What the start's medium tells.
    pub(super) settings: Result<Option<Settings>, String>,
    /// Parts that fail.
    pub(super) fails: Vec<Part>,
    pub(super) sid: String,
    /// The services that were to be shut.
    pub(super) shut: Vec<String>,
    /// Those that cannot be shut or disabled.
    pub(super) stuck: Vec<String>,
    /// The services that were disabled without being opened or shut.
    pub(super) disabled: Vec<String>,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            disk: String::new(),
            said: Vec::new(),
            done: Vec::new(),
            ends: BTreeMap::new(),
            windows_start: 0,
            blind: false,
            late: false,
            general: None,
            generalised: 0,
            left: None,
            settings: Ok(None),
            fails: Vec::new(),
            sid: "S-1-5-21-1-2-3".into(),
            shut: Vec::new(),
            stuck: Vec::new(),
            disabled: Vec::new(),
        }
    }
}

impl Fake {
    /// Whether it lives on: what is done after a kill is not done.
    fn lives(&mut self) -> bool {
        match &mut self.left {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }

    /// Whether a service does as it is told.
    fn keeps(&self, service: &str) -> Result<(), String> {
        if self.stuck.iter().any(|stuck| stuck == service) {
            return Err("no".into());
        }
        Ok(())
    }

    pub(super) fn words(&self) -> Vec<String> {
        self.said.iter().map(word).collect()
    }
}

/// An event in a few words.
fn word(kind: &Kind) -> String {
    match kind {
        Kind::Hello { boot, .. } => format!("hello {boot}"),
        Kind::Phase { phase } => format!("phase {phase}"),
        Kind::Step {
            id, n, of, status, ..
        } => format!("{id} {n}/{of} {status:?}"),
        Kind::Output { step, text } => format!("output {step} {text}"),
        Kind::Log { name, .. } => format!("log {name}"),
        Kind::Applied => "applied".into(),
        Kind::Ready => "ready".into(),
        Kind::Done => "done".into(),
        Kind::Failed { message } => format!("failed {message}"),
    }
}

impl Machine for Fake {
    fn save(&mut self, state: &State) -> Result<(), String> {
        if !self.lives() {
            return Err("killed".into());
        }
        self.disk = state.text();
        Ok(())
    }

    fn say(&mut self, kind: Kind) {
        if self.lives() {
            self.said.push(kind);
        }
    }

    fn send_logs(&mut self) {
        if self.lives() {
            self.said.push(Kind::Log {
                name: "guest.log".into(),
                part: 1,
                of: 1,
                data: String::new(),
            });
        }
    }

    fn windows_start(&self) -> u64 {
        self.windows_start
    }

    fn holds(&mut self, step: &Step, _: &Check) -> Result<bool, String> {
        let shows = !self.late || self.windows_start > 0;
        Ok(!self.blind && shows && self.done.contains(&step.id))
    }

    fn perform(&mut self, step: &Step) -> Performed {
        if self.lives() {
            self.done.push(step.id.clone());
        }
        self.ends.get(&step.id).cloned().unwrap_or_default()
    }

    fn open(&mut self, step: &Step, service: &Service) -> Performed {
        if self.lives() {
            self.done
                .push(format!("open {}: {}", step.id, service.name));
        }
        self.ends.get(&step.id).cloned().unwrap_or_default()
    }

    fn disable(&mut self, service: &str) -> Result<(), String> {
        self.disabled.push(service.to_owned());
        self.keeps(service)
    }

    fn shut(&mut self, service: &str) -> Result<(), String> {
        self.shut.push(service.to_owned());
        self.keeps(service)
    }

    fn scrub(&mut self, item: &Item, _: &Finish) -> Result<String, String> {
        Ok(item.what())
    }

    fn settle(&mut self, _: &Finish) -> String {
        "idle".into()
    }

    fn generalize(&mut self, _: u32) -> Result<String, String> {
        if !self.lives() {
            return Err("killed".into());
        }
        self.generalised += 1;
        self.general.clone().unwrap_or_else(|| Ok("done".into()))
    }

    fn settings(&mut self) -> Result<Option<Settings>, String> {
        self.settings.clone()
    }

    fn apply(&mut self, part: Part, _: &Settings) -> Performed {
        if self.lives() {
            self.done.push(part.id().into());
        }
        let error = self.fails.contains(&part).then(|| "no".to_owned());
        if part == Part::OwnSid && error.is_none() {
            self.sid = "S-1-5-21-4-5-6".into();
        }
        Performed {
            error,
            ..Performed::default()
        }
    }

    fn sid(&mut self) -> Result<String, String> {
        Ok(self.sid.clone())
    }
}
