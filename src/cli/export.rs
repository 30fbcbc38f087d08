//! `lucarne export IMAGE --format FORMAT --out DIR`: an image for another engine.

use std::time::Duration;

use camino::Utf8PathBuf;

use super::given_tools::GivenTools;
use super::path;
use crate::export::{self, Format};
use crate::failure::Failure;
use crate::layer::Image;
use crate::nix_log;
use crate::output::Output;
use crate::signals::Signals;

/// Makes of an image what another engine takes: its disk, and texts with the machine's facts
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the image, or of a layer, which is exported with all that it lies on
    #[arg(value_parser = path)]
    image: Utf8PathBuf,
    /// What to make
    #[arg(long)]
    format: Format,
    #[command(flatten)]
    tools: GivenTools,
    /// How long the copy may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 14_400)]
    deadline_sec: u64,
    /// The folder to make; it must not be there yet
    #[arg(long, value_name = "DIR", value_parser = path)]
    out: Utf8PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    // That there is no such image, or that it cannot be exported so, is told first.
    let image = Image::open(&args.image)?;
    export::facts(args.format, &image)?;
    let tools = args.tools.find()?;
    let signals = Signals::listen()?;
    let output = signals.make(|| Output::beside(&args.out), Output::traces)?;
    let deadline = Duration::from_secs(args.deadline_sec);
    let made = export::make(args.format, &image, &tools, output.folder(), deadline);
    signals.settle();
    made?;
    output.commit()?;
    nix_log::say(&format!("the export is `{}`", args.out));
    Ok(())
}
