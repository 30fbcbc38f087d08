//! `lucarne install SPEC --out DIR`: the whole way to an image, without Nix.

use super::making::Making;
use crate::cli::Inputs;
use crate::failure::Failure;
use crate::inputs::Missing;
use crate::install::Job;

/// Installs Windows and seals the image.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    making: Making,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let begun = args.making.begin();
    let tools = args.making.tools();
    // What is wrong with the spec is told first.
    let vars = tools.as_ref().ok().map(|tools| tools.vars_ms.as_path());
    let planned = args.inputs.plan(Missing::Fails, vars)?;
    begun.make(Job::Install(&planned), &tools?)
}
