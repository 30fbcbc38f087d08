//! `lucarne answer SPEC`: the answer file on stdout.

use crate::answer;
use crate::cli::{Inputs, print};
use crate::failure::Failure;
use crate::inputs::Missing;
use crate::plan::Purpose;

/// Writes the answer file of a spec to stdout
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inputs: Inputs,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let planned = args
        .inputs
        .plan_for(Purpose::Answer, Missing::Warns, None)?;
    print(&answer::render(&planned.plan))
}
