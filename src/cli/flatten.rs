//! `lucarne flatten IMAGE --out DIR`: a layer and all that it lies on as one image.

use super::copying::Copying;
use crate::failure::Failure;
use crate::seal::flatten::flatten;

/// Makes one image of a layer and everything that it lies on.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    copying: Copying,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let image = args.copying.image()?;
    args.copying
        .run("image", &image, |qemu_img, out, deadline| {
            flatten(&image, qemu_img, out, deadline)?;
            Ok(())
        })
}
