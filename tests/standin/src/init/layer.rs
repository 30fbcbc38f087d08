//! Plays the guest program's part in a layer: it finds the layer's medium, does the steps, settles
//! alone, and powers off.

use std::{convert::Infallible, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use lucarne_guest::layer::merge;
use lucarne_protocol::{
    Kind, PROTOCOL, SCRUB, SETTLE,
    step::{self, Phase, Step, Steps},
};
use serde_json::Value;

use super::{media, platform, says::Says, state::Layer, windows::Windows};
use crate::{config::Fault, steps, traces};

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
            let name = marker["name"].as_str().context("a layer without a name")?;
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
    let text = fs::read(medium.join("steps.json")).context("the medium has no steps")?;
    let document = steps::read(&text)?;
    if windows.state.layer.is_none() {
        take_over(windows, medium, text, &document)?;
    }
    // Those of each start are for machines that run.
    let mine: Vec<&Step> = document
        .steps
        .iter()
        .filter(|step| step.phase == Phase::System)
        .collect();
    let drives = windows.drives();
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
    for text in traces::take_out(&windows.drives(), true)? {
        let step = SCRUB.into();
        says.event(Kind::Output { step, text })?;
    }
    says.phase("settle")?;
    windows.state.layer = Some(Layer {
        name: name.into(),
        done,
        settles: true,
    });
    windows.reset()
}

/// Copies what the medium brings, as the guest program does; and all of it passes through memory.
fn take_over(windows: &Windows, medium: &Path, text: Vec<u8>, layer: &Steps) -> Result<()> {
    let drives = windows.drives();
    let path = drives.place(&format!(r"{}\steps.json", step::FOLDER))?;
    let base = steps::read(&fs::read(&path).context("the image has no steps")?)?;
    let folder = format!("layer-{}", windows.state.layers.len() + 1);
    let merged = merge(&base, layer.clone(), &folder).map_err(anyhow::Error::msg)?;
    let merged = serde_json::to_vec_pretty(&merged).context("steps are plain data")?;
    fs::write(path, merged).context("cannot write the steps")?;
    let payload = medium.join("payload");
    if payload.is_dir() {
        let to = drives.place(&format!(r"{}\{folder}\payload", step::FOLDER))?;
        copy(&payload, &to)?;
    }
    traces::page(&drives, &[text])
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).context("cannot make a folder")?;
    for entry in fs::read_dir(from).context("cannot list the medium")? {
        let entry = entry.context("cannot list the medium")?;
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to).context("cannot copy a file")?;
        }
    }
    Ok(())
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
    says.event(Kind::Output {
        step: SETTLE.into(),
        text: "idle".into(),
    })?;
    says.event(Kind::Done)?;
    windows.power_off()
}
