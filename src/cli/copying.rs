//! What `flatten` and `export` have in common: an image is read, and a folder made of it.

use std::time::Duration;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use clap::value_parser;

use super::given_tools::GivenTools;
use super::path;
use crate::failure::Failure;
use crate::layer::Image;
use crate::nix_log;
use crate::output::Output;
use crate::signals::Signals;

/// A week.
const DEADLINE_SEC_MAX: u64 = 7 * 24 * 3600;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Copying {
    /// The folder of the image, or of a layer, which goes with all that it lies on
    #[arg(value_parser = path)]
    image: Utf8PathBuf,
    #[command(flatten)]
    tools: GivenTools,
    /// How long the copy may take, in seconds
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 14_400,
        value_parser = value_parser!(u64).range(1..=DEADLINE_SEC_MAX)
    )]
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

    /// Makes the folder, whole or not at all. `what` it is then called. `copy` is told where
    /// `qemu-img` is, the only tool that it may use, and where to write.
    pub(super) fn run(
        &self,
        what: &str,
        image: &Image,
        copy: impl FnOnce(&Utf8Path, &Utf8Path, Duration) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.apart(&self.out, image)?;
        let qemu_img = self.tools.qemu_img()?;
        let signals = Signals::listen()?;
        let output = signals.make(|| Output::beside(&self.out), Output::traces)?;
        // Behind a folder that was not there yet, `..` led nowhere.
        self.apart(output.folder(), image)?;
        let deadline = Duration::from_secs(self.deadline_sec);
        let done = copy(&qemu_img, output.folder(), deadline);
        signals.settle();
        done?;
        signals.commit(output)?;
        nix_log::say(&format!("the {what} is `{}`", self.out));
        Ok(())
    }

    /// Nothing is written into an image, however its folder is called.
    fn apart(&self, folder: &Utf8Path, image: &Image) -> Result<(), Failure> {
        let folder = camino::absolute_utf8(folder).context("no current folder")?;
        // What is not there yet is made in the first of these that is.
        let mut above = folder.ancestors().skip(1);
        let above = above.find_map(|folder| folder.canonicalize_utf8().ok());
        if above.is_some_and(|folder| folder.starts_with(image.folder())) {
            return Err(Failure::Usage(format!(
                "error: `{}` would be in the image `{}`, into which nothing may be written\n\n\
                 hint: name a folder beside it\n",
                self.out,
                image.folder()
            )));
        }
        Ok(())
    }
}
