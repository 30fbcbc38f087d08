//! What people, systemd and other programs are told of a machine: lines on stderr, notices,
//! `state.json`, and the logs in its state folder.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use camino::Utf8Path;
use serde_json::json;

use crate::guest::Input;
use crate::install::evidence::{EVENTS_LOG, Log, Unit};
use crate::instance::Inputs;
use crate::instance::spec::Readiness;
use crate::instance::state::{Phase, State};
use crate::nix_log;
use crate::time;

/// A record of each power cut, for whoever wonders about a file system.
const POWER_CUTS: &str = "power-cuts.jsonl";
const POWER_CUTS_BYTES_MAX: u64 = 256 << 10;

/// Whoever is told.
#[derive(Debug)]
pub(in crate::instance) struct Told<'a> {
    inputs: &'a Inputs<'a>,
    state: State,
    start: Instant,
    events: Option<Log>,
    /// systemd hears it once.
    said_ready: bool,
}

impl<'a> Told<'a> {
    pub(in crate::instance) fn new(inputs: &'a Inputs<'a>, state: State, start: Instant) -> Self {
        Self {
            inputs,
            state,
            start,
            events: None,
            said_ready: false,
        }
    }

    pub(in crate::instance) fn since(&self) -> Instant {
        self.start
    }

    pub(in crate::instance) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub(in crate::instance) fn state(&mut self) -> &mut State {
        &mut self.state
    }

    pub(super) fn inputs(&self) -> &'a Inputs<'a> {
        self.inputs
    }

    pub(super) fn state_folder(&self) -> &'a Utf8Path {
        &self.inputs.folders.state
    }

    pub(super) fn watchdog(&self) -> Option<Duration> {
        self.inputs.notify.watchdog()
    }

    /// QEMU runs.
    pub(super) fn begin(&mut self, qemu: Option<u32>, phase: Phase) -> anyhow::Result<()> {
        let log = self.state_folder().join(EVENTS_LOG);
        self.events = Some(Log::create(&log, Unit::Lines)?);
        self.state.qemu_pid = qemu;
        let name = &self.state.name;
        if phase == Phase::Identity {
            let said = format!("the machine `{name}` gets its identity");
            let entered = self.enter(phase, true);
            self.note(&said);
            return entered;
        }
        self.note(&format!("the machine `{name}` starts"));
        if let Some(port) = self.state.ssh_port {
            self.note(&format!("SSH is at 127.0.0.1, port {port}"));
        }
        if self.inputs.plan.readiness == Readiness::Start {
            self.ready();
        }
        self.enter(phase, true)
    }

    /// QEMU ended, and is started again.
    pub(in crate::instance) fn restarted(&mut self) -> anyhow::Result<()> {
        self.state.again();
        self.note("the machine starts again");
        self.publish()
    }

    /// The machine restarts in the same QEMU.
    pub(super) fn restarts(&mut self) -> anyhow::Result<()> {
        self.state.restarts = self.state.restarts.saturating_add(1);
        let published = self.publish();
        self.note("the machine restarts");
        published
    }

    /// The machine is in another phase.
    /// `last`: no start follows this one.
    pub(super) fn enter(&mut self, phase: Phase, last: bool) -> anyhow::Result<()> {
        self.state.phase = phase;
        match phase {
            Phase::Ready => {
                self.state.ready_since = Some(time::rfc3339(time::now()));
                self.note("the guest is ready");
                self.ready();
            }
            Phase::Stopping => {
                self.note("Windows is asked to shut down");
                if last {
                    // After that word a service manager waits for the end, and then kills.
                    self.inputs.notify.say("STOPPING=1");
                }
                self.extend();
            }
            Phase::Identity | Phase::Booting => self.state.ready_since = None,
        }
        self.publish()
    }

    fn ready(&mut self) {
        if !self.said_ready {
            self.said_ready = true;
            self.inputs.notify.say("READY=1");
        }
    }

    /// Everybody may know how it is.
    fn publish(&self) -> anyhow::Result<()> {
        let phase = self.state.phase.as_str();
        let status = match &self.state.trouble {
            Some(trouble) => format!("{phase}; {trouble}"),
            None => phase.to_owned(),
        };
        let status: String = status.chars().filter(|c| !c.is_control()).collect();
        self.inputs.notify.say(&format!("STATUS={status}"));
        self.state.write(&self.inputs.folders.runtime)
    }

    /// Something is wrong, or well again.
    pub(super) fn trouble(&mut self, trouble: Option<String>) -> anyhow::Result<()> {
        if self.state.trouble == trouble {
            return Ok(());
        }
        self.state.trouble = trouble;
        self.publish()
    }

    /// QEMU answers.
    pub(super) fn alive(&self) {
        self.inputs.notify.say("WATCHDOG=1");
    }

    /// systemd waits on for a start that it still waits for.
    pub(in crate::instance) fn still_starting(&self) {
        if !self.said_ready {
            self.inputs.notify.extend_start();
        }
    }

    /// The same for as long as a part of a start takes.
    pub(in crate::instance) async fn starting<T>(&self, part: impl Future<Output = T>) -> T {
        if self.said_ready {
            return part.await;
        }
        self.inputs.notify.extend_while(part).await
    }

    /// systemd waits longer.
    pub(super) fn extend(&self) {
        self.inputs.notify.extend();
    }

    pub(in crate::instance) fn note(&self, text: &str) {
        let sec = self.start.elapsed().as_secs();
        nix_log::say(&format!("[{:3}:{:02}] {text}", sec / 60, sec % 60));
    }

    pub(super) fn warn(&self, text: &str) {
        self.note(&format!("warning: {text}"));
    }

    /// Keeps an event for people.
    pub(super) fn record(&mut self, input: &Input) -> anyhow::Result<()> {
        let (Input::Guest(event), Some(log)) = (input, &mut self.events) else {
            return Ok(());
        };
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let line = json!({ "ms": ms, "event": serde_json::to_value(event)? });
        log.keep(format!("{line}\n").as_bytes());
        Ok(())
    }

    /// Power is about to be cut.
    pub(super) fn power_cut(&self, why: &str) -> anyhow::Result<()> {
        self.warn(&format!("the power is cut: {why}"));
        // QEMU writes back what it holds, and is given its time for that.
        self.extend();
        let path = self.state_folder().join(POWER_CUTS);
        let record = || -> std::io::Result<()> {
            if fs::metadata(&path).is_ok_and(|about| about.len() > POWER_CUTS_BYTES_MAX) {
                fs::rename(&path, format!("{path}.old"))?;
            }
            let mut file = File::options()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(&path)?;
            let at = time::rfc3339(time::now());
            writeln!(file, "{}", json!({ "at": at, "why": why }))?;
            file.sync_all()
        };
        record().with_context(|| format!("cannot write `{path}`"))
    }
}
