//! `lucarne selftest`: installs a Windows ISO, starts the sealed image once more, and writes a
//! report of what was seen, for whoever has no such ISO.
//!
//! 1. The install is the one of `lucarne install`; [`observe`] listens to it.
//! 2. [`boot`] starts the sealed image on a run's hardware until it is ready and powers off.
//! 3. [`document`] is the report: facts, and [`answers`] to the questions that nobody could look
//!    up. [`scrub`] takes what is private out of every text that is not ours.
//!
//! The image itself is thrown away.

mod answers;
mod boot;
mod disc;
mod document;
mod logs;
mod observe;
mod scrub;
mod tools;
mod watch;

use std::fs;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::failure::Failure;
use crate::inputs::Planned;
use crate::install::evidence::Kept;
use crate::install::{self, ImageInputs, Job, Report};
use crate::machine::Accel;
use crate::manifest::{self, Manifest};
use crate::output::{Output, Traces};
use crate::plan::Firmware;
use crate::signals::Signals;
use crate::tools::Tools;
use document::{Document, HOLDS, SCHEMA, Step, Verdict, Windows};
use observe::{Observer, Seen};
use scrub::Scrub;
use watch::Times;

/// What is tested, and where.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    pub planned: &'a Planned,
    pub tools: &'a Tools,
    /// The folder to work in; the image and its start have folders beside it.
    pub work: &'a Utf8Path,
    /// The report's folder, which must not be there yet.
    pub out: &'a Utf8Path,
}

/// The JSON Schema of `report.json`.
#[must_use]
pub fn schema() -> Value {
    schemars::schema_for!(Document).to_value()
}

/// Does it all. The report is there whatever the end was, unless a signal was it.
pub fn run(inputs: &Inputs<'_>, report: &mut Report) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    let output = signals.make(|| Output::beside(inputs.out), Output::traces)?;
    let observer = Observer::default();
    report.tell(Box::new(observer.clone()));
    let image = beside(inputs.work, "image");
    let installed = install::image(
        &ImageInputs {
            job: Job::Install(inputs.planned),
            tools: inputs.tools,
            media: None,
            work: inputs.work,
            out: &image,
            kept: Kept::Folder,
        },
        &signals,
        report,
    );
    let ended = match installed {
        Ok(manifest) => {
            // The observer goes on listening.
            let accel = observer.0.borrow().accel;
            let mut traces = Traces::default();
            traces.whole(image.clone());
            signals.remove_at_end(&traces);
            let (times, ended) = start(inputs, &image, &signals, accel, report);
            traces.remove()?;
            (Some(manifest), Some(times), ended)
        }
        Err(failure) => (None, None, Err(failure)),
    };
    let (manifest, times, ended) = ended;
    if let Err(Failure::Signal(_)) = ended {
        return ended;
    }
    let document = document(
        inputs,
        &observer.0.borrow(),
        manifest,
        times,
        ended.as_ref().err(),
    )?;
    write(&document, output.folder())?;
    signals.commit(output)?;
    report.note(&format!(
        "the report is `{}`",
        inputs.out.join("report.html")
    ));
    ended
}

fn beside(work: &Utf8Path, what: &str) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{}.{what}", work.as_str().trim_end_matches('/')))
}

fn start(
    inputs: &Inputs<'_>,
    image: &Utf8Path,
    signals: &Signals,
    accel: Option<Accel>,
    report: &mut Report,
) -> (Times, Result<(), Failure>) {
    let Some(accel) = accel else {
        let failure = anyhow::anyhow!("an image was made without a machine");
        return (Times::default(), Err(failure.into()));
    };
    report.note("the sealed image starts");
    boot::boot(&boot::Start {
        plan: &inputs.planned.plan,
        tools: inputs.tools,
        image,
        work: &beside(inputs.work, "boot"),
        accel,
        signals,
    })
}

/// Puts everything together. What others wrote goes through the scrub.
fn document(
    inputs: &Inputs<'_>,
    seen: &Seen,
    manifest: Option<Manifest>,
    boot: Option<Times>,
    failure: Option<&Failure>,
) -> anyhow::Result<Document> {
    let plan = &inputs.planned.plan;
    let (path, iso) = inputs
        .planned
        .windows
        .as_ref()
        .context("no Windows ISO was read")?;
    let disc = disc::read(path)?;
    let scrub = Scrub::new(plan, host_names());
    let image = &plan.image;
    let (major, minor, build) = image.version;
    Ok(Document {
        schema: SCHEMA,
        holds: HOLDS.to_vec(),
        verdict: verdict(failure, &scrub),
        answers: answers::all(seen, &disc, iso, failure.is_none()),
        windows: Windows {
            label: iso.label.clone(),
            install_file: iso.install_file.clone(),
            edition: image.name.clone(),
            edition_id: image.edition_id.clone(),
            installation_type: image.installation_type.clone(),
            version: format!("{major}.{minor}.{build}"),
            architecture: image.architecture.clone(),
            languages: image.languages.clone(),
            bytes: image.total_bytes.saturating_sub(image.hard_link_bytes),
            images: iso.images.iter().map(|image| image.name.clone()).collect(),
        },
        disc,
        machine: machine(inputs, seen),
        drivers: answers::drivers(plan, seen),
        phases: phases(seen),
        steps: (seen.steps.iter())
            .map(|step| Step {
                name: scrub.text(&step.name),
                ..step.clone()
            })
            .collect(),
        boot,
        image: manifest.map(|manifest| manifest.windows.contents),
        warnings: seen.warnings.iter().map(|text| scrub.text(text)).collect(),
        logs: logs::ends(inputs.work, &scrub),
        tools: tools::versions(inputs.tools),
    })
}

/// What the host and its user are called.
fn host_names() -> Vec<String> {
    let variables = ["USER", "LOGNAME", "SUDO_USER", "HOSTNAME"];
    let variables = variables
        .into_iter()
        .filter_map(|name| std::env::var(name).ok());
    let mut names: Vec<String> = variables.collect();
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    names.push(name.trim().to_owned());
    names
}

fn verdict(failure: Option<&Failure>, scrub: &Scrub) -> Verdict {
    Verdict {
        exit_code: failure.map_or(0, Failure::code),
        phase: match failure {
            Some(Failure::Guest(story) | Failure::TimedOut(story)) => Some(story.phase.clone()),
            _ => None,
        },
        message: failure.map(|failure| scrub.text(&failure.to_string())),
    }
}

fn machine(inputs: &Inputs<'_>, seen: &Seen) -> document::Machine {
    let plan = &inputs.planned.plan;
    let (firmware, secure_boot) = match plan.firmware {
        Firmware::Uefi { secure_boot } => ("UEFI", secure_boot),
        Firmware::Bios => ("BIOS", false),
    };
    document::Machine {
        accel: seen.accel.map(Accel::as_str),
        firmware,
        secure_boot,
        tpm: plan.tpm,
        bus: plan.disk.bus.as_str(),
        cores: plan.machine.cores,
        memory_mib: plan.machine.memory_mib,
    }
}

/// Each stage lasts until the next one begins.
fn phases(seen: &Seen) -> Vec<manifest::Phase> {
    let ends = seen.stages.iter().skip(1).map(|(_, at)| *at);
    let stages = seen.stages.iter().zip(ends.chain([seen.end]));
    stages
        .map(|((stage, from), to)| manifest::Phase {
            name: stage.as_str().into(),
            ms: u64::try_from(to.saturating_sub(*from).as_millis()).unwrap_or(u64::MAX),
        })
        .collect()
}

/// Writes `report.json` and `report.html`.
fn write(document: &Document, folder: &Utf8Path) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(document).context("cannot write the report")?;
    for (name, text) in [
        ("report.json", json + "\n"),
        ("report.html", page(document)?),
    ] {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write `{path}`"))?;
    }
    Ok(())
}

/// The page: one file that loads nothing. Everything that goes into it is escaped for HTML, which
/// minijinja does for templates with this ending.
fn page(document: &Document) -> anyhow::Result<String> {
    let mut templates = minijinja::Environment::new();
    templates.add_template("page.html", include_str!("page.html"))?;
    let template = templates.get_template("page.html")?;
    Ok(template.render(minijinja::value::Serde(document))?)
}

#[cfg(test)]
mod tests;
