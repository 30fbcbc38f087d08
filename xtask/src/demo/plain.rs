//! The demo without Nix: `lucarne install`.

use std::fs;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use serde_json::Value;

use super::{Inputs, request};
use crate::root::{self, Root};
use crate::{enter, parts, store};

/// Gives the image's folder, or nothing when the install failed (lucarne has said why).
pub(super) fn install(tools: &Root, inputs: &Inputs, again: bool) -> Result<Option<Utf8PathBuf>> {
    let folder = root::cache()?.join("demo");
    let out = folder.join("image");
    if out.join("manifest.json").exists() && !again {
        println!("the image is there already, from an earlier run; `--rebuild` installs again");
        return Ok(Some(out));
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{folder}`"))?;
    // An install that failed leaves its working folder for looking at; this is the next one.
    for old in [&out, &folder.join("image.work")] {
        if old.exists() {
            fs::remove_dir_all(old).with_context(|| format!("cannot remove `{old}`"))?;
        }
    }
    let mut spec = request::spec(inputs);
    spec["schema"] = Value::from("lucarne.spec/1");
    let (spec_file, tools_file) = (folder.join("spec.json"), folder.join("tools.json"));
    fs::write(&spec_file, format!("{spec:#}\n"))?;
    let mut table = request::tools(inputs.vars.as_str());
    let mut bind = vec![inputs.iso.clone()];
    if let Some(guest) = &inputs.guest {
        table["guest"] = Value::from(guest.as_str());
    }
    fs::write(&tools_file, format!("{table:#}\n"))?;

    let lucarne = parts::lucarne()?;
    let mut command = store::words(&[lucarne.as_str(), "install", spec_file.as_str()]);
    command.extend(store::words(&[
        "--tools",
        tools_file.as_str(),
        "--out",
        out.as_str(),
    ]));
    command.extend(store::words(&["--iso", inputs.iso.as_str()]));
    if let Some(iso) = &inputs.virtio_win {
        command.extend(store::words(&["--virtio-win", iso.as_str()]));
        bind.push(iso.clone());
    }
    let status = enter::command(tools, &bind, &command)?
        .status()
        .context("cannot start it")?;
    Ok(status.success().then_some(out))
}
