//! What each release of Windows needs at least, as Microsoft names it.

use crate::plan::system::System;
use crate::windows_iso::Image;

/// The least disk and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Minimum {
    pub(super) disk_mib: u64,
    pub(super) memory_mib: u64,
}

/// What the partitions beside Windows' own may take of a disk of the least size: Microsoft names
/// the disk's, and every layout has some.
const BESIDE_MIB: u64 = 512;

impl Minimum {
    /// The least of Windows' own partition.
    pub(super) fn windows_mib(self) -> u64 {
        self.disk_mib - BESIDE_MIB
    }
}

/// The first Windows 10 that asks for 32 GB, version 1903 ("Windows 10 system requirements").
const LARGER: u32 = 18362;

/// Of a 64-bit Windows 10 before version 1903, and of what is not known.
const LEAST: Minimum = Minimum {
    disk_mib: 20 * 1024,
    memory_mib: 2048,
};

/// The least for an image. Windows 11's more is what its Setup checks, which can be passed over.
pub(super) fn of(image: &Image) -> Minimum {
    let (_, _, build) = image.version;
    let server = Minimum {
        // "An absolute minimum value for successful installation" (page "Hardware requirements for
        // Windows Server", which says the same for 2016 to 2025).
        disk_mib: 32 * 1024,
        ..LEAST
    };
    match System::of(image) {
        Some(System::Windows10) if build >= LARGER => Minimum {
            disk_mib: 32 * 1024,
            ..LEAST
        },
        None | Some(System::Windows10 | System::Windows11) => LEAST,
        // The same page: 512 MB run Server Core, and more than 800 MB are needed to install it.
        Some(_) if is_core(image) => Minimum {
            memory_mib: 1024,
            ..server
        },
        Some(_) => server,
    }
}

/// Whether Setup looks for a TPM, Secure Boot and the rest before it goes on: that of Windows 11
/// does, but for `IoTEnterpriseS` they are optional ("Minimum system requirements for Windows `IoT`
/// Enterprise"). That of Windows 10 and of Server does not look.
pub(super) fn checks_hardware(image: &Image) -> bool {
    System::of(image) == Some(System::Windows11) && !is_iot_ltsc(image)
}

fn is_iot_ltsc(image: &Image) -> bool {
    let edition = image.edition_id.as_deref().unwrap_or_default();
    edition.eq_ignore_ascii_case("IoTEnterpriseS")
}

/// Whether an image is of Server without a desktop.
fn is_core(image: &Image) -> bool {
    let kind = image.installation_type.as_deref().unwrap_or_default();
    kind.eq_ignore_ascii_case("Server Core")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_release_has_its_own() {
        let check = |kind: &str, build: u32, disk_gib: u64, memory_mib: u64| {
            let image = Image {
                installation_type: Some(kind.to_owned()),
                version: (10, 0, build),
                ..Image::default()
            };
            let wanted = Minimum {
                disk_mib: disk_gib << 10,
                memory_mib,
            };
            assert_eq!(of(&image), wanted, "{kind} {build}");
            assert_eq!(wanted.windows_mib(), (disk_gib << 10) - 512);
        };
        check("Client", 17763, 20, 2048);
        check("Client", 19044, 32, 2048);
        check("Client", 26100, 20, 2048);
        check("Server", 14393, 32, 2048);
        check("Server Core", 26100, 32, 1024);
        assert_eq!(of(&Image::default()), LEAST);
    }
}
