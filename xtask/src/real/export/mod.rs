//! Exports of the stand-in's image, opened by programs that are not ours.

mod formats;
mod sealed;

use crate::test::Check;

pub(super) const CHECKS: &[Check] = &[Check {
    name: "export/formats",
    shows: "qemu-img, skopeo and tar open each export, two are equal, and a containerDisk's boots",
    run: formats::formats,
}];
