//! `lucarne stop MACHINE`: what `ctl NAME stop` does, for who has the spec.

use super::ctl;
use super::machine::{Machine, Place};
use crate::failure::Failure;
use crate::instance::found::Found;

/// Shuts the machine of a spec down, and waits until it has ended
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    stop: ctl::Stop,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let name = args.machine.plan()?.name;
    let folders = args.place.folders(&name)?;
    args.stop.run(&Found { name, folders })
}
