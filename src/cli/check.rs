//! `lucarne check SPEC`: the plan, or every problem.

use crate::cli::{Inputs, print};
use crate::failure::Failure;
use crate::inputs::Missing;

/// Checks a spec and shows what would be done, or every problem
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inputs: Inputs,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let planned = args.inputs.plan(Missing::Warns)?;
    if args.json {
        return print(&planned.plan.to_json());
    }
    print(&planned.plan.to_string())
}
