//! From a plan to a sealed image, installed or layered: what the command line and the derivations
//! both do.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::{Utf8Path, Utf8PathBuf};

use super::evidence::{Kept, Seen, gather};
use super::take::take;
use super::{InstallInputs, Installed, Job, Report, Work, run};
use crate::failure::Failure;
use crate::inputs::Planned;
use crate::manifest::{Input, Inputs, Manifest};
use crate::media;
use crate::nix_log;
use crate::output::Output;
use crate::plan::Firmware;
use crate::progress::Stage;
use crate::seal::{self, LayerSealInputs, SealInputs, seal, seal_layer};
use crate::signals::Signals;
use crate::time;
use crate::tools::Tools;

/// Where `lucarne media` puts the answer ISO in its folder.
const ANSWER: &str = "answer.iso";

/// What an image is made from.
#[derive(Clone, Copy, Debug)]
pub struct ImageInputs<'a> {
    pub job: Job<'a>,
    pub tools: &'a Tools,
    /// What `lucarne media` made of the same plan; `None`: it is made here.
    pub media: Option<&'a Utf8Path>,
    /// The folder to work in. It holds the evidence of a failure, and nothing of ours otherwise.
    pub work: &'a Utf8Path,
    /// The image's folder, which must not be there yet.
    pub out: &'a Utf8Path,
    /// What becomes of the work folder when there is no image.
    pub kept: Kept,
}

/// Installs, or does a layer's steps, and seals.
pub fn image(
    inputs: &ImageInputs<'_>,
    signals: &Signals,
    report: &mut Report,
) -> Result<Manifest, Failure> {
    make(inputs, signals, report, |install, installed, report| {
        report.stage(Stage::Seal);
        seal_up(install, installed, install.out).map_err(|failure| failure.in_phase("seal"))
    })
}

/// Does a layer's steps and keeps what they left in a folder of C:, nothing else.
pub fn outcome(
    inputs: &ImageInputs<'_>,
    folder: &str,
    signals: &Signals,
    report: &mut Report,
) -> Result<(), Failure> {
    let Job::Layer(layer) = inputs.job else {
        return Err(anyhow!("an install leaves an image").into());
    };
    make(inputs, signals, report, |install, _, _| {
        let disk = install.job.disk(install.work, install.tools)?;
        let taken = take(&*disk, &layer.base.manifest, folder, install.out);
        taken.map_err(|failure| failure.in_phase("take"))
    })
}

/// Runs the job in a machine, and makes an output folder of what that left.
fn make<T>(
    inputs: &ImageInputs<'_>,
    signals: &Signals,
    report: &mut Report,
    finish: impl FnOnce(&InstallInputs<'_>, Installed, &mut Report) -> Result<T, Failure>,
) -> Result<T, Failure> {
    apart(inputs.work, inputs.out)?;
    report.job(&inputs.job);
    let output = signals.make(|| Output::beside(inputs.out), Output::traces)?;
    let work = signals.make(|| Work::new(inputs.work), Work::traces)?;
    let mut seen = Seen::default();
    let made = run_and_finish(inputs, (&work, &output), signals, report, &mut seen, finish);
    signals.settle();
    // Without an image the folders above it go when the work folder beside it is gone.
    let (made, _unfinished) = match made {
        Ok(made) => {
            let put = signals.commit(output);
            (put.map(|()| made).map_err(Failure::from), None)
        }
        failed => (failed, Some(output)),
    };
    match &made {
        Ok(_) => report.note(&format!("the image is `{}`", inputs.out)),
        // Whoever stopped it does not look for reasons.
        Err(Failure::Signal(_)) => seen.ran = false,
        Err(_) => {}
    }
    if seen.ran && (made.is_err() || inputs.kept == Kept::Output) {
        let text = gather(
            &work,
            seen,
            made.as_ref().err(),
            inputs.kept,
            (&inputs.job, inputs.tools),
        );
        if made.is_err() {
            nix_log::say(&text);
        }
    } else {
        let removed = work.remove();
        // The failure that led here is the one to tell.
        if made.is_ok() {
            removed?;
        }
    }
    made
}

/// One of the two in the other would meet the other's files, at the latest when the image is done.
fn apart(work: &Utf8Path, out: &Utf8Path) -> Result<(), Failure> {
    let whole = |path| camino::absolute_utf8(path).context("no current folder");
    let (work, out) = (whole(work)?, whole(out)?);
    if work.starts_with(&out) || out.starts_with(&work) {
        return Err(Failure::Usage(format!(
            "error: the work folder `{work}` and the image's folder `{out}` are not apart\n\n\
             hint: name two folders, neither of them in the other\n"
        )));
    }
    Ok(())
}

fn run_and_finish<T>(
    inputs: &ImageInputs<'_>,
    (work, output): (&Work, &Output),
    signals: &Signals,
    report: &mut Report,
    seen: &mut Seen,
    finish: impl FnOnce(&InstallInputs<'_>, Installed, &mut Report) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let answer_iso = if let Some(media) = inputs.media {
        media.join(ANSWER)
    } else {
        report.stage(Stage::Media);
        let (folder, guest) = (work.media(), inputs.tools.guest.as_deref());
        match inputs.job {
            Job::Install(planned) => media::build(planned, guest, &folder, signals)?,
            Job::Layer(layer) => media::build_layer(&layer.plan, guest, &folder, signals)?,
        }
        folder.join(ANSWER)
    };
    let install = InstallInputs {
        job: inputs.job,
        tools: inputs.tools,
        answer_iso: &answer_iso,
        work,
        out: output.folder(),
        signals,
    };
    let installed = run(&install, report, seen)?;
    finish(&install, installed, report)
}

fn seal_up(
    inputs: &InstallInputs<'_>,
    installed: Installed,
    out: &Utf8Path,
) -> Result<Manifest, Failure> {
    let (code, vars) = inputs.work.firmware();
    let firmware = match inputs.job.firmware() {
        Firmware::Uefi { .. } => Some(seal::FirmwareFiles {
            code: &code,
            vars: &vars,
        }),
        Firmware::Bios => None,
    };
    let deadline = Duration::from_secs(inputs.job.install().deadlines.total_sec);
    let planned = match inputs.job {
        Job::Install(planned) => planned,
        Job::Layer(layer) => {
            return seal_layer(&LayerSealInputs {
                base: &layer.base,
                name: &layer.plan.name,
                compression: layer.plan.compression,
                tools: inputs.tools,
                overlay: &inputs.work.overlay(),
                work: inputs.work.machine_folder(),
                firmware,
                out,
                media: media_of(inputs.answer_iso)?,
                phases: installed.phases,
                steps: installed.steps,
                finish: installed.finish,
                sealed_at: time::rfc3339(installed.sealed_at),
                deadline,
            });
        }
    };
    let facts = seal::Facts {
        machine_type: installed.machine_type.into(),
        inputs: described(planned, inputs.answer_iso)?,
        phases: installed.phases,
        steps: installed.steps,
        finish: installed.finish,
        installed_at: time::rfc3339(installed.installed_at),
        sealed_at: time::rfc3339(installed.sealed_at),
        evaluation_ends: None,
    };
    seal(&SealInputs {
        plan: &planned.plan,
        tools: inputs.tools,
        raw: &inputs.work.disk(),
        firmware,
        out,
        facts,
        deadline,
    })
}

fn media_of(answer_iso: &Utf8Path) -> anyhow::Result<Input> {
    Ok(Input {
        label: media::LABEL.to_owned(),
        sha256: seal::sha256(answer_iso)?,
    })
}

/// What the image was made of, by label and hash.
fn described(planned: &Planned, answer_iso: &Utf8Path) -> anyhow::Result<Inputs> {
    let input = |label: &str, path: &Utf8PathBuf| -> anyhow::Result<Input> {
        Ok(Input {
            label: label.to_owned(),
            sha256: seal::sha256(path)?,
        })
    };
    let (windows, facts) = planned
        .windows
        .as_ref()
        .context("no Windows ISO was read")?;
    let virtio_win = planned.virtio_win.as_ref();
    Ok(Inputs {
        media: media_of(answer_iso)?,
        windows_iso: input(&facts.label, windows)?,
        virtio_win_iso: virtio_win
            .map(|(path, facts)| input(&facts.label, path))
            .transpose()?,
        base: None,
    })
}
