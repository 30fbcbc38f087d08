//! `lucarne-builder media`: from the spec to the answer ISO.

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
