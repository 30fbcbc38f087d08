//! What `flatten` and `export` have in common: an image is read, and a folder made of it.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::given_tools::GivenTools;
use super::path;
use crate::failure::Failure;
use crate::layer::Image;
use crate::nix_log;
use crate::output::Output;
use crate::signals::Signals;
use crate::tools::Tools;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Copying {
    /// The folder of the image, or of a layer, which goes with all that it lies on
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

impl Copying {
    /// The image. That there is none is told first.
    pub(super) fn image(&self) -> anyhow::Result<Image> {
        Image::open(&self.image)
    }

    /// Makes the folder, whole or not at all. `what` it is then called.
    pub(super) fn run(
        &self,
        what: &str,
        copy: impl FnOnce(&Tools, &Utf8Path, Duration) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let tools = self.tools.find()?;
        let signals = Signals::listen()?;
        let output = signals.make(|| Output::beside(&self.out), Output::traces)?;
        let done = copy(
            &tools,
            output.folder(),
            Duration::from_secs(self.deadline_sec),
        );
        signals.settle();
        done?;
        output.commit()?;
        nix_log::say(&format!("the {what} is `{}`", self.out));
        Ok(())
    }
}
