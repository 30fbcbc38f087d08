//! Exports, opened by programs that are not ours.

mod formats;
mod registry;
mod sealed;
mod texts;

use camino::Utf8Path;

use crate::test::Check;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "export/formats",
        shows: "qemu-img, skopeo and tar open each export, two are equal, a containerDisk's boots",
        run: formats::formats,
    },
    Check {
        name: "export/texts",
        shows: "the engines' own schemas and tools take what exports tell of the machine",
        run: texts::texts,
    },
];

/// skopeo, which has no policy in the tool root, and unpacks into a folder of the check's.
fn skopeo(temporary: &Utf8Path) -> [&str; 4] {
    [
        "skopeo",
        "--insecure-policy",
        "--tmpdir",
        temporary.as_str(),
    ]
}
