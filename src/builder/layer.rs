//! `lucarne-builder layer [--debug]`: from an image and a layer's media to the sealed difference.
//! `lucarne-builder flatten`: from a chain to one image.
//! `lucarne-builder run`: from a command in Windows to what it left.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use crate::builder::attributes::Attributes;
use crate::builder::image::{WORK, debug_of, make};
use crate::failure::Failure;
use crate::install::evidence::Kept;
use crate::install::{ImageInputs, Job, Layer, Report, outcome};
use crate::layer::Image;
use crate::nix_log;
use crate::output::Output;
use crate::seal::flatten::flatten;
use crate::signals::Signals;
use crate::tools::Tools;

/// A copy of a disk of 100 GiB takes minutes.
const DEADLINE: Duration = Duration::from_secs(4 * 3600);

pub(super) fn run(attributes: &Attributes) -> Result<(), Failure> {
    build(attributes, &attributes.out()?, Kept::Build)
}

/// The same layer, and a success in most cases: the output is what the layer left.
pub(super) fn debug(attributes: &Attributes) -> Result<(), Failure> {
    debug_of(attributes, build)
}

fn build(attributes: &Attributes, out: &Utf8Path, kept: Kept) -> Result<(), Failure> {
    let tools: Tools = attributes.get("tools")?;
    let plan = attributes.layer_plan()?;
    let base: Utf8PathBuf = attributes.get("base")?;
    let layer = Layer::new(plan, Image::open(&base)?, &tools)?;
    make(attributes, &tools, Job::Layer(&layer), out, kept)
}

/// Makes one image of the derivation's `image` and what it lies on.
pub(super) fn run_flatten(attributes: &Attributes) -> Result<(), Failure> {
    nix_log::set_phase("flatten");
    let tools: Tools = attributes.get("tools")?;
    let image: Utf8PathBuf = attributes.get("image")?;
    let output = Output::beside(&attributes.out()?)?;
    let (image, qemu_img) = (Image::open(&image)?, &tools.qemu_img);
    flatten(&image, qemu_img, output.folder(), DEADLINE)?;
    Ok(output.commit()?)
}

/// Does a layer's steps and keeps what they left in the derivation's `folder`.
pub(super) fn run_command(attributes: &Attributes) -> Result<(), Failure> {
    let tools: Tools = attributes.get("tools")?;
    let plan = attributes.layer_plan()?;
    let base: Utf8PathBuf = attributes.get("base")?;
    let media: Utf8PathBuf = attributes.get("media")?;
    let folder: String = attributes.get("folder")?;
    let layer = Layer::new(plan, Image::open(&base)?, &tools)?;
    let inputs = ImageInputs {
        job: Job::Layer(&layer),
        tools: &tools,
        media: Some(&media),
        work: Utf8Path::new(WORK),
        out: &attributes.out()?,
        kept: Kept::Build,
    };
    outcome(
        &inputs,
        &folder,
        &Signals::listen()?,
        &mut Report::default(),
    )
}
