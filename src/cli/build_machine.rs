//! `lucarne build-machine`: what Nix calls as the builder of a machine's derivation. It checks the
//! machine against its image's manifest, and writes its folder.
//!
//! The program that runs machines is not `lucarne-builder`, on which images depend.

use anyhow::Context as _;
use camino::Utf8Path;
use serde_json::Value;

use crate::builder::attributes::Attributes;
use crate::failure::Failure;
use crate::instance::runner::Runner;
use crate::instance::{self, Plan, plan, spec};
use crate::nix_log;
use crate::output::Output;
use crate::tools::Tools;

/// Makes a machine's folder: what Nix calls as a builder, with structured attributes
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub(super) struct Args {}

pub(super) fn run(_: &Args) -> Result<(), Failure> {
    nix_log::begin();
    nix_log::set_phase("machine");
    let attributes = Attributes::read()?;
    let machine: Value = attributes.get("machine")?;
    let tools: Value = attributes.get("tools")?;
    // A wrong table would be told when the machine starts.
    let _: Tools = attributes.get("tools")?;
    let lucarne: String = attributes.get("lucarne")?;
    let place = attributes.out()?;
    let plan = checked(&machine, attributes.get("imageIsHere")?)?;
    for warning in &plan.warnings {
        nix_log::say(&format!("warning: {}", warning.with_hint()));
    }
    let runner = Runner {
        machine: &machine,
        plan: &plan,
        tools: &tools,
        lucarne: &lucarne,
    };
    let output = Output::beside(&place)?;
    runner.write(output.folder(), Utf8Path::new(&place))?;
    Ok(output.commit()?)
}

/// The machine against its image, or, where the build does not see that, by itself.
fn checked(machine: &Value, image_is_here: bool) -> Result<Plan, Failure> {
    let bytes = serde_json::to_vec(machine).context("cannot write the machine's spec")?;
    if image_is_here {
        return Ok(instance::plan_of(&bytes)?.0);
    }
    nix_log::say(
        "warning: image: is a folder that this build does not see, so the machine is checked \
         against it when it starts\n  hint: name a value of `makeBaseImage` or `addLayer`",
    );
    let shaped = spec::shape(&bytes).map_err(Failure::MachineSpec)?;
    plan::check(&shaped, None).map_err(Failure::MachineSpec)
}
