//! PCI devices of the host's, which VFIO hands over: each with all that its IOMMU cannot tell
//! from it.

use super::{Asked, Found, Kernel, Who};
use crate::problem::{Problem, element, operand};

const DRIVER: &str = "vfio-pci";
/// What VFIO lets be in a group beside it: a driver that touches no memory of others.
const HARMLESS: [&str; 3] = [DRIVER, "pci-stub", "pcieport"];
/// The classes of bridges, behind which the devices of a group are.
const BRIDGE: &str = "0x06";
/// What QEMU maps of the machine beside its memory: firmware, screen, the devices' own.
const BESIDE_MIB: u64 = 64;

/// Looks at each device.
pub(super) fn look(kernel: &Kernel<'_>, asked: &Asked<'_>, who: &Who, found: &mut Found) {
    let addresses: Vec<_> = asked.devices.pci.iter().map(ToString::to_string).collect();
    for (index, address) in addresses.iter().enumerate() {
        let at = element("pci", index);
        if let Some((what, hint)) = device(kernel, address, &addresses) {
            found.problems.push(Problem::new(at, what).hint(hint));
        }
    }
    let needed = (asked.memory_mib + BESIDE_MIB) << 20;
    if let Some(limit) = who.locked_bytes_max
        && !addresses.is_empty()
        && limit < needed
    {
        let (have, need) = (limit >> 20, needed >> 20);
        let what = format!("needs {need} MiB that are never swapped, and {have} MiB are allowed");
        let hint = "raise the limit of locked memory: `LimitMEMLOCK=infinity` in a unit, `memlock` \
                    in limits.conf";
        found.problems.push(Problem::new("pci", what).hint(hint));
    }
}

/// The first thing that is wrong with a device, and what to do.
fn device(kernel: &Kernel<'_>, address: &str, all: &[String]) -> Option<(String, String)> {
    let place = format!("sys/bus/pci/devices/{address}");
    if !kernel.has(&place) {
        let hint = "`lspci -D` lists the host's devices".to_owned();
        return Some((format!("this host has no device at `{address}`"), hint));
    }
    let Some(group) = kernel.target(&format!("{place}/iommu_group")) else {
        let what = format!("`{address}` is in no IOMMU group");
        let hint = "switch the IOMMU on in the host's firmware (VT-d, AMD-Vi), and for Intel's \
                    with `intel_iommu=on` for the kernel";
        return Some((what, hint.to_owned()));
    };
    let driver = kernel.target(&format!("{place}/driver"));
    if driver.as_deref() != Some(DRIVER) {
        let whose = driver.map_or("no driver".to_owned(), |name| operand(&name));
        let what = format!("`{address}` is with {whose}, not with `{DRIVER}`");
        let hint = format!(
            "as root: `echo {DRIVER} > /{place}/driver_override`, then its address into \
             `/{place}/driver/unbind` and `/sys/bus/pci/drivers_probe`"
        );
        return Some((what, hint));
    }
    if let Some(other) = others(kernel, &group, all).next() {
        let what = format!("IOMMU group {group} of `{address}` has {other} too");
        let hint = format!(
            "a group is handed over as a whole: add that device to `pci`, or give it to `{DRIVER}`"
        );
        return Some((what, hint));
    }
    let node = format!("dev/vfio/{group}");
    (!kernel.may_use(&node)).then(|| {
        let what = format!("`/{node}`, the group of `{address}`, may not be opened");
        let hint = "a rule of udev gives it to the machine's group: `SUBSYSTEM==\"vfio\", \
                    GROUP=\"kvm\", MODE=\"0660\"`";
        (what, hint.to_owned())
    })
}

/// What is in a group and stays the host's, with its driver.
fn others<'a>(
    kernel: &'a Kernel<'_>,
    group: &str,
    all: &'a [String],
) -> impl Iterator<Item = String> + 'a {
    let names = kernel.names(&format!("sys/kernel/iommu_groups/{group}/devices"));
    names.into_iter().filter_map(move |name| {
        let place = format!("sys/bus/pci/devices/{name}");
        let class = kernel.line(&format!("{place}/class")).unwrap_or_default();
        let driver = kernel.target(&format!("{place}/driver"))?;
        let stays = !all.contains(&name)
            && !class.starts_with(BRIDGE)
            && !HARMLESS.contains(&driver.as_str());
        stays.then(|| format!("{} of {}", operand(&name), operand(&driver)))
    })
}
