//! The CPU model and its switches: what the host really has, as QEMU told, not as we hope.

use std::collections::BTreeSet;

use super::Accel;

/// What QEMU said about itself and the host; see [`crate::qemu::probe`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Major, minor, micro.
    pub version: (u32, u32, u32),
    /// The Hyper-V enlightenments that the host's KVM has, by QEMU's names.
    pub enlightenments: BTreeSet<String>,
}

/// The enlightenments that the usual front ends of QEMU agree on, in an order in
/// which each stands behind what it needs. Forced on a host without them QEMU would not start.
const ENLIGHTENMENTS: [(&str, &[&str]); 13] = [
    ("hv-relaxed", &[]),
    ("hv-vapic", &[]),
    ("hv-spinlocks", &[]),
    ("hv-vpindex", &[]),
    ("hv-runtime", &[]),
    ("hv-time", &[]),
    ("hv-frequencies", &[]),
    ("hv-reset", &[]),
    ("hv-synic", &["hv-vpindex"]),
    // Without it some releases keep a CPU busy while they idle.
    ("hv-stimer", &["hv-vpindex", "hv-synic", "hv-time"]),
    ("hv-tlbflush", &["hv-vpindex"]),
    ("hv-ipi", &["hv-vpindex"]),
    // A bugcheck becomes an event of QMP without any driver.
    ("hv-crash", &[]),
];

impl Facts {
    /// The value of `-cpu`.
    #[must_use]
    pub(super) fn cpu(&self, accel: Accel, model: Option<&str>) -> String {
        match accel {
            // TCG knows no enlightenments. `max` runs integer work 1.5 times as fast as `qemu64`,
            // and newer releases of Windows refuse a CPU without SSE 4.2.
            Accel::Tcg => model.unwrap_or("max").to_owned(),
            Accel::Kvm => {
                let mut cpu = vec![model.unwrap_or("host").to_owned()];
                let mut on: Vec<&str> = Vec::new();
                for (name, needs) in ENLIGHTENMENTS {
                    let has = self.enlightenments.contains(name);
                    if has && needs.iter().all(|need| on.contains(need)) {
                        on.push(name);
                        // 8191 retries before the guest tells the host that it spins.
                        let value = if name == "hv-spinlocks" {
                            "0x1fff"
                        } else {
                            "on"
                        };
                        cpu.push(format!("{name}={value}"));
                    }
                }
                cpu.join(",")
            }
        }
    }
}

/// Every enlightenment that is looked for.
pub fn enlightenments() -> impl Iterator<Item = &'static str> {
    ENLIGHTENMENTS.into_iter().map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enlightenment_without_what_it_needs_stays_off() {
        let facts = |names: &[&str]| Facts {
            enlightenments: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Facts::default()
        };
        let all: Vec<_> = enlightenments().collect();
        let without_synic: Vec<_> = all.iter().copied().filter(|n| *n != "hv-synic").collect();
        assert!(facts(&all).cpu(Accel::Kvm, None).contains(",hv-stimer=on"));
        let cpu = facts(&without_synic).cpu(Accel::Kvm, None);
        assert!(
            !cpu.contains("hv-stimer") && cpu.contains("hv-time"),
            "{cpu}"
        );
        assert_eq!(facts(&[]).cpu(Accel::Kvm, None), "host");
        assert_eq!(facts(&all).cpu(Accel::Tcg, None), "max");
        assert_eq!(facts(&[]).cpu(Accel::Tcg, Some("EPYC")), "EPYC");
    }
}
