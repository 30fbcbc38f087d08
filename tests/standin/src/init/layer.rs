//! Plays the guest program's part in a layer: it finds the layer's medium, does the steps, settles
//! alone, and powers off.

use std::{convert::Infallible, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use lucarne_protocol::{
    Kind, PROTOCOL,
    step::{Phase, Step},
};
use serde_json::Value;

use super::{media, platform, says::Says, state::Layer, windows::Windows};
use crate::{config::Fault, drives::Drives, steps};

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

/// The program starts.
fn hello(says: &mut Says, windows: &Windows) -> Result<()> {
    says.event(Kind::Hello {
        protocol: PROTOCOL.into(),
        program: "0.1.0".into(),
        boot: windows.state.starts,
    })
}

fn work(windows: &mut Windows, medium: &Path, name: &str) -> Result<Infallible> {
    let mut says = Says::default();
    hello(&mut says, windows)?;
    says.phase("steps")?;
    let document = fs::read(medium.join("steps.json")).context("the medium has no steps")?;
    let document = steps::read(&document)?;
    // Those of each start are for machines that run.
    let mine: Vec<&Step> = document
        .steps
        .iter()
        .filter(|step| step.phase == Phase::System)
        .collect();
    let mut drives = Drives::default();
    drives.assign('C', &windows.root);
    let mut done = match windows.state.layer.take() {
        Some(layer) => layer.done,
        None => 0,
    };
    while let Some(step) = mine.get(done) {
        let of = u32::try_from(mine.len()).context("few steps")?;
        let n = u32::try_from(done + 1).context("few steps")?;
        let registry = &mut windows.state.registry;
        let ended = says.step(step, &drives, medium, registry, (n, of))?;
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

/// The last start, alone.
fn settle(windows: &mut Windows) -> Result<Infallible> {
    let mut says = Says::default();
    if windows.state.config.fault != Fault::CdsStay {
        platform::load(&["ahci", "sr_mod"])?;
        ensure!(!media::cd_present(), "a CD is still in a drive");
    }
    hello(&mut says, windows)?;
    let layer = windows.state.layer.take();
    windows.state.layers.extend(layer.map(|layer| layer.name));
    says.event(Kind::Done)?;
    windows.power_off()
}
