//! `lucarne flatten IMAGE --out DIR`: a layer and all that it lies on as one image.

use std::time::Duration;

use camino::Utf8PathBuf;

use super::given_tools::GivenTools;
use super::path;
use crate::failure::Failure;
use crate::layer::Image;
use crate::nix_log;
use crate::output::Output;
use crate::seal::flatten::flatten;
use crate::signals::Signals;

/// Makes one image of a layer and everything that it lies on.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the layer
    #[arg(value_parser = path)]
    image: Utf8PathBuf,
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
    // That there is no such image is told first.
    let image = Image::open(&args.image)?;
    let tools = args.tools.find()?;
    let signals = Signals::listen()?;
    let output = signals.make(|| Output::beside(&args.out), Output::traces)?;
    let deadline = Duration::from_secs(args.deadline_sec);
    let made = flatten(&image, &tools, output.folder(), deadline);
    signals.settle();
    made?;
    output.commit()?;
    nix_log::say(&format!("the image is `{}`", args.out));
    Ok(())
}
