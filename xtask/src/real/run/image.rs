//! The image that machines are started from: installed once, and kept as long as what it is made
//! by stays the same.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::book::tutorial;
use crate::demo::Inputs;
use crate::parts::{self, Order};
use crate::test::Context;

/// No install of the stand-in takes longer, even when others run beside it.
const LIMIT: Duration = Duration::from_secs(600);

/// The image's folder, in the cache's one.
const IMAGE: &str = "image";

/// A sealed image, and what else its machines need.
pub(in crate::real) struct Image {
    pub(in crate::real) folder: Utf8PathBuf,
    /// Firmware variables that trust the stand-in, for the table of tools.
    pub(in crate::real) vars: Utf8PathBuf,
}

/// Gives the image, which is the tutorial's, made by its own command: without TPM and Secure Boot,
/// whose starts take twice as long, and of one core, for several machines run at a time.
pub(in crate::real) fn sealed() -> Result<Image> {
    let order = Order {
        release: Some("win10-22h2".into()),
        ..Order::default()
    };
    let inputs = Inputs::standin(&order, "Windows 10 Pro")?;
    let lucarne = parts::lucarne()?;
    let drivers = inputs.drivers()?;
    let (spec, command) = tutorial::install(Utf8Path::new("first"))?;
    // The builder is the part of `lucarne` that installs, and knows nothing of running.
    let builder = parts::builder()?;
    let mut hash = Sha256::new();
    hash.update(fs::read(&builder).with_context(|| format!("cannot read `{builder}`"))?);
    hash.update(format!("{} {drivers} {spec} {command:?}", inputs.iso));
    let place = parts::kept("run", hash, |place| {
        let (spec, command) = tutorial::install(place)?;
        let file = place.join("spec.json");
        fs::write(&file, spec).with_context(|| format!("cannot write `{file}`"))?;
        let given = [
            ("windows.iso", inputs.iso.as_path()),
            ("virtio-win.iso", drivers),
        ];
        let mut install = vec![lucarne.to_string()];
        install.extend(command.into_iter().map(|word| {
            let mut given = given.iter();
            let there = given.find(|(name, _)| word == place.join(name).as_str());
            there.map_or(word, |(_, iso)| iso.to_string())
        }));
        make(
            place,
            &install.iter().map(String::as_str).collect::<Vec<_>>(),
        )
    })?;
    Ok(Image {
        folder: place.join(IMAGE),
        vars: inputs.vars,
    })
}

fn make(place: &Utf8Path, install: &[&str]) -> Result<()> {
    let ran = Context::at(place.to_owned()).inside(LIMIT, install)?;
    ensure!(
        ran.code == 0,
        "the install of the machines' image ended with {}\n{}",
        ran.code,
        ran.stderr
    );
    // The tutorial shows some of it.
    fs::write(place.join("said"), ran.stderr).context("cannot write `said`")?;
    Ok(())
}

/// Another image with the same disk, whose manifest is changed.
pub(in crate::real) fn copy(
    image: &Image,
    to: &Utf8Path,
    change: impl FnOnce(&mut Value),
) -> Result<Utf8PathBuf> {
    fs::create_dir(to).with_context(|| format!("cannot make `{to}`"))?;
    for name in ["disk.qcow2", "code.fd", "vars.fd"] {
        let from = image.folder.join(name);
        fs::copy(&from, to.join(name)).with_context(|| format!("cannot copy `{from}`"))?;
    }
    let mut manifest = manifest(image)?;
    change(&mut manifest);
    fs::write(to.join("manifest.json"), format!("{manifest:#}\n"))?;
    Ok(to.to_owned())
}

fn manifest(image: &Image) -> Result<Value> {
    let file = image.folder.join("manifest.json");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read `{file}`"))?;
    serde_json::from_str(&text).context("the manifest is no JSON")
}
