//! Plays the guest program's part in a layer: it finds the layer's medium, does the steps, settles
//! alone, and powers off.

use std::{convert::Infallible, fs, path::Path, time::Instant};

use anyhow::{Context as _, Result, ensure};
use lucarne_protocol::{
    Event, Kind, PROTOCOL, Status, encode,
    step::{Phase, Step},
};
use serde_json::Value;

use super::{media, platform, serial, state::Layer, windows::Windows};
use crate::{
    config::Fault,
    drives::Drives,
    steps::{self, Ended},
};

/// The folder of a medium that is meant for the guest program.
const FOLDER: &str = "lucarne";

/// Plays this start's part, where there is one: the medium of a layer is in a drive, or the layer
/// has done its steps.
pub(super) fn play(windows: &mut Windows) -> Result<Option<Infallible>> {
    if windows
        .state
        .layer
        .as_ref()
        .is_some_and(|layer| layer.settles)
    {
        return settle(windows).map(Some);
    }
    for medium in media::mount_all()? {
        let folder = medium.root.join(FOLDER);
        let Ok(marker) = fs::read(folder.join("lucarne.json")) else {
            continue;
        };
        let marker: Value = serde_json::from_slice(&marker).context("the medium's marker")?;
        if marker["purpose"] == "layer" {
            ensure!(
                marker["schema"] == "lucarne.media/1",
                "the medium is of another schema"
            );
            let name = marker["name"].as_str().context("a layer has a name")?;
            return work(windows, &folder, name).map(Some);
        }
    }
    Ok(None)
}

/// What is said, with its number.
struct Says(u64);

impl Says {
    fn event(&mut self, kind: Kind) -> Result<()> {
        self.0 += 1;
        let event = Event { seq: self.0, kind };
        serial::send(encode(&event).as_bytes())
    }

    fn phase(&mut self, phase: &str) -> Result<()> {
        self.event(Kind::Phase {
            phase: phase.into(),
        })
    }

    /// The program starts.
    fn hello(&mut self, windows: &Windows) -> Result<()> {
        self.event(Kind::Hello {
            protocol: PROTOCOL.into(),
            program: "0.1.0".into(),
            boot: windows.state.starts,
        })
    }
}

fn work(windows: &mut Windows, medium: &Path, name: &str) -> Result<Infallible> {
    let mut says = Says(0);
    says.hello(windows)?;
    says.phase("steps")?;
    let document = fs::read(medium.join("steps.json")).context("the medium has no steps")?;
    let document = steps::read(&document)?;
    // Those of each start are for machines that run.
    let mine: Vec<&Step> = document
        .steps
        .iter()
        .filter(|step| step.phase == Phase::System)
        .collect();
    let mut done = match windows.state.layer.take() {
        Some(layer) => layer.done,
        None => 0,
    };
    while let Some(step) = mine.get(done) {
        let of = u32::try_from(mine.len()).context("few steps")?;
        let n = u32::try_from(done + 1).context("few steps")?;
        let ended = one(windows, medium, step, &mut says, (n, of))?;
        if ended.failed.is_some() {
            says.event(Kind::Failed {
                message: format!("the step `{}` failed", step.id),
            })?;
            return windows.power_off();
        }
        done += 1;
        if ended.restarts {
            windows.state.layer = Some(Layer {
                name: name.into(),
                done,
                settles: false,
            });
            return windows.reset();
        }
    }
    says.phase("scrub")?;
    says.phase("settle")?;
    windows.state.layer = Some(Layer {
        name: name.into(),
        done,
        settles: true,
    });
    windows.reset()
}

/// Does a step and tells of it.
fn one(
    windows: &mut Windows,
    medium: &Path,
    step: &Step,
    says: &mut Says,
    (n, of): (u32, u32),
) -> Result<Ended> {
    let mut drives = Drives::default();
    drives.assign('C', &windows.root);
    let tell = |status, ms, ended: &Ended| Kind::Step {
        id: step.id.clone(),
        n,
        of,
        name: step.name.clone(),
        status,
        ms,
        exit: ended.exit,
        message: ended.failed.clone(),
    };
    says.event(tell(Status::Start, None, &Ended::default()))?;
    let since = Instant::now();
    let ended = steps::act(step, &drives, medium, &mut windows.state.registry);
    // What the program could not do at all is a failed step too.
    let ended = ended.unwrap_or_else(|error| Ended {
        failed: Some(format!("{error:#}")),
        ..Ended::default()
    });
    if !ended.output.is_empty() {
        says.event(Kind::Output {
            step: step.id.clone(),
            text: ended.output.clone(),
        })?;
    }
    let ms = u64::try_from(since.elapsed().as_millis()).ok();
    let status = if ended.failed.is_some() {
        Status::Failed
    } else {
        Status::Ok
    };
    says.event(tell(status, ms, &ended))?;
    Ok(ended)
}

/// The last start, alone.
fn settle(windows: &mut Windows) -> Result<Infallible> {
    let mut says = Says(0);
    if windows.state.config.fault != Fault::CdsStay {
        platform::load(&["ahci", "sr_mod"])?;
        ensure!(!media::cd_present(), "a CD is still in a drive");
    }
    says.hello(windows)?;
    let layer = windows.state.layer.take();
    windows.state.layers.extend(layer.map(|layer| layer.name));
    says.event(Kind::Done)?;
    windows.power_off()
}
