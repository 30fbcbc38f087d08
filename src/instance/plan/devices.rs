//! Rules of the screen, and of what is handed over of the host's.

use super::{Rules, network};
use crate::machine::run::Devices;

pub(super) fn devices(rules: &mut Rules<'_>) -> Devices {
    let (mac, network) = network::network(rules);
    Devices {
        network,
        mac,
        extra_args: rules.extra_qemu_args(),
        ..Devices::default()
    }
}
