//! `lucarne layer SPEC --base DIR --out DIR`: more steps on top of an image.

use camino::Utf8PathBuf;

use super::inputs::read_spec;
use super::making::Making;
use super::path;
use crate::failure::Failure;
use crate::inputs::{self, Missing};
use crate::install::{Job, Layer};
use crate::layer::Image;

/// Does more steps on top of an image, and seals what differs from it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The layer's spec, a JSON file (`lucarne schema layer`); `-` reads stdin
    #[arg(value_parser = path)]
    spec: Utf8PathBuf,
    /// The image to put it on, installed or a layer itself; it must stay where it is
    #[arg(long, value_name = "DIR", value_parser = path)]
    base: Utf8PathBuf,
    #[command(flatten)]
    making: Making,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let begun = args.making.begin();
    // What is wrong with the spec is told first, then that there is no base.
    let plan = inputs::plan_layer(&read_spec(&args.spec)?, Missing::Fails)?;
    let base = Image::open(&args.base)?;
    let tools = args.making.tools()?;
    let layer = Layer::new(plan, base, &tools)?;
    begun.make(Job::Layer(&layer), &tools)
}
