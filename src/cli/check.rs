//! `lucarne check SPEC`: the plan, or every problem.

use camino::Utf8PathBuf;

use crate::cli::{Inputs, print};
use crate::failure::Failure;
use crate::inputs::Missing;

/// Checks a spec and shows what would be done, or every problem
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inputs: Inputs,
    /// The firmware's variables with keys: whether it would start the Windows ISO is checked too
    #[arg(long, value_name = "FILE")]
    vars: Option<Utf8PathBuf>,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let planned = args.inputs.plan(Missing::Warns, args.vars.as_deref())?;
    if args.json {
        return print(&planned.plan.to_json());
    }
    print(&planned.plan.to_string())
}
