//! The files that steps need: looked at before anything is planned with them.

use camino::Utf8Path;

use super::{Missing, is_absent, warn_of_absence};
use crate::payload;
use crate::plan::{Contents, Payload};
use crate::problem::{Problem, one_line};
use crate::virtio_win;

/// Looks at the files that steps need.
pub(super) fn look(payloads: &[Payload], iso: Option<&Utf8Path>, missing: Missing) -> Vec<Problem> {
    let mut budget = payload::budget();
    let mut problems = Vec::new();
    for payload in payloads {
        let Payload { at, contents, .. } = payload;
        let host = match (contents, iso) {
            (Contents::Host(host), _) => host,
            (Contents::VirtioWin(file), Some(iso)) => {
                if let Err(error) = virtio_win::look(iso, file) {
                    let what = one_line(&format!("virtio-win's ISO: {error:#}"));
                    let hint = "`7z l` lists what is on it; a later one may have it";
                    problems.push(Problem::new(at, what).hint(hint));
                }
                continue;
            }
            _ => continue,
        };
        let path = Utf8Path::new(&host.path);
        if missing == Missing::Warns && is_absent(path) {
            warn_of_absence(at, path);
        } else {
            let looked = payload::look(at, host, &payload.on_media(), &mut budget);
            problems.extend(looked.err());
        }
    }
    problems
}
