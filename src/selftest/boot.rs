//! Starts the sealed image once more, as a run would, until it is ready and has powered off.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::watch::{Do, Times, Watch};
use crate::exec::Command;
use crate::failure::Failure;
use crate::guest::{Input, Limits, Lines, Verdict};
use crate::install::{Work, judge};
use crate::machine::{Accel, Machine, Medium, Phase, files};
use crate::plan::{Firmware, Plan};
use crate::qemu::{Transcript, probe};
use crate::signals::{Signals, Supervised};
use crate::start::{Started, start, unplug};
use crate::tools::Tools;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(2);
/// How long QEMU has to end by itself, and when told to.
const POWER_OFF_DEADLINE: Duration = Duration::from_secs(60);
const QUIT_DEADLINE: Duration = Duration::from_secs(5);
/// The system disk, over the image's.
const OVERLAY: &str = "disk.qcow2";

/// What is started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'a> {
    pub(super) plan: &'a Plan,
    pub(super) tools: &'a Tools,
    /// The image's folder.
    pub(super) image: &'a Utf8Path,
    /// The folder to work in.
    pub(super) work: &'a Utf8Path,
    pub(super) accel: Accel,
    pub(super) signals: &'a Signals,
}

/// Starts it, and tells what happened when, whatever the end was.
pub(super) fn boot(inputs: &Start<'_>) -> (Times, Result<(), Failure>) {
    let limits = Limits::new(&inputs.plan.install, inputs.accel);
    let mut watch = Watch::new(limits.settle, limits.shutdown);
    let verdict = attempt(inputs, &mut watch);
    (watch.times, verdict.and_then(judge))
}

fn attempt(inputs: &Start<'_>, watch: &mut Watch) -> Result<Verdict, Failure> {
    let work = inputs
        .signals
        .make(|| Work::new(inputs.work), Work::traces)?;
    prepare(inputs, &work)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?;
    let local = tokio::task::LocalSet::new();
    let verdict = local.block_on(&runtime, async {
        let mut signals = inputs.signals.supervise();
        let machine = tokio::select! {
            machine = machine(inputs, &work) => machine?,
            signal = signals.heard() => return Err(Failure::Signal(signal)),
        };
        let tpm = work.tpm_state();
        let place = work.start(inputs.tools, &tpm);
        let mut started = tokio::select! {
            started = start(&place, &machine, Transcript::none()) => started?,
            signal = signals.heard() => return Err(Failure::Signal(signal)),
        };
        unplug(&mut started.qmp).await?;
        let verdict = follow(&mut started, watch, &mut signals).await;
        wind_down(started, &verdict).await;
        verdict
    });
    drop(local);
    work.remove()?;
    inputs.signals.check()?;
    verdict
}

/// The image's files as a machine uses them: the disk below an overlay, firmware of its own.
fn prepare(inputs: &Start<'_>, work: &Work) -> anyhow::Result<()> {
    let folder = work.machine_folder();
    let image = camino::absolute_utf8(inputs.image).context("no current folder")?;
    if let Firmware::Uefi { .. } = inputs.plan.firmware {
        for name in [files::CODE, files::VARS] {
            // Its bytes, not its mode: what is sealed is read-only.
            let bytes = fs::read(image.join(name));
            bytes
                .and_then(|bytes| fs::write(folder.join(name), bytes))
                .with_context(|| format!("cannot copy `{name}` of the image"))?;
        }
    }
    let below = image.join("disk.qcow2");
    Command::new(&inputs.tools.qemu_img)
        .args(["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b"])
        .args([below.as_str(), folder.join(OVERLAY).as_str()])
        .run()?;
    Ok(())
}

/// The run's machine: the same devices, empty drives.
async fn machine(inputs: &Start<'_>, work: &Work) -> anyhow::Result<Machine> {
    let (plan, accel) = (inputs.plan, inputs.accel);
    let model = plan.machine.cpu.as_deref();
    let facts = probe(&inputs.tools.qemu, accel, model, work.machine_folder()).await?;
    let unused = [Medium::raw(""), Medium::raw("")];
    Ok(Machine {
        phase: Phase::Run,
        disk: Medium::qcow2(OVERLAY),
        cds: [None, None],
        ..Machine::install(plan, accel, &facts, unused)
    })
}

async fn follow(
    machine: &mut Started,
    watch: &mut Watch,
    signals: &mut Supervised,
) -> Result<Verdict, Failure> {
    machine.qmp.execute("cont", json!({})).await?;
    let start = Instant::now();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut lines, mut buffer) = (Lines::default(), vec![0; 16 << 10]);
    // What has closed is not heard any more.
    let (mut qmp_open, mut com1_open) = (true, true);
    loop {
        let mut heard = Vec::new();
        tokio::select! {
            biased;
            signal = signals.heard() => return Err(Failure::Signal(signal)),
            _ = ticks.tick() => heard.push(Input::Tick),
            read = machine.com1.read(&mut buffer), if com1_open => match read {
                Ok(n) if n > 0 => {
                    lines.push(&buffer[..n], |line| heard.extend(Input::of_line(line)));
                }
                _ => com1_open = false,
            },
            event = machine.qmp.event(), if qmp_open => match event {
                Ok(event) => heard.push(Input::Qemu(event)),
                Err(_) => qmp_open = false,
            },
            status = machine.qemu.ended() => {
                heard.push(Input::Exited(machine.qemu.last_words(status?).await));
            }
        }
        for input in &heard {
            match watch.hear(start.elapsed(), input) {
                Some(Do::Ask) => {
                    machine.qmp.execute("system_powerdown", json!({})).await?;
                }
                Some(Do::End(verdict)) => return Ok(verdict),
                None => {}
            }
        }
    }
}

/// Sees to it that nothing runs any more.
async fn wind_down(machine: Started, verdict: &Result<Verdict, Failure>) {
    let Started {
        mut qemu,
        tpm,
        mut qmp,
        ..
    } = machine;
    if matches!(verdict, Ok(Verdict::Done)) {
        _ = timeout(POWER_OFF_DEADLINE, qemu.ended()).await;
    } else {
        // It may be gone already, or not listen any more.
        _ = timeout(QUIT_DEADLINE, qmp.execute("quit", json!({}))).await;
    }
    qemu.end_within(QUIT_DEADLINE).await;
    if let Some(mut tpm) = tpm {
        tpm.end_within(QUIT_DEADLINE).await;
    }
}
