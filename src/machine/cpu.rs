//! The CPU model and its switches: what the host really has, as QEMU told, not as we hope.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Accel;

/// What QEMU said about itself and the host; see [`crate::qemu::probe`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// Major, minor, micro.
    pub version: (u32, u32, u32),
    /// The Hyper-V enlightenments that the host's KVM has, by QEMU's names.
    pub enlightenments: BTreeSet<String>,
}

/// Whether the guest may be a hypervisor itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nested {
    /// Its CPU hides that it could. Windows 11 24H2 turns virtualisation-based security on by
    /// itself where it can, which is a machine in the machine and slow without help of hardware.
    Off,
    /// For Hyper-V, WSL 2 and virtualisation-based security inside the guest.
    On,
}

/// One enlightenment: an interface of Hyper-V's that Windows uses where the hypervisor has it.
struct Enlightenment {
    /// QEMU's name.
    name: &'static str,
    /// What QEMU refuses it without.
    needs: &'static [&'static str],
    /// Whether it is for a guest that is a hypervisor itself.
    nested: bool,
}

const fn always(name: &'static str, needs: &'static [&'static str]) -> Enlightenment {
    Enlightenment {
        name,
        needs,
        nested: false,
    }
}

const fn nested(name: &'static str, needs: &'static [&'static str]) -> Enlightenment {
    Enlightenment {
        name,
        needs,
        nested: true,
    }
}

/// Every enlightenment of QEMU 9 and 10 (`docs/system/i386/hyperv.rst`) that a guest of ours gains
/// by, each behind what it needs. Forced on a host without one QEMU would not start.
///
/// Not here: `hv-passthrough` and `hv-enforce-cpuid`, which are no enlightenments but ways to have
/// them; `hv-vendor-id` and `hv-version-id-*`, whose defaults are what Windows looks for;
/// `hv-syndbg`, a kernel debugger's; and `hv-no-nonarch-coresharing`, a promise about the host's
/// threads that only pinned CPUs keep.
const ENLIGHTENMENTS: [Enlightenment; 20] = [
    // No watchdog of the guest's fires because the host was busy.
    always("hv-relaxed", &[]),
    // Interrupts are ended and priorities set without leaving the guest.
    always("hv-vapic", &[]),
    // A lock that is held by a CPU which does not run is not spun on.
    always("hv-spinlocks", &[]),
    // A CPU reads its own number without an exit; the calls below name CPUs by it.
    always("hv-vpindex", &[]),
    // The guest's load is measured without the time that the host took.
    always("hv-runtime", &[]),
    // Time is read from a page instead of from an emulated clock.
    always("hv-time", &[]),
    // The speeds of TSC and APIC are told instead of measured at each start.
    always("hv-frequencies", &[]),
    // A reset that needs no ACPI.
    always("hv-reset", &[]),
    // Messages to a CPU, which the timers need.
    always("hv-synic", &["hv-vpindex"]),
    // Timers of each CPU. Without them some releases keep a CPU busy while they idle.
    always("hv-stimer", &["hv-vpindex", "hv-synic", "hv-time"]),
    // They fire as interrupts instead of as messages, which saves an exit each.
    always("hv-stimer-direct", &["hv-stimer"]),
    // Other CPUs' caches of addresses are dropped by one call, those that do not run for nothing.
    always("hv-tlbflush", &["hv-vpindex"]),
    // The same for parts of them.
    always("hv-tlbflush-ext", &["hv-tlbflush"]),
    // One call interrupts many CPUs.
    always("hv-ipi", &["hv-vpindex"]),
    // Calls take their arguments in registers instead of in memory.
    always("hv-xmm-input", &[]),
    // The guest leaves the end of interrupts to hardware that does it by itself.
    always("hv-avic", &[]),
    // A bugcheck becomes an event of QMP without any driver.
    always("hv-crash", &[]),
    // The guest's hypervisor keeps its guests' state in memory that both understand. Intel's.
    nested("hv-evmcs", &["hv-vapic"]),
    // Its lists of what its guests may touch are not read again when nothing changed.
    nested("hv-emsr-bitmap", &[]),
    // Its guests' caches of addresses are dropped without asking it.
    nested("hv-tlbflush-direct", &["hv-vapic"]),
];

/// What makes a CPU able to run guests, as QEMU calls Intel's and AMD's.
pub const VIRTUALISATION: [&str; 2] = ["vmx", "svm"];

impl Facts {
    /// The value of `-cpu`.
    #[must_use]
    pub(super) fn cpu(&self, accel: Accel, model: Option<&str>, nested: Nested) -> String {
        let usual = match accel {
            // `max` runs integer work 1.5 times as fast as `qemu64`, and newer releases of Windows
            // refuse a CPU without SSE 4.2.
            Accel::Tcg => "max",
            Accel::Kvm => "host",
        };
        let mut cpu = vec![model.unwrap_or(usual).to_owned()];
        if nested == Nested::Off {
            cpu.extend(VIRTUALISATION.map(|switch| format!("{switch}=off")));
        }
        // TCG knows no enlightenments.
        if accel == Accel::Kvm {
            cpu.extend(self.switches(nested));
        }
        cpu.join(",")
    }

    /// The enlightenments that are there and have what they need.
    fn switches(&self, nested: Nested) -> Vec<String> {
        let mut on: Vec<&str> = Vec::new();
        let mut switches = Vec::new();
        for one in ENLIGHTENMENTS {
            let wanted = !one.nested || nested == Nested::On;
            let has = self.enlightenments.contains(one.name);
            if wanted && has && one.needs.iter().all(|need| on.contains(need)) {
                on.push(one.name);
                // 8191 retries before the guest tells the host that it spins.
                let value = if one.name == "hv-spinlocks" {
                    "0x1fff"
                } else {
                    "on"
                };
                switches.push(format!("{}={value}", one.name));
            }
        }
        switches
    }
}

/// Every enlightenment that is looked for.
pub fn enlightenments() -> impl Iterator<Item = &'static str> {
    ENLIGHTENMENTS.into_iter().map(|one| one.name)
}

/// Those of a guest that is no hypervisor itself.
#[cfg(feature = "cli")]
pub(crate) fn plain_enlightenments() -> impl Iterator<Item = &'static str> {
    let plain = ENLIGHTENMENTS.into_iter().filter(|one| !one.nested);
    plain.map(|one| one.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(names: &[&str]) -> Facts {
        Facts {
            enlightenments: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Facts::default()
        }
    }

    #[test]
    fn an_enlightenment_without_what_it_needs_stays_off() {
        let all: Vec<_> = enlightenments().collect();
        let whole = facts(&all).cpu(Accel::Kvm, None, Nested::Off);
        assert!(
            whole.contains(",hv-stimer=on,hv-stimer-direct=on"),
            "{whole}"
        );
        let without_synic: Vec<_> = all.iter().copied().filter(|n| *n != "hv-synic").collect();
        let cpu = facts(&without_synic).cpu(Accel::Kvm, None, Nested::Off);
        assert!(
            !cpu.contains("hv-stimer") && cpu.contains("hv-time"),
            "{cpu}"
        );
    }

    #[test]
    fn what_an_enlightenment_needs_stands_before_it() {
        for (index, one) in ENLIGHTENMENTS.iter().enumerate() {
            let before: Vec<_> = enlightenments().take(index).collect();
            let missing = one.needs.iter().find(|need| !before.contains(need));
            assert_eq!(missing, None, "{}", one.name);
        }
    }

    #[test]
    fn a_guest_is_a_hypervisor_only_when_it_may_be() {
        let cpu = |accel, model, nested| facts(&["hv-vapic", "hv-evmcs"]).cpu(accel, model, nested);
        let check = |accel, model, nested, expected: &str| {
            assert_eq!(cpu(accel, model, nested), expected);
        };
        let off = "host,vmx=off,svm=off,hv-vapic=on";
        check(Accel::Kvm, None, Nested::Off, off);
        check(Accel::Kvm, None, Nested::On, "host,hv-vapic=on,hv-evmcs=on");
        check(Accel::Tcg, None, Nested::Off, "max,vmx=off,svm=off");
        check(Accel::Tcg, Some("EPYC"), Nested::On, "EPYC");
    }
}
