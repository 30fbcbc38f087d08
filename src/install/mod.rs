//! Runs Windows Setup, or a layer's steps, in a machine until there is a verdict, and seals what it
//! left.
//!
//! 1. [`preflight`]: everything that can be known to fail, fails before anything is started.
//! 2. [`work`]: the files and sockets of the machine, in one folder.
//! 3. [`supervise`]: one thread hears QEMU, COM1, the TPM, signals and the clock, tells
//!    [`crate::guest::Course`], and does what that says.
//! 4. [`evidence`]: what is left for people when it did not end well.

mod com1;
pub mod evidence;
mod image;
mod job;
mod look;
mod preflight;
mod prepare;
mod refusal;
mod report;
mod space;
mod supervise;
mod take;
mod work;

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;

use self::evidence::Seen;
use crate::failure::Failure;
use crate::guest::{Limits, Verdict};
use crate::machine::{Accel, TYPE};
use crate::manifest;
use crate::progress::Stage;
use crate::qemu::probe;
use crate::signals::Signals;
use crate::tools::Tools;

#[cfg(feature = "cli")]
pub(crate) use com1::Com1;
pub use image::{ImageInputs, image, outcome};
pub use job::{Job, Layer};
#[cfg(feature = "cli")]
pub(crate) use preflight::{TINY_IMAGE_BYTES, choose};
pub use report::{Listener, Report};
pub use work::Work;

/// What an install or a layer needs.
#[derive(Clone, Copy, Debug)]
pub struct InstallInputs<'a> {
    pub job: Job<'a>,
    pub tools: &'a Tools,
    pub answer_iso: &'a Utf8Path,
    pub work: &'a Work,
    /// The folder that the image is sealed into, which is there already.
    pub out: &'a Utf8Path,
    pub signals: &'a Signals,
}

/// What an install tells the manifest. The disk and the variables lie in the work folder.
#[derive(Debug)]
pub struct Installed {
    pub machine_type: &'static str,
    pub phases: Vec<manifest::Phase>,
    pub steps: Vec<manifest::Step>,
    /// Of which the guest says no defaults.
    pub finish: manifest::Finish,
    /// Seconds since 1970, by the guest's clock.
    pub installed_at: u64,
    pub sealed_at: u64,
}

/// How one attempt ended.
struct Ended {
    installed: Installed,
    verdict: Verdict,
}

/// Installs. What was seen of the guest is told however it ends.
pub fn run(
    inputs: &InstallInputs<'_>,
    report: &mut Report,
    seen: &mut Seen,
) -> Result<Installed, Failure> {
    preflight::check(inputs)?;
    let mut accel = preflight::accel(&inputs.job)?;
    let fallback = preflight::may_fall_back(&inputs.job);
    loop {
        let ended = attempt(inputs, accel, report, seen)?;
        match ended.verdict {
            Verdict::Kvm(why) if fallback && accel == Accel::Kvm => {
                report.warn(&format!("{why}; going on without KVM"));
                accel = Accel::Tcg;
            }
            verdict => return judge(verdict).map(|()| ended.installed),
        }
    }
}

/// One start of QEMU, from fresh files to a verdict.
fn attempt(
    inputs: &InstallInputs<'_>,
    accel: Accel,
    report: &mut Report,
    seen: &mut Seen,
) -> Result<Ended, Failure> {
    report.stage(Stage::Prepare);
    report.machine(accel);
    *seen = Seen::default();
    let prompts = inputs.work.prepare(inputs)?;
    if prompts {
        report.warn(
            "neither the ISO nor its `boot.wim` has a boot image that starts without a key: one \
             will be pressed",
        );
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?;
    let local = tokio::task::LocalSet::new();
    let ended = local.block_on(&runtime, async {
        let job = &inputs.job;
        let model = job.cpu();
        let folder = inputs.work.machine_folder();
        let mut signals = inputs.signals.supervise();
        let facts = tokio::select! {
            facts = probe(&inputs.tools.qemu, accel, model, folder) => facts,
            signal = signals.heard() => return Err(Failure::Signal(signal)),
        };
        let mut course = job.course(Limits::new(job.install(), accel), accel);
        let facts = match facts {
            Ok(facts) => facts,
            Err(error) => {
                return refusal::not_probed(course, &error).map_err(Into::into);
            }
        };
        if prompts {
            course = course.with_keys();
        }
        let machine = job.machine(accel, &facts);
        supervise::run(inputs, &machine, course, &mut signals, report, seen).await
    });
    // What still runs is killed with its handle; nothing is waited for.
    drop(local);
    // One that came while the machine was ending.
    inputs.signals.check()?;
    ended
}

/// The verdict as the command's end.
pub(crate) fn judge(verdict: Verdict) -> Result<(), Failure> {
    match verdict {
        Verdict::Done => Ok(()),
        Verdict::Guest(story) => Err(Failure::Guest(story)),
        Verdict::TimedOut(story) => Err(Failure::TimedOut(story)),
        Verdict::Kvm(why) => Err(Failure::Host(anyhow!(
            "{why}\n\nhint: {}",
            preflight::NO_KVM
        ))),
        Verdict::Host(story) => Err(Failure::Machine(story)),
    }
}

impl Installed {
    fn new(installed_at: u64) -> Self {
        Self {
            machine_type: TYPE,
            phases: Vec::new(),
            steps: Vec::new(),
            finish: manifest::Finish::default(),
            installed_at,
            sealed_at: installed_at,
        }
    }
}
