//! What QEMU says of a machine that it does not start, by what the spec calls it.

use anyhow::anyhow;

use super::begin::{Host, Of};
use super::{Inputs, NO_KVM};
use crate::failure::in_own_words;
use crate::instance::folders::DATA_DISK;
use crate::machine::{Accel, files};
use crate::qemu::Ended;

/// What QEMU says when another process has a disk.
const LOCKED: &str = "Is another process using the image";
/// What it says, the option that it is about, and the way out.
const WORDS: [(&str, &str, &str); 3] = [
    (
        "no option group 'spice'",
        "display.spice",
        "this QEMU has no SPICE: install what brings it (`qemu-system-modules-spice` on Debian), \
         name another QEMU with `--tools`, or leave it out",
    ),
    (
        "cannot set up guest memory",
        "machine.memoryMib",
        "this host has less memory to give: say less",
    ),
    ("not supported by this hypervisor", "machine.accel", NO_KVM),
];

/// The way out where nothing else is known of a QEMU with arguments of the user's own.
const WITHOUT: &str = "see whether it starts without `extraQemuArgs`: they go to QEMU as they are";

/// Whether another process has a disk.
pub(super) fn tells_of_lock(text: &str) -> bool {
    text.contains(LOCKED)
}

/// An error of QEMU's start, with the way out where that is known.
pub(super) fn in_ours(
    inputs: &Inputs<'_>,
    host: &Host,
    of: &Of<'_>,
    error: anyhow::Error,
) -> anyhow::Error {
    let (text, hint) = in_own_words(&error);
    if tells_of_lock(&text) {
        return locked(inputs, of, &text);
    }
    let own = !of.alone && !inputs.plan.devices.extra_args.is_empty();
    match way_out(&error, host.accel == Accel::Kvm, own) {
        Some((Some(at), way_out)) => anyhow!("{at}: {text}\n\nhint: {way_out}"),
        Some((None, way_out)) if hint.is_none() => anyhow!("{text}\n\nhint: {way_out}"),
        _ => error,
    }
}

/// The way out of an error, and the option that it is about, as far as it tells that. `own`: there
/// are arguments of the user's own.
fn way_out(
    error: &anyhow::Error,
    kvm: bool,
    own: bool,
) -> Option<(Option<&'static str>, &'static str)> {
    let text = format!("{error:#}");
    let known = WORDS.iter().find(|(words, ..)| text.contains(words));
    match known {
        Some((_, at, hint)) if *at != "machine.accel" || kvm => Some((Some(at), hint)),
        // A QEMU that ends tells why. What else fails, such as the TPM, has nothing to do with its
        // arguments, unless they keep it from answering.
        _ if own => Some((error.is::<Ended>().then_some("extraQemuArgs"), WITHOUT)),
        _ => None,
    }
}

/// What QEMU says of a disk that another process has, with the disk's whole name.
fn locked(inputs: &Inputs<'_>, of: &Of<'_>, text: &str) -> anyhow::Error {
    let data = of.data.map(|taken| &taken.path);
    let data = data.filter(|_| text.contains(&format!("[{DATA_DISK}]")));
    let (what, path) = match data {
        Some(path) => ("the data disk", path.as_path()),
        None if text.contains(&format!("[{}]", files::OVERLAY)) => ("the system disk", of.disk),
        None => (
            "the image's disk or its firmware",
            inputs.plan.image.as_path(),
        ),
    };
    anyhow!(
        "{what} `{path}` is in use by another process\n\nhint: `fuser {path}` tells which; no two \
         may write to it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_qemu_lead_to_the_option_that_they_are_about() {
        let at = |text: &str, kvm, own| {
            let ended = anyhow::Error::new(Ended(text.to_owned()));
            way_out(&ended, kvm, own).and_then(|(at, _)| at)
        };
        let spice = "QEMU: There is no option group 'spice'";
        let smm = "System Management Mode not supported by this hypervisor";
        let memory = "cannot set up guest memory 'ram': Cannot allocate memory";
        assert_eq!(at(spice, true, true), Some("display.spice"));
        assert_eq!(at(memory, false, false), Some("machine.memoryMib"));
        assert_eq!(at(smm, true, false), Some("machine.accel"));
        assert_eq!(at(smm, false, false), None);
        assert_eq!(at("what?", true, true), Some("extraQemuArgs"));
        assert_eq!(at("what?", true, false), None);
    }

    #[test]
    fn what_others_say_is_about_no_argument_of_qemus() {
        let others = anyhow!("swtpm is gone").context("no TPM");
        assert_eq!(way_out(&others, true, true), Some((None, WITHOUT)));
        assert_eq!(way_out(&others, true, false), None);
    }
}
