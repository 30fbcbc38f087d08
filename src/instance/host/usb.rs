//! USB devices of the host's. One that is not plugged in comes when it is.

use super::{Found, Kernel};
use crate::machine::run::UsbId;
use crate::problem::{Problem, element};

const DEVICES: &str = "sys/bus/usb/devices";

/// Looks for each device.
pub(super) fn look(kernel: &Kernel<'_>, ids: &[UsbId], found: &mut Found) {
    if ids.is_empty() {
        return;
    }
    let plugged = plugged(kernel);
    for (index, id) in ids.iter().enumerate() {
        let at = element("usb", index);
        let mut nodes = plugged.iter().filter(|(other, _)| other == id);
        let Some((_, node)) = nodes.next() else {
            let what = format!("this host has no device `{id}` now");
            let hint = "plug it in when it is wanted; `lsusb` lists what there is";
            found.warnings.push(Problem::new(at, what).hint(hint));
            continue;
        };
        if !kernel.may_use(node) {
            let what = format!("`/{node}`, which is `{id}`, may not be opened");
            let UsbId { vendor, product } = id;
            let hint = format!(
                "a rule of udev gives it to the machine's group: `SUBSYSTEM==\"usb\", \
                 ATTR{{idVendor}}==\"{vendor:04x}\", ATTR{{idProduct}}==\"{product:04x}\", \
                 GROUP=\"kvm\", MODE=\"0660\"`"
            );
            found.problems.push(Problem::new(at, what).hint(hint));
        }
    }
}

/// What is plugged in, each with its node.
fn plugged(kernel: &Kernel<'_>) -> Vec<(UsbId, String)> {
    let names = kernel.names(DEVICES).into_iter();
    let read = names.filter_map(|name| {
        let line = |file: &str| kernel.line(&format!("{DEVICES}/{name}/{file}"));
        let id = |file: &str| u16::from_str_radix(&line(file)?, 16).ok();
        let number = |file: &str| line(file)?.parse::<u32>().ok();
        let id = UsbId {
            vendor: id("idVendor")?,
            product: id("idProduct")?,
        };
        let (bus, device) = (number("busnum")?, number("devnum")?);
        Some((id, format!("dev/bus/usb/{bus:03}/{device:03}")))
    });
    read.collect()
}
