//! Which CD drive has the settings: the one on port 1 of the AHCI controller.

/// Where a CD drive is, as `IOCTL_SCSI_GET_ADDRESS` and its `STORAGE_DEVICE_DESCRIPTOR` tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// `STORAGE_BUS_TYPE`.
    pub bus: i32,
    pub path: u8,
    pub target: u8,
    pub lun: u8,
}

/// `BusTypeAta` and `BusTypeSata`: Windows' own driver for AHCI says the latter, other drivers
/// are free to say the former. A CD drive on USB is of another type.
const BUSES: [i32; 2] = [3, 11];
/// The port. storahci shows each port of the controller as a path of its own.
const PORT: u8 = 1;

impl Place {
    /// Whether it is the drive of the settings. A label or a file would be no proof: whoever can
    /// mount an ISO in the guest has drives of both.
    #[must_use]
    pub fn is_ours(self) -> bool {
        BUSES.contains(&self.bus) && (self.path, self.target, self.lun) == (PORT, 0, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drive_is_known_by_its_place() {
        let place = |bus, path, target, lun| Place {
            bus,
            path,
            target,
            lun,
        };
        assert!(place(11, 1, 0, 0).is_ours());
        assert!(place(3, 1, 0, 0).is_ours());
        // Windows' own CD, one on USB, one that was mounted from a file, and others.
        for other in [
            place(11, 0, 0, 0),
            place(7, 1, 0, 0),
            place(15, 1, 0, 0),
            place(11, 1, 1, 0),
        ] {
            assert!(!other.is_ours(), "{other:?}");
        }
    }
}
