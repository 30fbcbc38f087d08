//! `lucarne-builder media [--layer]`: from the spec of an image or a layer to its answer ISO.

use camino::Utf8PathBuf;

use crate::builder::attributes::Attributes;
use crate::failure::Failure;
use crate::signals::Signals;
use crate::{media, nix_log};

pub(super) fn run(attributes: &Attributes) -> Result<(), Failure> {
    nix_log::set_phase("media");
    let guest: Option<Utf8PathBuf> = attributes.maybe("guest")?;
    media::build(
        &attributes.plan(None)?,
        guest.as_deref(),
        &attributes.out()?,
        &Signals::listen()?,
    )
}

pub(super) fn run_layer(attributes: &Attributes) -> Result<(), Failure> {
    nix_log::set_phase("media");
    let guest: Option<Utf8PathBuf> = attributes.maybe("guest")?;
    media::build_layer(
        &attributes.layer_plan()?,
        guest.as_deref(),
        &attributes.out()?,
        &Signals::listen()?,
    )
}
