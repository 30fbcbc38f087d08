//! Hears everything that happens to a machine that runs, and does what the course says.

mod ask;
mod requests;
mod told;

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::control::{Agent, Duties};
use super::course::{Course, Do, End, Heard};
use super::folders::CONFIG;
use super::shares::Shares;
use crate::failure::Failure;
use crate::guest::Input;
use crate::install::Com1;
use crate::machine::{files, ids};
use crate::qemu::{Event, Process};
use crate::signals::Supervised;
use crate::start::{Started, last_words};

use ask::Asking;
pub(super) use requests::Requests;
pub(super) use told::Told;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How long QEMU and the TPM have to end when told to.
const QUIT_DEADLINE: Duration = Duration::from_secs(5);
/// How long the last events of a QEMU that has ended are waited for.
const LAST_EVENTS_DEADLINE: Duration = Duration::from_secs(2);
/// What COM1 may hold when somebody looks; Linux gives a socket 208 KiB.
const READ_BYTES: usize = 64 << 10;

/// A machine that runs.
struct Run<'a, 'b> {
    machine: Started,
    shares: Shares,
    course: &'a mut Course,
    told: &'a mut Told<'b>,
    requests: &'a mut Requests,
    duties: Duties,
    asking: Asking,
    com1: Com1,
    /// Whether the config CD lies in its drive.
    config_in: bool,
}

/// Lets the machine run until it has ended. Nothing of it runs afterwards.
pub(super) async fn run(
    (machine, shares): (Started, Shares),
    course: &mut Course,
    signals: &mut Supervised,
    told: &mut Told<'_>,
    requests: &mut Requests,
) -> Result<End, Failure> {
    let com1 = Com1::create(told.state_folder())?;
    told.begin(machine.qemu.id(), course.phase())?;
    let inputs = told.inputs();
    let runtime = &inputs.folders.runtime;
    let agent = Agent::new(runtime, files::AGENT);
    let mut run = Run {
        machine,
        shares,
        course,
        told,
        requests,
        duties: Duties::new(runtime, &inputs.tools.qemu_img, agent.clone()),
        asking: Asking::new(agent),
        com1,
        config_in: true,
    };
    let end = run.follow(signals).await;
    run.wind_down().await;
    if !matches!(end, Ok(End::Again)) {
        run.requests.stopped();
    }
    end
}

impl Run<'_, '_> {
    async fn follow(&mut self, signals: &mut Supervised) -> Result<End, Failure> {
        if !self.goes(signals).await? {
            return Ok(End::Stopped);
        }
        let mut ticks = every(TICK);
        let mut watchdog = self.told.watchdog().map(every);
        let mut buffer = vec![0; READ_BYTES];
        // What has closed is not heard any more.
        let (mut qmp_open, mut com1_open) = (true, true);
        loop {
            // What QEMU leaves unanswered keeps neither a signal nor the deadline from being heard.
            self.hasten();
            let Started {
                qemu,
                tpm,
                qmp,
                com1,
                ..
            } = &mut self.machine;
            let end = tokio::select! {
                // In this order: a guest that floods COM1 must not keep the clock from being heard.
                biased;
                number = signals.next() => self.hear(Heard::Signal(number)).await?,
                _ = ticks.tick() => {
                    self.duties.tick(qmp).await;
                    self.hear(Heard::Machine(Input::Tick)).await?
                }
                asked = self.requests.next() => self.request(asked).await?,
                answered = self.asking.answered() => {
                    // One that is about to end has no button any more.
                    let is_due = !answered && !self.course.leaves();
                    if is_due && let Err(error) = ask::press(qmp).await {
                        self.told.note(&format!("{error:#}"));
                    }
                    None
                }
                () = due(watchdog.as_mut()) => {
                    // systemd hears nothing while QEMU does not answer.
                    if qmp.poll("query-status").await.is_ok() {
                        self.told.alive();
                    }
                    None
                }
                event = qmp.event(), if qmp_open => if let Ok(event) = event {
                    self.event(event).await?
                } else {
                    // Its process ends next, and says more.
                    qmp_open = false;
                    None
                },
                status = qemu.ended() => {
                    let words = qemu.last_words(status?).await;
                    self.exited(words).await?
                }
                text = lost(tpm, &mut self.shares) => self.hear(Heard::Lost(text?)).await?,
                read = com1.read(&mut buffer), if com1_open => match read {
                    Ok(n) if n > 0 => self.serial(&buffer[..n]).await?,
                    _ => {
                        com1_open = false;
                        None
                    }
                },
            };
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    /// Lets the guest go; not, where it was to stop before it ran.
    async fn goes(&mut self, signals: &Supervised) -> anyhow::Result<bool> {
        let qmp = &mut self.machine.qmp;
        qmp.heed(signals.unheard());
        match qmp.execute("cont", json!({})).await {
            Err(_) if signals.is_waiting() => Ok(false),
            begun => begun.map(|_| true),
        }
    }

    fn hasten(&mut self) {
        let patience = self.course.patience(self.told.elapsed());
        self.machine.qmp.hasten(patience);
    }

    /// An event of QEMU's. What the guest said before it is heard first.
    async fn event(&mut self, event: Event) -> anyhow::Result<Option<End>> {
        let end = self.drained().await?;
        if end.is_some() {
            return Ok(end);
        }
        self.duties.hear(&event, &mut self.machine.qmp).await;
        if event == Event::Stop {
            let state = self.machine.qmp.poll("query-status").await;
            // Without an answer QEMU ends next.
            let Ok(state) = state else { return Ok(None) };
            let status = state["status"].as_str().unwrap_or("no state").to_owned();
            return self.hear(Heard::Machine(Input::Stopped(status))).await;
        }
        self.hear(Heard::Machine(Input::Qemu(event))).await
    }

    /// Hears what lies in COM1's socket, without waiting for more.
    async fn drained(&mut self) -> anyhow::Result<Option<End>> {
        let bytes = self.machine.drain();
        self.serial(&bytes).await
    }

    /// QEMU has ended. What it said last on its monitor tells why.
    async fn exited(&mut self, words: String) -> anyhow::Result<Option<End>> {
        let end = self.drained().await?;
        if end.is_some() {
            return Ok(end);
        }
        while let Ok(Ok(event)) = timeout(LAST_EVENTS_DEADLINE, self.machine.qmp.event()).await {
            let end = self.hear(Heard::Machine(Input::Qemu(event))).await?;
            if end.is_some() {
                return Ok(end);
            }
        }
        self.hear(Heard::Machine(Input::Exited(words))).await
    }

    /// Bytes of the guest's.
    async fn serial(&mut self, bytes: &[u8]) -> anyhow::Result<Option<End>> {
        for input in self.com1.take(bytes) {
            self.told.record(&input)?;
            let end = self.hear(Heard::Machine(input)).await?;
            if end.is_some() {
                return Ok(end);
            }
        }
        Ok(None)
    }

    /// Tells the course, and does what it says.
    async fn hear(&mut self, heard: Heard) -> anyhow::Result<Option<End>> {
        for act in self.course.hear(self.told.elapsed(), &heard) {
            let done = match act {
                Do::End(end) => return Ok(Some(end)),
                Do::Enter(phase) => self.told.enter(phase, !self.course.goes_on()),
                Do::Trouble(trouble) => self.told.trouble(trouble),
                Do::CutPower(why) => self.told.power_cut(&why),
                Do::Extend => {
                    self.told.still_starting();
                    Ok(())
                }
                Do::Restarted => self.told.restarts(),
                Do::Note(text) => {
                    self.told.note(&text);
                    Ok(())
                }
                Do::Warn(text) => {
                    self.told.warn(&text);
                    Ok(())
                }
                asked => self.order(&asked).await,
            };
            if let Err(error) = done {
                // QEMU may be gone, which is heard next; what it refuses, or a file that cannot be
                // written, is told, and is no reason to cut a machine's power.
                self.told.note(&format!("{error:#}"));
            }
        }
        Ok(None)
    }

    /// Does something to the machine itself.
    async fn order(&mut self, act: &Do) -> anyhow::Result<()> {
        self.hasten();
        let qmp = &mut self.machine.qmp;
        match act {
            Do::Eject if self.config_in => {
                self.config_in = false;
                // `force`: the guest may have locked the drive.
                let drive = json!({ "id": ids::ANSWER_CD, "force": true });
                qmp.execute("eject", drive).await?;
                let drive = json!({ "id": ids::ANSWER_CD });
                qmp.execute("blockdev-close-tray", drive).await?;
            }
            Do::Insert if !self.config_in => {
                let medium = json!({
                    "id": ids::ANSWER_CD,
                    "filename": CONFIG,
                    "format": "raw",
                    "read-only-mode": "read-only",
                });
                qmp.execute("blockdev-change-medium", medium).await?;
                self.config_in = true;
            }
            Do::EndAtRestart => {
                qmp.execute("set-action", json!({ "reboot": "shutdown" }))
                    .await?;
            }
            Do::Ask => {
                self.told.extend();
                self.asking.ask(qmp).await?;
            }
            Do::Continue => _ = qmp.execute("cont", json!({})).await?,
            Do::Quit => _ = qmp.execute("quit", json!({})).await?,
            _ => {}
        }
        Ok(())
    }

    /// Sees to it that nothing runs any more.
    async fn wind_down(&mut self) {
        let Started { qemu, tpm, qmp, .. } = &mut self.machine;
        // It may be gone already, or not listen any more.
        _ = timeout(QUIT_DEADLINE, qmp.execute("quit", json!({}))).await;
        qemu.end_within(QUIT_DEADLINE).await;
        if let Some(tpm) = tpm {
            tpm.end_within(QUIT_DEADLINE).await;
        }
        self.shares.end_within(QUIT_DEADLINE).await;
    }
}

fn every(time: Duration) -> Interval {
    let mut ticks = interval(time);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits until something is due; for ever, where nothing is.
async fn due(ticks: Option<&mut Interval>) {
    match ticks {
        Some(ticks) => _ = ticks.tick().await,
        None => std::future::pending().await,
    }
}

/// Which process beside QEMU has ended, and how; never, where all run that should. It is heard of
/// once.
async fn lost(tpm: &mut Option<Process>, shares: &mut Shares) -> anyhow::Result<String> {
    tokio::select! {
        words = last_words(tpm.as_mut()) => {
            *tpm = None;
            Ok(format!("the TPM is gone: {}", words?))
        }
        ended = shares.ended() => {
            let (name, words) = ended?;
            Ok(format!("the shared folder `{name}` is gone: {words}"))
        }
    }
}
