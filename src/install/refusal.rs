//! A QEMU that ends before the machine runs.

use std::time::Duration;

use anyhow::anyhow;

use super::{Ended, Installed};
use crate::guest::{Action, Course, Input, Verdict};
use crate::qemu::Refused;

const QEMU_HINT: &str = "`qemu` of the tools names the program: it must be QEMU 9.0 or newer, with \
     the devices that the machine has";

/// QEMU did not start the machine.
pub(super) fn refused(course: &mut Course, error: &anyhow::Error, installed_at: u64) -> Ended {
    let words = format!("{error:#}");
    let verdict = course.hear(Duration::ZERO, Input::Exited(words.clone()));
    Ended {
        installed: Installed::new(installed_at),
        verdict: (verdict.into_iter())
            .find_map(|action| match action {
                Action::End(verdict) => Some(verdict),
                _ => None,
            })
            .unwrap_or_else(|| Verdict::Host(course.story(words, QEMU_HINT))),
    }
}

/// QEMU did not start to be asked, which may be KVM's fault and so is the course's to tell.
pub(super) fn not_probed(mut course: Course, error: &anyhow::Error) -> anyhow::Result<Ended> {
    if error.is::<Refused>() {
        let ended = refused(&mut course, error, 0);
        if matches!(ended.verdict, Verdict::Kvm(_)) {
            return Ok(ended);
        }
    }
    Err(anyhow!("{error:#}\n\nhint: {QEMU_HINT}"))
}
