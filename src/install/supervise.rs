//! Hears everything that happens while a machine installs, and does what the course says.

mod media;

use std::time::Duration;

use anyhow::Context as _;
use lucarne_protocol::{Kind, Status};
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout};

use super::com1::Com1;
use super::evidence::{CONSOLE_LOG, EVENTS_LOG, Log, PICTURES_MAX, QMP_LOG, SCREEN, Seen, Unit};
use super::look::picture;
use super::{Ended, InstallInputs, Installed, Report, Work};
use crate::failure::Failure;
use crate::guest::{Action, Course, Input, Phase, Verdict, escape};
use crate::machine::{Machine, files, ids};
use crate::manifest;
use crate::progress::Stage;
use crate::qemu::{Event, Transcript, connect};
use crate::signals::Supervised;
use crate::start::{Started, last_words, start};
use crate::time;

/// How often the disk's counters are read and the deadlines looked at.
const TICK: Duration = Duration::from_secs(2);
/// QEMU ends by itself after a power-off; it writes back what it holds.
const POWER_OFF_DEADLINE: Duration = Duration::from_secs(60);
/// How long QEMU and the TPM have to end when told to.
const QUIT_DEADLINE: Duration = Duration::from_secs(5);
/// A child that ended out of turn.
const HOST_HINT: &str = "the host's log says what ended it, as for want of memory (`dmesg`)";
/// What is kept of a guest's list of steps.
const STEPS_MAX: usize = 10_000;

/// Runs the machine until there is a verdict. Nothing of it runs afterwards.
pub(super) async fn run(
    inputs: &InstallInputs<'_>,
    machine: &Machine,
    mut course: Course,
    signals: &mut Supervised,
    report: &mut Report,
    seen: &mut Seen,
) -> Result<Ended, Failure> {
    let folder = inputs.work.folder();
    let since = Instant::now();
    let installed_at = match &machine.clock {
        Some(clock) => time::parse(clock).with_context(|| format!("`{clock}` is not a time"))?,
        None => time::now(),
    };
    let log = Log::create(&folder.join(QMP_LOG), Unit::Lines)?;
    let log = Transcript::new(Box::new(log), since.into_std());
    let tpm = inputs.work.tpm_state();
    let place = inputs.work.start(inputs.tools, &tpm);
    let started = tokio::select! {
        started = start(&place, machine, log) => started,
        signal = signals.heard() => return Err(Failure::Signal(signal)),
    };
    let machine = match started {
        Ok(started) => Started {
            com2: connect(place.folder, files::COM2).await.ok(),
            ..started
        },
        // Not every host's KVM can run every machine, which is the course's to tell.
        Err(error) => return Ok(super::refusal::refused(&mut course, &error, installed_at)),
    };
    let mut run = Run {
        machine,
        course,
        work: inputs.work,
        com1: Com1::create(folder)?,
        console: Log::create(&folder.join(CONSOLE_LOG), Unit::Bytes)?,
        events: Log::create(&folder.join(EVENTS_LOG), Unit::Lines)?,
        pictures: 0,
        start: since,
        phase: (Phase::Firmware, since),
        installed: Installed::new(installed_at),
        keys: None,
        report,
    };
    seen.ran = true;
    let verdict = run.follow(signals).await;
    let verdict = run.wind_down(verdict, seen).await;
    let installed = run.ended(seen);
    Ok(Ended {
        verdict: verdict?,
        installed,
    })
}

/// A machine that runs.
struct Run<'a> {
    machine: Started,
    course: Course,
    work: &'a Work,
    com1: Com1,
    console: Log,
    events: Log,
    /// How many pictures of the screen were taken.
    pictures: u32,
    start: Instant,
    /// The phase that runs, and since when.
    phase: (Phase, Instant),
    installed: Installed,
    /// Ticks while keys are pressed.
    keys: Option<Interval>,
    report: &'a mut Report,
}

impl Run<'_> {
    async fn follow(&mut self, signals: &mut Supervised) -> Result<Verdict, Failure> {
        self.report.stage(Stage::Guest(Phase::Firmware));
        self.machine.qmp.execute("cont", json!({})).await?;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut buffer, mut console) = (vec![0; 16 << 10], vec![0; 4 << 10]);
        // What has closed is not heard any more.
        let (mut qmp_open, mut com1_open) = (true, true);
        loop {
            let Started {
                qemu,
                tpm,
                qmp,
                com1,
                com2,
            } = &mut self.machine;
            let verdict = tokio::select! {
                // In this order: a guest that floods COM1 must not keep the clock from being heard.
                biased;
                signal = signals.heard() => return Err(Failure::Signal(signal)),
                _ = ticks.tick() => self.hear(Input::Tick).await?,
                event = qmp.event(), if qmp_open => if let Ok(event) = event {
                    self.qemu(event).await?
                } else {
                    // Its process ends next, and says more.
                    qmp_open = false;
                    None
                },
                status = qemu.ended() => {
                    let words = qemu.last_words(status?).await;
                    match self.drained().await? {
                        None => self.hear(Input::Exited(words)).await?,
                        verdict => verdict,
                    }
                }
                () = media::due(self.keys.as_mut()) => self.press().await?,
                words = last_words(tpm.as_mut()) => {
                    let cause = format!("the TPM is gone: {}", words?);
                    Some(Verdict::Host(self.course.story(cause, HOST_HINT)))
                }
                read = com1.read(&mut buffer), if com1_open => match read {
                    Ok(n) if n > 0 => self.serial(&buffer[..n]).await?,
                    _ => {
                        com1_open = false;
                        None
                    }
                },
                length = read_console(com2, &mut console) => {
                    self.console.keep(&console[..length]);
                    None
                }
            };
            if let Some(verdict) = verdict {
                return Ok(verdict);
            }
        }
    }

    /// An event of QEMU's. What the guest said before it is heard first.
    async fn qemu(&mut self, event: Event) -> anyhow::Result<Option<Verdict>> {
        let verdict = self.drained().await?;
        if verdict.is_some() {
            return Ok(verdict);
        }
        if event == Event::Stop {
            let state = self.machine.qmp.execute("query-status", json!({})).await?;
            let status = state["status"].as_str().unwrap_or("no state").to_owned();
            return self.hear(Input::Stopped(status)).await;
        }
        self.hear(Input::Qemu(event)).await
    }

    /// Hears what lies in COM1's socket, without waiting for more.
    async fn drained(&mut self) -> anyhow::Result<Option<Verdict>> {
        let bytes = self.machine.drain();
        self.serial(&bytes).await
    }

    /// Bytes of the guest's.
    async fn serial(&mut self, bytes: &[u8]) -> anyhow::Result<Option<Verdict>> {
        for input in self.com1.take(bytes) {
            let verdict = self.hear(input).await?;
            if verdict.is_some() {
                return Ok(verdict);
            }
        }
        Ok(None)
    }

    /// Tells the course, and does what it says.
    async fn hear(&mut self, input: Input) -> anyhow::Result<Option<Verdict>> {
        let mut actions = Vec::new();
        // Whether the disk was written decides what a start means.
        if matches!(
            input,
            Input::Tick | Input::Boot(_) | Input::Qemu(Event::Reset { .. })
        ) {
            // An error is QEMU's end, which is heard next.
            if let Ok(bytes) = self.counted(ids::SYSTEM, "wr_bytes").await {
                let written = Input::Written(bytes);
                self.report.hear(&written);
                actions = self.course.hear(self.start.elapsed(), written);
            }
        }
        self.record(&input)?;
        self.report.hear(&input);
        actions.extend(self.course.hear(self.start.elapsed(), input));
        for action in actions {
            self.report.act(&action);
            match action {
                Action::Enter(phase) => self.enter(phase),
                Action::Look => self.look().await,
                Action::EmptyCds => self.empty_cds().await?,
                Action::PressKeys => self.keys = Some(media::ticks()),
                Action::StopKeys => self.keys = None,
                Action::End(verdict) => return Ok(Some(verdict)),
                Action::Note(_) | Action::Warn(_) => {}
            }
        }
        Ok(None)
    }

    fn enter(&mut self, phase: Phase) {
        self.end_phase();
        self.phase = (phase, Instant::now());
    }

    fn end_phase(&mut self) {
        let (phase, since) = self.phase;
        self.installed.phases.push(manifest::Phase {
            name: phase.as_str().into(),
            ms: millis(since.elapsed()),
        });
    }

    /// Keeps an event for people, and a step that was done for the manifest.
    fn record(&mut self, input: &Input) -> anyhow::Result<()> {
        let Input::Guest(event) = input else {
            return Ok(());
        };
        let at = millis(self.start.elapsed());
        let line = json!({ "ms": at, "event": serde_json::to_value(event)? });
        self.events.keep(format!("{line}\n").as_bytes());
        if let Kind::Output { step, text } = &event.kind {
            self.installed.finish.hear(step, text);
        }
        if let Kind::Step {
            id,
            name,
            status,
            ms,
            ..
        } = &event.kind
            && matches!(status, Status::Ok | Status::Skipped)
            && self.installed.steps.len() < STEPS_MAX
        {
            self.installed.steps.push(manifest::Step {
                id: escape(id),
                name: escape(name),
                skipped: *status == Status::Skipped,
                ms: ms.unwrap_or_default(),
            });
        }
        Ok(())
    }

    /// Takes a picture for people. Without one the install goes on.
    async fn look(&mut self) {
        if self.pictures == PICTURES_MAX {
            return;
        }
        self.pictures += 1;
        let name = format!("{SCREEN}-{}", self.pictures);
        match picture(&mut self.machine.qmp, self.work, &name).await {
            Ok(picture) => {
                let text = format!("the screen: {} (`{}`)", picture.screen, picture.file);
                self.report.note(&text);
            }
            Err(why) => self
                .report
                .warn(&format!("no picture of the screen: {why}")),
        }
    }

    /// Sees to it that nothing runs any more. A guest that powered itself off is done only when
    /// QEMU has closed the disk without an error. Of any other guest a picture is taken first.
    async fn wind_down(
        &mut self,
        verdict: Result<Verdict, Failure>,
        seen: &mut Seen,
    ) -> Result<Verdict, Failure> {
        let Started { qemu, tpm, qmp, .. } = &mut self.machine;
        let course = &self.course;
        let mut verdict = verdict;
        if matches!(verdict, Ok(Verdict::Done)) {
            match timeout(POWER_OFF_DEADLINE, qemu.ended()).await {
                Ok(Ok(status)) if status.success() => {}
                Ok(Ok(status)) => {
                    let cause = qemu.last_words(status).await;
                    verdict = Ok(Verdict::Host(course.story(cause, HOST_HINT)));
                }
                Ok(Err(error)) => verdict = Err(error.into()),
                Err(_) => {
                    let sec = POWER_OFF_DEADLINE.as_secs();
                    let cause = format!("QEMU did not end within {sec} s of the power-off");
                    verdict = Ok(Verdict::Host(course.story(cause, HOST_HINT)));
                }
            }
        } else {
            if !matches!(verdict, Err(Failure::Signal(_))) {
                seen.picture = Some(picture(qmp, self.work, SCREEN).await);
            }
            // It may be gone already, or not listen any more.
            _ = timeout(QUIT_DEADLINE, qmp.execute("quit", json!({}))).await;
        }
        qemu.end_within(QUIT_DEADLINE).await;
        if let Some(tpm) = tpm {
            tpm.end_within(QUIT_DEADLINE).await;
        }
        verdict
    }

    /// Tells what was seen, however it ended.
    fn ended(mut self, seen: &mut Seen) -> Installed {
        self.end_phase();
        let ran = self.start.elapsed().as_secs();
        self.installed.sealed_at = self.installed.installed_at + ran;
        seen.serial = self.com1.last_lines();
        seen.phases.clone_from(&self.installed.phases);
        seen.steps.clone_from(&self.installed.steps);
        self.installed
    }
}

/// What came from a console; never, where there is none or it has closed.
async fn read_console(console: &mut Option<UnixStream>, buffer: &mut [u8]) -> usize {
    if let Some(stream) = console
        && let Ok(length @ 1..) = stream.read(buffer).await
    {
        return length;
    }
    *console = None;
    std::future::pending().await
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
