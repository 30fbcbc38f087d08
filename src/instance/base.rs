//! What the system disk lies on: the image, or what the identity run made of it; and whether a disk
//! that is kept still lies on that.

use anyhow::Context as _;
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::Inputs;
use super::folders::{self, Folders, remove};
use super::spec::Reset;
use super::{disk, roots};
use crate::failure::Failure;
use crate::layer::Image;
use crate::problem::{Problem, Problems, operand};
use crate::regular;

/// The schema that this version writes and reads.
const SCHEMA: &str = "lucarne.instance/1";
/// What a kept disk lies on, in the state folder.
pub const KEPT: &str = "instance.json";
const BYTES_MAX: u64 = 64 << 10;

/// A disk to lie on, with the firmware variables that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) disk: Utf8PathBuf,
    /// With UEFI.
    pub(super) vars: Option<Utf8PathBuf>,
    /// The same for the same contents, wherever they are.
    pub(super) key: String,
}

impl Base {
    pub(super) fn of_image(image: &Image) -> Self {
        Self {
            disk: image.disk(),
            vars: image.firmware().map(|(_, vars)| vars),
            key: image.manifest_sha256().to_owned(),
        }
    }
}

/// `instance.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kept {
    schema: String,
    /// The image's folder.
    image: String,
    /// The disk below the kept one.
    below: String,
    key: String,
}

/// How somebody gets on who needs nothing of a kept system disk.
pub(super) fn way_out(name: &str) -> String {
    format!("`lucarne ctl {name} reset` throws the disk away")
}

/// Whether there is a system disk to go on with. One that lies on something else is a problem:
/// what is on it may be somebody's work.
pub(super) fn kept(inputs: &Inputs<'_>, base: &Base) -> Result<bool, Failure> {
    let folders = inputs.folders;
    let overlay = folders.overlay();
    let name = &inputs.plan.name;
    let Some(kept) = read(folders, name)? else {
        return Ok(false);
    };
    let way_out = way_out(name);
    if inputs.plan.reset != Reset::Never {
        let what = "another start kept the system disk, and this one would throw it away";
        let problem = Problem::new("reset", what).hint(format!("{way_out}; or say `never`"));
        return Err(Failure::MachineSpec(Problems(vec![problem])));
    }
    for file in [
        Some(folders.overlay()),
        base.vars.as_ref().map(|_| folders.vars()),
    ] {
        let Some(file) = file else { continue };
        if let Err(error) = file.symlink_metadata() {
            let what = format!("the system disk is kept, and `{file}` of it is missing: {error}");
            return Err(anyhow::anyhow!("{what}\n\nhint: put it back, or {way_out}").into());
        }
    }
    if kept.key != base.key {
        let what = format!(
            "the system disk is kept, and lies on another image or identity, that of {}",
            operand(&kept.image)
        );
        let hint =
            format!("{way_out}, and the next start takes this one; or go back to that, as it was");
        let problem = Problem::new("image", what).hint(hint);
        return Err(Failure::MachineSpec(Problems(vec![problem])));
    }
    if !base.disk.exists() {
        let what = format!(
            "`{}`, which the kept system disk lies on, is gone",
            base.disk
        );
        return Err(anyhow::anyhow!("{what}\n\nhint: put it back, or {way_out}").into());
    }
    if kept.below != base.disk {
        // The same image at another place.
        disk::move_below(inputs.tools, &overlay, &base.disk)?;
        write(inputs, base)?;
    }
    roots::keep(inputs);
    Ok(true)
}

/// Makes a new system disk.
pub(super) fn renew(inputs: &Inputs<'_>, base: &Base) -> anyhow::Result<()> {
    let folders = inputs.folders;
    remove(&place(folders))?;
    disk::overlay(inputs.tools, base, &folders.overlay(), &folders.vars())?;
    if inputs.plan.reset == Reset::Never {
        // The last of all: a disk that nothing is known of is thrown away.
        write(inputs, base)?;
        roots::keep(inputs);
    } else {
        roots::release(&inputs.plan.name, &folders.state);
    }
    Ok(())
}

fn read(folders: &Folders, name: &str) -> anyhow::Result<Option<Kept>> {
    let path = place(folders);
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let cannot = || format!("cannot tell what the kept system disk lies on, from `{path}`");
    let bytes = regular::read(&path, BYTES_MAX).with_context(cannot)?;
    let kept: Kept = serde_json::from_slice(&bytes)
        .map_err(|error| anyhow::anyhow!("{}: {error}\n\nhint: {}", cannot(), way_out(name)))?;
    Ok(Some(kept))
}

fn write(inputs: &Inputs<'_>, base: &Base) -> anyhow::Result<()> {
    let kept = Kept {
        schema: SCHEMA.into(),
        image: inputs.plan.image.to_string(),
        below: base.disk.to_string(),
        key: base.key.clone(),
    };
    let json = serde_json::to_string_pretty(&kept)? + "\n";
    folders::write(&place(inputs.folders), json.as_bytes())
}

fn place(folders: &Folders) -> Utf8PathBuf {
    folders.state.join(KEPT)
}
