//! The enlightenments by other engines' names.
//!
//! Those that every KVM of the last years has. An engine with one that the host lacks does not
//! start the machine, and these texts are read on hosts that nobody has asked; a run of ours asks.

/// An enlightenment: QEMU's name, libvirt's element, `KubeVirt`'s field. libvirt and `KubeVirt`
/// call `hv-time` a timer of the clock, and `hv-stimer-direct` a part of `hv-stimer`.
const NAMES: [(&str, &str, &str); 10] = [
    ("hv-relaxed", "relaxed", "relaxed"),
    ("hv-vapic", "vapic", "vapic"),
    ("hv-spinlocks", "spinlocks", "spinlocks"),
    ("hv-vpindex", "vpindex", "vpindex"),
    ("hv-runtime", "runtime", "runtime"),
    ("hv-synic", "synic", "synic"),
    ("hv-stimer", "stimer", "synictimer"),
    ("hv-frequencies", "frequencies", "frequencies"),
    ("hv-tlbflush", "tlbflush", "tlbflush"),
    ("hv-ipi", "ipi", "ipi"),
];

/// How often a guest tries before it tells the host that it spins, as a run of ours has it.
pub(crate) const SPINLOCKS: u32 = 8191;

/// libvirt's elements for those of QEMU's names that are asked for.
pub(crate) fn libvirt(asked: &[&'static str]) -> Vec<&'static str> {
    let asked = NAMES.iter().filter(|(name, ..)| asked.contains(name));
    asked.map(|(_, libvirt, _)| *libvirt).collect()
}

/// `KubeVirt`'s fields, likewise.
pub(crate) fn kubevirt(asked: &[&'static str]) -> Vec<&'static str> {
    let asked = NAMES.iter().filter(|(name, ..)| asked.contains(name));
    asked.map(|(.., kubevirt)| *kubevirt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::enlightenments;

    #[test]
    fn every_name_is_one_that_a_run_asks_for() {
        let known: Vec<_> = enlightenments().collect();
        for (name, ..) in NAMES {
            assert!(known.contains(&name), "{name}");
        }
        assert_eq!(libvirt(&known).len(), NAMES.len());
        assert_eq!(libvirt(&["hv-stimer"]), ["stimer"]);
        assert_eq!(kubevirt(&["hv-stimer"]), ["synictimer"]);
    }
}
