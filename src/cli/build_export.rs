//! `lucarne build-export`: what Nix calls as the builder of an export's derivation, as it calls
//! `build-machine` for a machine's. No image depends on this program.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::Utf8PathBuf;
use clap::ValueEnum as _;

use crate::builder::attributes::Attributes;
use crate::export::{self, Format};
use crate::failure::Failure;
use crate::layer::Image;
use crate::nix_log;
use crate::output::Output;
use crate::tools::Tools;

/// A copy of a disk of 100 GiB takes minutes.
const DEADLINE: Duration = Duration::from_secs(4 * 3600);

/// Makes an export's folder: what Nix calls as a builder, with structured attributes
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub(super) struct Args {}

pub(super) fn run(_: &Args) -> Result<(), Failure> {
    nix_log::begin();
    nix_log::set_phase("export");
    let attributes = Attributes::read()?;
    let tools: Tools = attributes.get("tools")?;
    let image: Utf8PathBuf = attributes.get("image")?;
    let format: String = attributes.get("format")?;
    let format = Format::from_str(&format, false).map_err(|error| anyhow!(error));
    let format = format.context("the derivation's attribute `format`")?;
    let output = Output::beside(&attributes.out()?)?;
    export::make(
        format,
        &Image::open(&image)?,
        &tools.qemu_img,
        output.folder(),
        DEADLINE,
    )?;
    Ok(output.commit()?)
}
