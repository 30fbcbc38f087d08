//! Inspection and cleaning of disks that were put together here.

use std::os::unix::fs::FileExt as _;

use super::*;
use crate::disk::ntfs::fixture;
use crate::disk::table::tests::gpt_disk;
use crate::plan::Role;
use crate::spec::{Edition, Locale, Spec};

fn plan() -> Plan {
    let spec = Spec {
        schema: crate::spec::SCHEMA.into(),
        name: "test".into(),
        windows_iso: Some("/windows.iso".into()),
        virtio_win_iso: Some("/virtio-win.iso".into()),
        edition: Some(Edition::Name("Any".into())),
        locale: Some(Locale {
            ui: Some("en-US".into()),
            ..Locale::default()
        }),
        ..Spec::default()
    };
    plan::plan(&spec, &plan::Facts::default()).expect("nothing is wrong with it")
}

/// Where a partition of the disk below begins.
fn start(number: usize) -> usize {
    let table = crate::disk::table::read(&gpt_disk()).expect("a table");
    usize::try_from(table.partitions[number - 1].offset).expect("small")
}

/// A disk as Setup leaves it, small.
fn disk() -> Vec<u8> {
    let mut disk = gpt_disk();
    let esp = &mut disk[start(1)..][..512];
    esp[82..90].copy_from_slice(b"FAT32   ");
    esp[510..].copy_from_slice(&[0x55, 0xaa]);
    let volume = fixture::volume();
    disk[start(3)..][..volume.len()].copy_from_slice(&volume);
    disk
}

fn cause(result: Result<Inspection, Failure>) -> String {
    match result.expect_err("it is refused") {
        Failure::Guest(story) => {
            assert_eq!(story.phase, "seal");
            story.cause
        }
        other => panic!("{other}"),
    }
}

/// What is said of the disk with some bytes of a partition changed.
fn spoilt(partition: usize, at: usize, with: &[u8]) -> String {
    let mut disk = disk();
    disk[start(partition) + at..][..with.len()].copy_from_slice(with);
    cause(inspect(&disk, &Layout::of_plan(&plan())))
}

/// Where a record of the fixture's MFT begins.
fn record(number: u32) -> usize {
    (4 + number as usize) * fixture::CLUSTER
}

#[test]
fn a_disk_in_order_passes() {
    let inspection = inspect(&disk(), &Layout::of_plan(&plan())).expect("in order");
    let partitions: Vec<_> = inspection
        .partitions
        .iter()
        .map(|partition| (partition.role, partition.file_system.as_deref()))
        .collect();
    assert_eq!(
        partitions,
        [
            (Role::Efi, Some("fat32")),
            (Role::Msr, None),
            (Role::Windows, Some("ntfs")),
        ]
    );
    assert_eq!(inspection.contents.files, 9);
    assert_eq!(inspection.usage.len(), 1);
}

#[test]
fn what_is_wrong_is_named() {
    assert_eq!(
        spoilt(3, 3, b"-FVE-FS-"),
        "volume is encrypted: partition 3 has the boot sector of BitLocker"
    );
    assert_eq!(
        spoilt(1, 82, b"FAT16   "),
        "partition 1 (Efi) holds no file system that is known, not FAT32"
    );
    assert_eq!(
        spoilt(3, record(fixture::KERNEL) + 22, &[0]),
        r"the Windows partition has no `Windows\System32\ntoskrnl.exe`"
    );
    assert_eq!(
        spoilt(3, record(24) + 510, b"??"),
        "partition 3 is damaged: record 24 of the MFT is torn"
    );
    assert_eq!(
        spoilt(3, 52 * fixture::CLUSTER, b"????"),
        "partition 3 is damaged: the journal has no restart page"
    );
}

#[test]
fn a_hibernated_windows_is_refused() {
    let mut disk = disk();
    let at = start(3) + record(fixture::HIBERNATION);
    // The file is resident, its four bytes the last of the record's attributes.
    let marker = [0x80, 0, 0, 0, 32];
    let record = &disk[at..at + fixture::CLUSTER];
    let data = record.windows(5).position(|part| part == marker);
    let value = at + data.expect("its data") + 24;
    disk[value..value + 4].copy_from_slice(b"HIBR");
    assert_eq!(
        cause(inspect(&disk, &Layout::of_plan(&plan()))),
        "Windows is hibernated, not shut down"
    );
}

#[test]
fn a_plan_of_other_partitions_is_refused() {
    let mut other = plan();
    other.firmware = plan::Firmware::Bios;
    assert_eq!(
        cause(inspect(&disk(), &Layout::of_plan(&other))),
        "the disk has the partition table of UEFI (GPT), not of BIOS (MBR)"
    );
    let mut other = plan();
    other.disk.partitions.swap(0, 1);
    assert_eq!(
        cause(inspect(&disk(), &Layout::of_plan(&other))),
        "partition 1 is of type `c12a7328-f81f-11d2-ba4b-00a0c93ec93b`, where the plan has Msr"
    );
    let mut other = plan();
    let last = other.disk.partitions[2].clone();
    other.disk.partitions.push(last);
    assert_eq!(
        cause(inspect(&disk(), &Layout::of_plan(&other))),
        "partition 4 (Windows) is missing"
    );
    other.disk.partitions.truncate(2);
    assert_eq!(
        cause(inspect(&disk(), &Layout::of_plan(&other))),
        "partition 3 is not planned"
    );
}

#[test]
fn cleaning_drops_memory_and_what_no_file_owns() {
    let mut bytes = disk();
    let place = |cluster: usize| start(3) + cluster * fixture::CLUSTER;
    bytes[place(fixture::FREE_CLUSTER)..][..6].copy_from_slice(b"secret");
    let folder = tempfile::tempdir().expect("a folder");
    let path = camino::Utf8Path::from_path(folder.path()).expect("UTF-8");
    let path = path.join("disk.raw");
    std::fs::write(&path, &bytes).expect("written");

    let raw = RawDisk::open(&path).expect("a file");
    let inspection = inspect(&raw, &Layout::of_plan(&plan())).expect("in order");
    clean(&raw, &path, &inspection).expect("cleaned");
    let after = std::fs::read(&path).expect("a file");
    assert_eq!(after.len(), bytes.len());
    let cluster = |cluster: usize| &after[place(cluster)..][..fixture::CLUSTER];
    assert_eq!(cluster(fixture::FREE_CLUSTER), [0; fixture::CLUSTER]);
    for first in fixture::PAGE_CLUSTERS {
        assert_eq!(cluster(first), [0; fixture::CLUSTER], "the page file");
    }
    assert_eq!(
        cluster(fixture::KERNEL_CLUSTER),
        &fixture::pattern(fixture::CLUSTER)[..],
        "a file"
    );
    inspect(&raw, &Layout::of_plan(&plan())).expect("still in order");
}

#[test]
fn a_password_is_told_with_the_file_that_holds_it() {
    let plan = plan();
    assert!(
        plan.build_account.password.throw_away,
        "nobody asked for it"
    );
    let text = plan.build_account.password.text.clone();
    let folder = tempfile::tempdir().expect("a folder");
    let path = camino::Utf8Path::from_path(folder.path()).expect("UTF-8");
    let path = path.join("disk.raw");
    std::fs::write(&path, disk()).expect("written");
    let raw = RawDisk::open(&path).expect("a file");
    let inspection = inspect(&raw, &Layout::of_plan(&plan)).expect("in order");
    let look = || refuse_password(&raw, &path, &plan, &inspection).map_err(|f| f.to_string());
    assert_eq!(look(), Ok(()));

    let kernel = (start(3) + fixture::KERNEL_CLUSTER * fixture::CLUSTER) as u64;
    let file = File::options().write(true).open(&path).expect("a file");
    file.write_all_at(text.as_bytes(), kernel).expect("written");
    let said = look().expect_err("it is there");
    assert!(
        said.contains(r"the password of `lucarne` stands plain in `Windows\System32\ntoskrnl.exe`"),
        "{said}"
    );
    assert!(!said.contains(&text), "the message must not tell it");
}

#[test]
fn secure_boot_was_on_or_the_image_is_refused() {
    use crate::secure_boot::fixture::{CA_2011, trusting};
    let folder = tempfile::tempdir().expect("a folder");
    let path = camino::Utf8Path::from_path(folder.path()).expect("UTF-8");
    let path = path.join("vars.fd");
    let read = |plan: &Plan, flash: &[u8]| {
        std::fs::write(&path, flash).expect("written");
        let files = FirmwareFiles {
            code: &path,
            vars: &path,
        };
        {
            let wanted = plan.firmware == plan::Firmware::Uefi { secure_boot: true };
            secure_boot(wanted, Some(files))
        }
        .map_err(|failure| (failure.code(), failure.to_string()))
    };
    let mut flash = trusting(&[CA_2011]);
    assert_eq!(read(&plan(), &flash), Ok(true));
    let name: Vec<u8> = "SecureBootEnable\0"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let at = flash.windows(name.len()).position(|part| part == name);
    flash[at.expect("its switch") + name.len()] = 0;
    let (code, said) = read(&plan(), &flash).expect_err("it was off");
    assert_eq!(code, 3);
    assert!(said.contains("it is switched off in them"), "{said}");
    assert!(read(&plan(), b"garbage").is_err());
    let mut without = plan();
    without.firmware = plan::Firmware::Uefi { secure_boot: false };
    assert_eq!(read(&without, &flash), Ok(false));
}
