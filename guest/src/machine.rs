//! What the course needs of the machine that it is on.

use lucarne_protocol::Kind;
use lucarne_protocol::settings::Settings;
use lucarne_protocol::step::{Check, Finish, Service, Step};

use crate::boot::Part;
use crate::scrub::Item;
use crate::state::State;

/// What a step is done with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Performed {
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// The exit code of what it ran, where it ran something.
    pub exit: Option<i64>,
    /// What it ran wants a restart.
    pub restart: bool,
    /// Why it failed.
    pub error: Option<String>,
}

/// What the course needs of the machine that it is on.
pub trait Machine {
    /// Writes the state, whole or not at all.
    fn save(&mut self, state: &State) -> Result<(), String>;
    /// Tells the host.
    fn say(&mut self, kind: Kind);
    /// Sends the logs that a person wants after a failure, or before they are taken out.
    fn send_logs(&mut self);
    /// Tells this start of Windows from every other.
    fn windows_start(&self) -> u64;
    /// Whether a condition holds.
    fn holds(&mut self, step: &Step, check: &Check) -> Result<bool, String>;
    /// Does a step.
    fn perform(&mut self, step: &Step) -> Performed;
    /// Does a step that starts a service that lets somebody in: it is disabled once it runs, so
    /// that Windows never starts it by itself.
    fn open(&mut self, step: &Step, service: &Service) -> Performed;
    /// Disables such a service, which runs on where it runs.
    fn disable(&mut self, service: &str) -> Result<(), String>;
    /// Disables such a service, and stops it where it runs.
    fn shut(&mut self, service: &str) -> Result<(), String>;
    /// Takes something out, and says in a line what it was.
    fn scrub(&mut self, item: &Item, finish: &Finish) -> Result<String, String>;
    /// Waits until Windows has nothing left to do, or the time is over; says which.
    fn settle(&mut self, finish: &Finish) -> String;
    /// What this start's medium tells. `None`: there is no medium.
    fn settings(&mut self) -> Result<Option<Settings>, String>;
    /// Applies a part of it.
    fn apply(&mut self, part: Part, settings: &Settings) -> Performed;
    /// The SID that this machine's own accounts begin with.
    fn sid(&mut self) -> Result<String, String>;
    /// Generalises Windows within so many seconds, and says in a line how that went.
    fn generalize(&mut self, limit_sec: u32) -> Result<String, String>;
}
