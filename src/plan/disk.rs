//! Rules of firmware, TPM and the system disk.

use crate::plan::layout::{self, Disk, Firmware, Partition, Role};
use crate::plan::minimum::{self, checks_hardware};
use crate::plan::rules::Rules;
use crate::plan::system::System;
use crate::plan::{partitions, secure_boot};
use crate::problem::Problem;
use crate::spec::{self, Bus, Check, FirmwareKind};
use crate::windows_iso::Image;

/// Enough for Windows, its updates and a page file.
const SIZE_MIB: u64 = 80 * 1024;
/// The least that Microsoft names for Windows 11.
const SIZE_MIB_WINDOWS_11: u64 = 64 * 1024;
/// What NTFS with clusters of 4 KiB, which Setup makes, can hold.
pub(crate) const SIZE_MIB_MAX: u64 = 16 << 20;
/// What a partition table of the MBR kind can tell, with sectors of 512 bytes.
const SIZE_MIB_MAX_MBR: u64 = 2 << 20;

/// The least that Microsoft names for a recovery partition.
const RECOVERY_MIB_MIN: u64 = 300;

/// The firmware.
pub(super) fn firmware(rules: &mut Rules<'_>, image: &Image) -> Firmware {
    let said = rules.spec.firmware.clone().unwrap_or_default();
    let secure_boot_wanted = wants(rules, image, Check::SecureBoot);
    match said.kind.unwrap_or(FirmwareKind::Uefi) {
        FirmwareKind::Uefi => {
            let secure_boot = said.secure_boot.unwrap_or(true);
            if !secure_boot && secure_boot_wanted {
                let what = "is false, and Windows 11's Setup asks for it";
                let hint = "put `secureBoot` into `bypassChecks`, or leave Secure Boot on";
                let problem = Problem::new("firmware.secureBoot", what).hint(hint);
                rules.problem_of(&["bypassChecks", "edition"], problem);
            }
            if secure_boot {
                secure_boot::check(rules);
            }
            Firmware::Uefi { secure_boot }
        }
        FirmwareKind::Bios => {
            if said.secure_boot == Some(true) {
                let problem = Problem::new("firmware.secureBoot", "a BIOS has no Secure Boot")
                    .hint("leave it out, or set `firmware.type` to `uefi`");
                rules.problem_of(&["firmware.type"], problem);
            }
            if secure_boot_wanted {
                let what = "is `bios`, and Windows 11's Setup asks for Secure Boot";
                let hint = "put `secureBoot` and `tpm` into `bypassChecks`, or use `uefi`";
                let problem = Problem::new("firmware.type", what).hint(hint);
                rules.problem_of(&["bypassChecks", "edition"], problem);
            }
            Firmware::Bios
        }
    }
}

/// Whether there is a TPM.
pub(super) fn tpm(rules: &mut Rules<'_>, image: &Image, firmware: Firmware) -> bool {
    let uefi = firmware != Firmware::Bios;
    let tpm = rules.spec.tpm.unwrap_or(uefi);
    if tpm && !uefi {
        let problem = Problem::new("tpm", "Windows uses a TPM 2.0 with UEFI only")
            .hint("leave it out, or set `firmware.type` to `uefi`");
        rules.problem_of(&["firmware.type"], problem);
    }
    if !tpm && wants(rules, image, Check::Tpm) {
        let problem = Problem::new("tpm", "is false, and Windows 11's Setup asks for one")
            .hint("put `tpm` into `bypassChecks`, or leave the TPM on");
        rules.problem_of(&["bypassChecks", "edition", "firmware.type"], problem);
    }
    tpm
}

/// The checks to pass over, sorted, each once.
pub(super) fn bypass_checks(rules: &mut Rules<'_>, image: &Image) -> Vec<Check> {
    let mut checks = rules.spec.bypass_checks.clone().unwrap_or_default();
    checks.sort_unstable();
    checks.dedup();
    if let Some(system) = System::of(image)
        && !checks_hardware(image)
        && !checks.is_empty()
    {
        let name = match system {
            System::Windows11 => "Windows 11 IoT Enterprise LTSC",
            other => other.name(),
        };
        let what = format!("Setup of {name} does not make these checks");
        let hint = "leave it out: it changes nothing there";
        rules.warn(Problem::new("bypassChecks", what).hint(hint));
    }
    checks
}

/// Whether Setup makes a check.
pub(super) fn wants(rules: &Rules<'_>, image: &Image, check: Check) -> bool {
    let bypassed = rules.spec.bypass_checks.iter().flatten();
    checks_hardware(image) && !bypassed.copied().any(|b| b == check)
}

/// The system disk.
pub(super) fn disk(rules: &mut Rules<'_>, image: &Image, firmware: Firmware) -> Disk {
    let said = rules.spec.disk.clone().unwrap_or_default();
    let size_mib = said.size_mib.unwrap_or(SIZE_MIB);
    size(rules, image, size_mib, firmware);
    let (partitions, windows_partition) = if let Some(listed) = &said.partitions {
        if said.recovery_mib.is_some() {
            let what = "is said beside `disk.partitions`";
            let hint = "list a partition of the type `recovery` instead";
            rules.problem(Problem::new("disk.recoveryMib", what).hint(hint));
        }
        partitions::partitions(rules, image, listed, size_mib, firmware)
    } else {
        let usual = layout::usual(firmware, size_mib, said.recovery_mib.unwrap_or(0));
        recovery(rules, image, &said, size_mib, &usual.0);
        usual
    };
    Disk {
        size_mib,
        bus: said.bus.unwrap_or(Bus::VirtioScsi),
        partitions,
        windows_partition,
    }
}

/// Whether the recovery partition is large enough, and what it leaves of the disk is.
fn recovery(
    rules: &mut Rules<'_>,
    image: &Image,
    said: &spec::Disk,
    size_mib: u64,
    partitions: &[Partition],
) {
    let Some(recovery_mib) = said.recovery_mib else {
        return;
    };
    let least = minimum::of(image);
    let windows = partitions.iter().find(|one| one.role == Role::Windows);
    let left = windows.and_then(|windows| windows.size_mib).unwrap_or(0);
    if recovery_mib < RECOVERY_MIB_MIN {
        let what = format!("{recovery_mib} MiB is below {RECOVERY_MIB_MIN} MiB");
        let hint = "leave it out for none; Microsoft's advice is 990 MiB or more";
        rules.problem(Problem::new("disk.recoveryMib", what).hint(hint));
    } else if left < least.windows_mib() && size_mib >= least.disk_mib {
        let (least, name) = (least.windows_mib(), name_of(image));
        let what = format!("leaves Windows {left} MiB, below the {least} MiB that {name} needs");
        let hint = "make it smaller, or the disk larger; Microsoft's advice is 990 MiB or more";
        let problem = Problem::new("disk.recoveryMib", what).hint(hint);
        rules.problem_of(&["disk.sizeMib", "edition"], problem);
    }
}

/// What needs so much.
pub(super) fn name_of(image: &Image) -> &'static str {
    System::of(image).map_or("Windows", System::name)
}

fn size(rules: &mut Rules<'_>, image: &Image, size_mib: u64, firmware: Firmware) {
    let at = "disk.sizeMib";
    let least = minimum::of(image).disk_mib;
    if size_mib < least {
        let name = name_of(image);
        let what = format!("{size_mib} MiB is below the {least} MiB that {name} needs");
        let hint = "the disk is sparse: what is not written takes no space";
        rules.problem_of(&["edition"], Problem::new(at, what).hint(hint));
    } else if size_mib > SIZE_MIB_MAX {
        let what = format!("{size_mib} MiB is above {SIZE_MIB_MAX} MiB, the largest NTFS volume");
        let hint = "it is in MiB: 80 GiB are 81920";
        rules.problem(Problem::new(at, what).hint(hint));
    } else if firmware == Firmware::Bios && size_mib > SIZE_MIB_MAX_MBR {
        let what = format!("{size_mib} MiB is above the {SIZE_MIB_MAX_MBR} MiB of an MBR disk");
        let problem = Problem::new(at, what).hint("with UEFI the disk is a GPT one");
        rules.problem_of(&["firmware.type"], problem);
    } else if size_mib < SIZE_MIB_WINDOWS_11 && wants(rules, image, Check::Storage) {
        let what = format!(
            "{size_mib} MiB is below the {SIZE_MIB_WINDOWS_11} MiB that Microsoft names for \
             Windows 11"
        );
        let hint = "its Setup may refuse the disk; `storage` in `bypassChecks` passes over that";
        rules.warn(Problem::new(at, what).hint(hint));
    }
}
