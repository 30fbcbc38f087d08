//! `lucarne media SPEC --out DIR`: the answer ISO.

use camino::Utf8PathBuf;

use crate::cli::{Inputs, path};
use crate::failure::Failure;
use crate::inputs::Missing;
use crate::media;
use crate::signals::Signals;

/// Writes the answer ISO, with the plan and the answer file beside it for people.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inputs: Inputs,
    /// `lucarne-guest.exe`, which does the steps inside Windows
    #[arg(long, value_name = "FILE", value_parser = path)]
    guest: Option<Utf8PathBuf>,
    /// The folder to make; it must not be there yet
    #[arg(long, value_name = "DIR", value_parser = path)]
    out: Utf8PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let planned = args.inputs.plan(Missing::Fails, None)?;
    media::build(
        &planned,
        args.guest.as_deref(),
        &args.out,
        &Signals::listen()?,
    )
}
