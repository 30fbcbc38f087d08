//! The demo as a Nix build in the real sandbox.

use std::fs;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use serde_json::Value;

use super::{Inputs, request};
use crate::root::{self, Root};
use crate::{enter, expression as text, parts, store};

/// Gives the image's store path, or nothing when its build failed (Nix has said why).
pub(super) fn build(tools: &Root, inputs: &Inputs, again: bool) -> Result<Option<Utf8PathBuf>> {
    let folder = root::cache()?.join("demo");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{folder}`"))?;
    let file = folder.join("image.nix");
    fs::write(&file, expression(tools, inputs, &request::spec(inputs))?)
        .with_context(|| format!("cannot write `{file}`"))?;

    let asked = ["nix", "eval", "--raw", "--file", file.as_str(), "drvPath"];
    let derivation = store::read(tools, &[], &asked)?;
    let outputs = ["nix-store", "--query", "--outputs", &derivation];
    let image = store::read(tools, &[], &outputs)?;
    let link = folder.join("result");
    if store::has(tools, &image)? {
        if !again {
            println!(
                "the image is in the store already, from the same inputs; \
                 `--rebuild` installs again"
            );
            return Ok(Some(Utf8PathBuf::from(image)));
        }
        fs::remove_file(&link).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        store::read(tools, &[], &["nix-store", "--quiet", "--delete", &image])?;
    }

    eprintln!("nix build of {derivation}");
    let mut command = store::words(&["nix", "build", "--print-build-logs"]);
    command.extend(store::words(&[
        "--out-link",
        link.as_str(),
        "--file",
        file.as_str(),
    ]));
    if inputs.accel == "kvm" {
        command.extend(store::words(&[
            "--option",
            "system-features",
            "big-parallel kvm",
        ]));
    }
    let status = enter::command(tools, &[], &command)?
        .status()
        .context("cannot start `nix`")?;
    Ok(status.success().then(|| Utf8PathBuf::from(image)))
}

/// The expression, after everything that it names was put into the store.
pub(crate) fn expression(tools: &Root, inputs: &Inputs, spec: &Value) -> Result<String> {
    eprintln!("building lucarne-builder");
    let builder = store::add(tools, &parts::builder()?, "lucarne-builder")?;
    let windows = store::add_fixed(tools, &inputs.iso, "windows.iso")?;
    let virtio_win = inputs.virtio_win.as_ref();
    let virtio_win = virtio_win
        .map(|iso| store::add_fixed(tools, iso, "virtio-win.iso"))
        .transpose()?;
    // The stand-in's are made by us; Microsoft's are a path of the tool root.
    let own = inputs.vars != request::MICROSOFT_VARS;
    let vars = own
        .then(|| store::add(tools, &inputs.vars, "vars.fd"))
        .transpose()?;
    let guest = inputs.guest.as_ref();
    let guest = guest
        .map(|program| store::add(tools, program, "lucarne-guest.exe"))
        .transpose()?;
    Ok(text::image(&text::Image {
        repository: &root::repository(),
        builder: &builder,
        vars_ms: vars.as_deref(),
        guest: guest.as_deref(),
        tools: &request::tools(request::MICROSOFT_VARS),
        spec,
        windows: &windows,
        virtio_win: virtio_win.as_ref(),
    }))
}
