//! The machine that the course is on: this Windows.

use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use lucarne_protocol::settings::Settings;
use lucarne_protocol::step::{Check, FOLDER, Finish, Service, Step};
use lucarne_protocol::{Kind, START};

use super::act::Deed;
use super::port::Port;
use super::{boot, checks, files, generalize, scm, scrub, security, settle, system, variables};
use crate::boot::Part;
use crate::machine::{Machine, Performed};
use crate::pace;
use crate::report::{self, Numbers};
use crate::scrub::Item;
use crate::service;
use crate::state::State;

/// Windows' own logs that say why something failed, beside those of the steps.
const LOGS: [&str; 7] = [
    generalize::ERRORS,
    generalize::ACTIONS,
    r"C:\Windows\Panther\setuperr.log",
    r"C:\Windows\Panther\UnattendGC\setuperr.log",
    r"C:\Windows\Panther\UnattendGC\setupact.log",
    r"C:\Windows\Logs\DISM\dism.log",
    r"C:\Windows\INF\setupapi.dev.log",
];
/// How many logs of steps are sent: the newest.
const STEP_LOGS_MAX: usize = 4;

/// A step's id, and its time.
fn of(step: &Step) -> (&str, u32) {
    (&step.id, step.timeout_sec)
}

fn performed(begin: Instant, came: Result<Performed, String>) -> Performed {
    let ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    match came {
        Ok(done) => Performed { ms, ..done },
        Err(error) => Performed {
            ms,
            error: Some(error),
            ..Performed::default()
        },
    }
}

/// What is told, and to whom.
#[derive(Debug)]
pub(super) struct Reporter {
    port: Port,
    numbers: Numbers,
}

impl Reporter {
    pub(super) fn say(&mut self, kind: Kind) {
        let is_log = matches!(kind, Kind::Log { .. });
        let line = self.numbers.line(kind);
        // The log of the log would be no use.
        if !is_log {
            note(line.trim());
        }
        self.port.write(&line);
    }
}

/// Adds a line to the program's own log. A log that can't be written holds nothing up.
pub(super) fn note(line: &str) {
    let path = format!(r"{FOLDER}\guest.log");
    let opened = fs::OpenOptions::new().append(true).create(true).open(path);
    if let Ok(mut file) = opened {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let sec = now.map_or(0, |now| now.as_secs());
        let _ = write!(file, "{sec} {line}\r\n");
    }
}

/// This Windows.
#[derive(Debug)]
pub(super) struct World {
    reporter: Reporter,
    start: u64,
    /// How much longer everything takes than the plan's figures say.
    factor: u32,
    logs: String,
    /// A file in the place of the medium with the settings.
    settings: Option<String>,
    made: boot::Made,
    /// What was found before the first event, and is told behind it.
    early: Vec<String>,
}

impl World {
    pub(super) fn new(port: u32, settings: Option<String>) -> Result<Self, String> {
        Ok(Self {
            reporter: Reporter {
                port: Port::new(port),
                numbers: Numbers::default(),
            },
            start: system::start()?,
            factor: pace::factor(),
            logs: format!(r"{FOLDER}\logs"),
            settings,
            made: boot::Made::default(),
            early: Vec::new(),
        })
    }

    /// Tells something behind the first event, with which a start begins.
    pub(super) fn tell_later(&mut self, text: String) {
        self.early.push(text);
    }

    /// What a step needs to be done.
    fn deed<T>(
        &mut self,
        (id, timeout_sec): (&str, u32),
        act: impl FnOnce(&mut Deed) -> Result<T, String>,
    ) -> Result<T, String> {
        files::make(&self.logs)?;
        let reporter = &mut self.reporter;
        let mut output = |text: String| {
            let step = id.to_owned();
            reporter.say(Kind::Output { step, text });
        };
        act(&mut Deed {
            variables: variables::fresh()?,
            limit: Duration::from_secs(timeout_sec.into()) * self.factor,
            logs: &self.logs,
            id,
            output: &mut output,
        })
    }

    fn limit_of_services(&self) -> Duration {
        Duration::from_secs(boot::limit_sec(Part::Services).into()) * self.factor
    }

    fn send_log(&mut self, path: &str) {
        let Ok(bytes) = fs::read(path) else {
            return;
        };
        for kind in report::log(&report::log_name(path), &bytes) {
            self.reporter.say(kind);
        }
    }
}

impl Machine for World {
    fn save(&mut self, state: &State) -> Result<(), String> {
        files::write_whole(&super::command::state_path(), state.text().as_bytes())
    }

    fn say(&mut self, kind: Kind) {
        self.reporter.say(kind);
        for text in self.early.drain(..) {
            let step = format!("{START}medium");
            self.reporter.say(Kind::Output { step, text });
        }
    }

    fn send_logs(&mut self) {
        for path in LOGS {
            self.send_log(path);
        }
        let entries = fs::read_dir(&self.logs).into_iter().flatten();
        let mut logs: Vec<_> = entries
            .map_while(Result::ok)
            .filter(|entry| entry.path().extension().is_some_and(|it| it == "log"))
            .map(|entry| {
                let time = entry.metadata().and_then(|it| it.modified()).ok();
                (time, entry.path().display().to_string())
            })
            .collect();
        logs.sort();
        for (_, path) in logs.iter().rev().take(STEP_LOGS_MAX) {
            self.send_log(path);
        }
        self.send_log(&format!(r"{FOLDER}\guest.log"));
    }

    fn windows_start(&self) -> u64 {
        self.start
    }

    fn holds(&mut self, step: &Step, check: &Check) -> Result<bool, String> {
        self.deed(of(step), |deed| match check {
            Check::PowerShell(script) => Ok(deed.power_shell(script)?.error.is_none()),
            check => checks::holds(check, &deed.variables),
        })
    }

    fn perform(&mut self, step: &Step) -> Performed {
        let begin = Instant::now();
        let came = self.deed(of(step), |deed| deed.act(step));
        performed(begin, came)
    }

    fn open(&mut self, step: &Step, service: &Service) -> Performed {
        let begin = Instant::now();
        let came = self.deed(of(step), |deed| scm::door::open(service, deed.limit));
        performed(begin, came.map(|()| Performed::default()))
    }

    fn disable(&mut self, service: &str) -> Result<(), String> {
        scm::apply(&service::disabled(service), self.limit_of_services())
    }

    fn shut(&mut self, service: &str) -> Result<(), String> {
        scm::door::shut(service, self.limit_of_services())
    }

    fn scrub(&mut self, item: &Item, finish: &Finish) -> Result<String, String> {
        scrub::scrub(item, finish)
    }

    fn settle(&mut self, finish: &Finish) -> String {
        let limit = Duration::from_secs(finish.idle_sec.into()) * self.factor;
        settle::settle(limit)
    }

    fn settings(&mut self) -> Result<Option<Settings>, String> {
        match &self.settings {
            Some(path) => boot::cd::read(path),
            None => boot::cd::settings(),
        }
    }

    fn apply(&mut self, part: Part, settings: &Settings) -> Performed {
        let begin = Instant::now();
        let mut made = std::mem::take(&mut self.made);
        let came = self.deed((part.id(), boot::limit_sec(part)), |deed| {
            boot::apply(part, settings, &mut made, deed)
        });
        self.made = made;
        performed(begin, came.map(|()| Performed::default()))
    }

    fn sid(&mut self) -> Result<String, String> {
        security::machine_sid()
    }

    fn generalize(&mut self, limit_sec: u32) -> Result<String, String> {
        let limit = Duration::from_secs(limit_sec.into()) * self.factor;
        generalize::generalize(&generalize::answers(), limit)
    }
}
