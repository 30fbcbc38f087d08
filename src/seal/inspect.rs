//! Reads a finished disk back: what the plan asked for is there, readable and at rest.

use crate::disk::ntfs::{Ntfs, Usage};
use crate::disk::table::{self, Kind, Scheme, Table};
use crate::disk::volume::{Volume, identify};
use crate::disk::{self, Source, Window};
use crate::failure::{Failure, Story};
use crate::manifest::{Contents, Manifest, Partition};
use crate::plan::{Firmware, Plan, Role};
use crate::spec::FirmwareKind;

/// Without these no Windows starts. The hives tell more than the kernel: an image that was only
/// half applied has the one and not the others.
const OBLIGATORY: [&str; 3] = [
    r"Windows\System32\ntoskrnl.exe",
    r"Windows\System32\config\SYSTEM",
    r"Windows\System32\config\SOFTWARE",
];

/// What was planned is not what is there.
const LAYOUT_HINT: &str = "the disk is not what the answer file says: a step may not change its \
     partitions, and Setup's logs in `setup/` say what it did";
const DAMAGED_HINT: &str = "a step that writes to the disk past Windows may have done it; `dmesg` \
     says whether the host's own disk fails";

/// What a disk must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    scheme: Scheme,
    /// What each partition is for, in their order.
    roles: Vec<Role>,
    /// The number of the partition that holds Windows.
    windows_partition: u32,
}

impl Layout {
    /// As it was planned.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Self {
        let roles = plan.disk.partitions.iter().map(|partition| partition.role);
        Self {
            scheme: match plan.firmware {
                Firmware::Uefi { .. } => Scheme::Gpt,
                Firmware::Bios => Scheme::Mbr,
            },
            roles: roles.collect(),
            windows_partition: plan.disk.windows_partition,
        }
    }

    /// As it was sealed.
    #[must_use]
    pub fn of_image(manifest: &Manifest) -> Self {
        let partitions = manifest.disk.partitions.iter();
        Self {
            scheme: match manifest.firmware.kind {
                FirmwareKind::Uefi => Scheme::Gpt,
                FirmwareKind::Bios => Scheme::Mbr,
            },
            roles: partitions.map(|partition| partition.role).collect(),
            windows_partition: manifest.disk.windows_partition,
        }
    }
}

/// A disk that passed.
#[derive(Debug)]
pub struct Inspection {
    pub partitions: Vec<Partition>,
    pub contents: Contents,
    /// What each NTFS volume does not use.
    pub usage: Vec<Usage>,
}

/// A sealing that the guest is to blame for.
pub(super) fn refuse(cause: impl Into<String>, hint: &str) -> Failure {
    Failure::Guest(Story {
        phase: "seal".into(),
        step: None,
        cause: cause.into(),
        hint: hint.into(),
    })
}

/// Who is to blame when a disk could not be read.
pub(super) fn unreadable(what: &str, error: disk::Error) -> Failure {
    match error {
        disk::Error::Io(error) => {
            Failure::Host(anyhow::Error::new(error).context(format!("cannot read {what}")))
        }
        disk::Error::Damaged(why) => refuse(format!("{what} is damaged: {why}"), DAMAGED_HINT),
    }
}

/// Inspects a disk against what it must be.
pub fn inspect(disk: &dyn Source, layout: &Layout) -> Result<Inspection, Failure> {
    let table = table::read(disk).map_err(|error| unreadable("the partition table", error))?;
    let roles = roles(&table, layout)?;
    let mut inspection = Inspection {
        partitions: Vec::new(),
        contents: Contents::default(),
        usage: Vec::new(),
    };
    for (partition, role) in table.partitions.iter().zip(roles) {
        let name = format!("partition {}", partition.number);
        let fail = |error| unreadable(&name, error);
        let window = Window::new(disk, partition.offset, partition.size).map_err(fail)?;
        let volume = identify(&window).map_err(fail)?;
        holds(&name, role, volume)?;
        inspection.partitions.push(Partition {
            number: partition.number,
            role,
            offset_bytes: partition.offset,
            size_bytes: partition.size,
            file_system: volume.file_system().map(Into::into),
        });
        if volume == Volume::Ntfs {
            let ntfs = Ntfs::open(window).map_err(fail)?;
            at_rest(&name, &ntfs)?;
            let usage = ntfs.usage().map_err(fail)?;
            if partition.number == layout.windows_partition {
                windows(&ntfs)?;
                inspection.contents = ntfs.contents(usage.used_bytes);
            }
            inspection.usage.push(usage);
        }
    }
    Ok(inspection)
}

/// What each partition is for.
fn roles(table: &Table, layout: &Layout) -> Result<Vec<Role>, Failure> {
    if table.scheme != layout.scheme {
        return Err(refuse(
            format!(
                "the disk has the partition table of {}, not of {}",
                table.scheme, layout.scheme
            ),
            LAYOUT_HINT,
        ));
    }
    let mut planned = layout.roles.iter().copied();
    let mut roles = Vec::new();
    for (expected, partition) in (1..).zip(&table.partitions) {
        let role = match planned.next() {
            Some(role) => role,
            // Windows moves its recovery tools to a partition of their own when it sees fit.
            None if fits(Role::Recovery, partition.kind) => Role::Recovery,
            None => {
                return Err(refuse(
                    format!("partition {} is not planned", partition.number),
                    LAYOUT_HINT,
                ));
            }
        };
        if partition.number != expected || !fits(role, partition.kind) {
            return Err(refuse(
                format!(
                    "partition {} is of type `{}`, where the plan has {role:?}",
                    partition.number, partition.kind
                ),
                LAYOUT_HINT,
            ));
        }
        roles.push(role);
    }
    match planned.next() {
        None => Ok(roles),
        Some(missing) => Err(refuse(
            format!("partition {} ({missing:?}) is missing", roles.len() + 1),
            LAYOUT_HINT,
        )),
    }
}

/// Whether a partition's type is that of a role.
fn fits(role: Role, kind: Kind) -> bool {
    match (role, kind) {
        (Role::Efi, kind) => kind == Kind::EFI,
        (Role::Msr, kind) => kind == Kind::MSR,
        (Role::Windows | Role::Data, Kind::Guid(_)) => kind == Kind::DATA,
        (Role::Recovery, Kind::Guid(_)) => kind == Kind::RECOVERY,
        (Role::System, Kind::Mbr { kind, active }) => kind == 7 && active,
        (Role::Windows, Kind::Mbr { kind, .. }) => kind == 7,
        (Role::Recovery, Kind::Mbr { kind, .. }) => kind == 0x27,
        // NTFS, and FAT32 with its two ways of addressing.
        (Role::Data, Kind::Mbr { kind, .. }) => [7, 0x0b, 0x0c].contains(&kind),
        (Role::System, Kind::Guid(_)) => false,
    }
}

/// Whether a partition holds what its role needs.
fn holds(name: &str, role: Role, volume: Volume) -> Result<(), Failure> {
    let wanted: &[Volume] = match role {
        // Nothing reads Microsoft's reserved partition before Windows does.
        Role::Msr => return Ok(()),
        Role::Efi => &[Volume::Fat32],
        Role::System | Role::Windows | Role::Recovery => &[Volume::Ntfs],
        // As the user asked, and a step may have formatted it again.
        Role::Data => &[Volume::Ntfs, Volume::Fat32],
    };
    if volume == Volume::Encrypted {
        return Err(refuse(
            format!("volume is encrypted: {name} has the boot sector of BitLocker"),
            "keep `defaults.preventDeviceEncryption = true`, and encrypt in no step: an image is \
             readable by every user of the host, and the key would be in it",
        ));
    }
    if !wanted.contains(&volume) {
        return Err(refuse(
            format!("{name} ({role:?}) holds {volume}, not {}", wanted[0]),
            LAYOUT_HINT,
        ));
    }
    Ok(())
}

/// Whether a volume was shut down, not cut off.
fn at_rest(name: &str, ntfs: &Ntfs<'_>) -> Result<(), Failure> {
    let hint = "an image must be shut down cleanly; no step may cut the power";
    if ntfs.is_dirty().map_err(|error| unreadable(name, error))? {
        return Err(refuse(
            format!("{name} is dirty: Windows wants to check it at its next start"),
            hint,
        ));
    }
    if !ntfs
        .is_log_clean()
        .map_err(|error| unreadable(name, error))?
    {
        return Err(refuse(
            format!("{name} was not shut down: its journal is open"),
            hint,
        ));
    }
    Ok(())
}

/// Whether the volume holds a Windows that will start afresh.
fn windows(ntfs: &Ntfs<'_>) -> Result<(), Failure> {
    for path in OBLIGATORY {
        let found = ntfs.find(path).filter(|record| !ntfs.is_directory(*record));
        if found.is_none() {
            return Err(refuse(
                format!("the Windows partition has no `{path}`"),
                "a step removed it, or Setup never put it there: its logs in `setup/` say which",
            ));
        }
    }
    let Some(record) = ntfs.find("hiberfil.sys") else {
        return Ok(());
    };
    let start = ntfs
        .read(record, 4)
        .map_err(|error| unreadable("`hiberfil.sys`", error))?;
    if start.eq_ignore_ascii_case(b"hibr") {
        return Err(refuse(
            "Windows is hibernated, not shut down",
            "keep `defaults.noHibernation = true`: fast start-up hibernates too",
        ));
    }
    Ok(())
}
