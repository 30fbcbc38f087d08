//! `lucarne export IMAGE --format FORMAT --out DIR`: an image for another engine.

use super::copying::Copying;
use crate::export::{self, Format};
use crate::failure::Failure;

/// Makes of an image what another engine takes: its disk, and texts with the machine's facts
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to make
    #[arg(long)]
    format: Format,
    #[command(flatten)]
    copying: Copying,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let image = args.copying.image()?;
    // That it cannot be exported so is told before anything is looked for.
    export::facts(args.format, &image)?;
    args.copying
        .run("export", &image, |qemu_img, out, deadline| {
            export::make(args.format, &image, qemu_img, out, deadline)
        })
}
