//! `lucarne check SPEC`: the plan, or every problem.

use std::fmt::Display;

use camino::Utf8PathBuf;

use crate::cli::{Inputs, path, print};
use crate::failure::Failure;
use crate::inputs::{self, Missing};
use crate::plan::Purpose;
use crate::spec;

/// Checks a spec, of an image or a layer, and shows what would be done, or every problem
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inputs: Inputs,
    /// The firmware's variables with keys: whether it would start the Windows ISO is checked too
    #[arg(long, value_name = "FILE", value_parser = path)]
    vars: Option<Utf8PathBuf>,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let spec = args.inputs.read()?;
    if spec::is_of_layer(&spec) {
        return layer(args, &spec);
    }
    let vars = args.vars.as_deref();
    let planned = args
        .inputs
        .plan_of(Purpose::Install, &spec, Missing::Warns, vars)?;
    show(args, &planned.plan, planned.plan.to_json())
}

/// A layer's base is not looked at, and what it was installed with is the base's.
fn layer(args: &Args, spec: &[u8]) -> Result<(), Failure> {
    let named = args.inputs.named_iso();
    if let Some(option) = named.or(args.vars.is_some().then_some("--vars")) {
        return Err(Failure::Usage(format!(
            "error: `{option}` is of an image, and the spec is a layer's\n\nhint: leave it out\n"
        )));
    }
    let plan = inputs::plan_layer(spec, Missing::Warns)?;
    show(args, &plan, plan.to_json())
}

fn show(args: &Args, plan: &impl Display, json: String) -> Result<(), Failure> {
    print(&if args.json { json } else { plan.to_string() })
}
