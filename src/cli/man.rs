//! `lucarne man DIR`: a page of the manual for each command.

use anyhow::Context as _;
use camino::Utf8PathBuf;
use clap::CommandFactory as _;

use super::{Cli, path};
use crate::failure::Failure;
use crate::output::Output;
use crate::signals::Signals;

/// Writes a page of the manual for each command
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to make; it must not be there yet
    #[arg(value_name = "DIR", value_parser = path)]
    out: Utf8PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    let output = signals.make(|| Output::beside(&args.out), Output::traces)?;
    // Nothing in the pages is of this moment or machine: the same program writes the same.
    let written = clap_mangen::generate_to(Cli::command(), output.folder());
    signals.settle();
    written.with_context(|| format!("cannot write to `{}`", args.out))?;
    Ok(signals.commit(output)?)
}
