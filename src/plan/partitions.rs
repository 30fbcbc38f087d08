//! Rules of partitions that the user lists, where Setup stops with a page that nobody answers.

use crate::plan::disk::name_of;
use crate::plan::layout::{FileSystem, Firmware, Partition, Role, SLACK_MIB};
use crate::plan::minimum;
use crate::plan::rules::{Rules, wrong_text};
use crate::problem::{Problem, operand, operands};
use crate::spec;
use crate::windows_iso::Image;

const AT: &str = "disk.partitions";
/// A GPT has 128 entries; nobody needs as many, and each costs Setup a moment.
const COUNT_MAX: usize = 32;
/// The entries of an MBR. A fifth partition would be a logical one, and those are not offered.
const COUNT_MAX_MBR: usize = 4;
/// What NTFS takes for a label, in UTF-16 units.
const LABEL_MAX_NTFS: usize = 32;
/// What FAT has room for, in bytes.
const LABEL_MAX_FAT: usize = 11;
/// What no label on FAT may have.
const LABEL_FORBIDDEN_FAT: &str = "\"*+,./:;<=>?[\\]|";
/// The largest FAT32 that Windows makes.
const FAT_MIB_MAX: u64 = 32 * 1024;

/// The user's partitions, and the number of Windows' own.
pub(super) fn partitions(
    rules: &mut Rules<'_>,
    image: &Image,
    said: &[spec::Partition],
    size_mib: u64,
    firmware: Firmware,
) -> (Vec<Partition>, u32) {
    let paths = rules.elements(AT, said.len().min(COUNT_MAX));
    let mut partitions = Vec::new();
    for (index, (one, at)) in said.iter().zip(&paths).enumerate() {
        let partition = partition(rules, image, at, one);
        if partition.size_mib.is_none() {
            rest(rules, at, &partition, index + 1 == said.len());
        }
        letter(rules, at, one, &partitions);
        partitions.push(partition);
    }
    let has_system = partitions.iter().any(|p| p.role == Role::System);
    let starts = if has_system {
        Role::System
    } else {
        Role::Windows
    };
    for partition in &mut partitions {
        partition.active = firmware == Firmware::Bios && partition.role == starts;
    }
    table(rules, said.len(), &partitions, firmware);
    room(rules, image, &partitions, size_mib);
    if let (Some(last), Some(at)) = (partitions.last(), paths.last()) {
        rest_of_fat(rules, at, last, size_mib.saturating_sub(taken(&partitions)));
    }
    let windows = (1..)
        .zip(&partitions)
        .find(|(_, p)| p.role == Role::Windows);
    let number = windows.map_or(1, |(number, _)| number);
    (partitions, number)
}

fn partition(rules: &mut Rules<'_>, image: &Image, at: &str, said: &spec::Partition) -> Partition {
    let role = match said.kind {
        spec::PartitionKind::Efi => Role::Efi,
        spec::PartitionKind::Msr => Role::Msr,
        spec::PartitionKind::System => Role::System,
        spec::PartitionKind::Windows => Role::Windows,
        spec::PartitionKind::Recovery => Role::Recovery,
        spec::PartitionKind::Data => Role::Data,
    };
    let mut partition = Partition::of(role, said.size_mib);
    format(rules, at, said.format, &mut partition);
    size(rules, image, &format!("{at}.sizeMib"), &partition);
    if let Some(text) = &said.label {
        label(rules, &format!("{at}.label"), text, &partition);
        partition.label = Some(text.clone());
    }
    if let Some(text) = &said.letter {
        partition.letter = text.chars().next();
    }
    partition
}

fn format(
    rules: &mut Rules<'_>,
    at: &str,
    said: Option<spec::FileSystem>,
    partition: &mut Partition,
) {
    let Some(said) = said else { return };
    let said = match said {
        spec::FileSystem::Ntfs => FileSystem::Ntfs,
        spec::FileSystem::Fat32 => FileSystem::Fat32,
    };
    let at = format!("{at}.format");
    if partition.role == Role::Data {
        partition.format = Some(said);
    } else if partition.format.is_none() {
        let hint =
            "leave it out: Windows keeps it for itself, and Setup stops when it is formatted";
        rules.problem(Problem::new(at, "a reserved partition has no file system").hint(hint));
    } else if partition.format != Some(said) {
        let name = operand(partition.role.name());
        let what = format!("a partition of the type {name} cannot have it");
        let hint = "leave it out: firmware reads FAT32 alone, and Windows starts from NTFS alone";
        rules.problem(Problem::new(at, what).hint(hint));
    }
}

/// A partition that takes what is left.
fn rest(rules: &mut Rules<'_>, at: &str, partition: &Partition, is_last: bool) {
    let name = operand(partition.role.name());
    let (what, hint) = match partition.role {
        Role::Efi | Role::Msr => (
            format!("is not said, and no {name} takes what is left"),
            "300 MiB are right for `efi`, 16 for `msr`",
        ),
        _ if is_last => return,
        _ => (
            "takes what is left, and others stand behind it".to_owned(),
            "only the last partition can leave its size out",
        ),
    };
    rules.problem(Problem::new(format!("{at}.sizeMib"), what).hint(hint));
}

/// Windows formats no FAT32 that is larger, whoever chose its size.
fn rest_of_fat(rules: &mut Rules<'_>, at: &str, last: &Partition, left_mib: u64) {
    let is_data = last.role == Role::Data && last.format == Some(FileSystem::Fat32);
    if is_data && last.size_mib.is_none() && left_mib > FAT_MIB_MAX {
        let what = format!(
            "is not said, and the {left_mib} MiB that are left are above the {FAT_MIB_MAX} MiB of \
             a FAT32 volume"
        );
        let hint = "say a size, or set `format` to `ntfs`";
        let problem = Problem::new(format!("{at}.sizeMib"), what).hint(hint);
        rules.problem_of(&["disk.sizeMib", AT], problem);
    }
}

fn size(rules: &mut Rules<'_>, image: &Image, at: &str, partition: &Partition) {
    let Some(size) = partition.size_mib else {
        return;
    };
    let least = least(partition, image);
    let fat = partition.format == Some(FileSystem::Fat32);
    if size < least {
        let name = match partition.role {
            Role::Windows => name_of(image).to_owned(),
            other => operand(other.name()),
        };
        let what = format!("{size} MiB is below the {least} MiB that {name} needs");
        let problem = Problem::new(at, what).hint("it is in MiB: 1 GiB is 1024");
        rules.problem_of(&["edition"], problem);
    } else if fat && size > FAT_MIB_MAX {
        let what = format!("{size} MiB is above the {FAT_MIB_MAX} MiB of a FAT32 volume");
        rules.problem(Problem::new(at, what).hint("make it smaller, or set `format` to `ntfs`"));
    }
}

/// The least size in MiB.
fn least(partition: &Partition, image: &Image) -> u64 {
    match (partition.role, partition.format) {
        // The pages name it for disks with sectors of 512 bytes, which QEMU's are.
        (Role::Efi | Role::System, _) => 100,
        (Role::Windows, _) => minimum::of(image).windows_mib(),
        (Role::Recovery, _) => 300,
        // 65,525 clusters make a FAT a FAT32.
        (Role::Data, Some(FileSystem::Fat32)) => 64,
        (Role::Msr | Role::Data, _) => 16,
    }
}

fn label(rules: &mut Rules<'_>, at: &str, text: &str, partition: &Partition) {
    let problem = match partition.format {
        None => Problem::new(at, "a reserved partition has no label").hint("leave it out"),
        Some(FileSystem::Ntfs) => match wrong_text(text, LABEL_MAX_NTFS) {
            Some(what) => {
                let hint = format!("1 to {LABEL_MAX_NTFS} characters on one line fit on NTFS");
                Problem::new(at, what).hint(hint)
            }
            None => return,
        },
        Some(FileSystem::Fat32) => {
            let bad =
                |c: char| !(c.is_ascii_graphic() || c == ' ') || LABEL_FORBIDDEN_FAT.contains(c);
            let fits = (1..=LABEL_MAX_FAT).contains(&text.len()) && !text.trim().is_empty();
            if fits && !text.chars().any(bad) {
                return;
            }
            let hint = format!(
                "1 to {LABEL_MAX_FAT} ASCII characters, not all spaces, none of {}",
                operand(LABEL_FORBIDDEN_FAT)
            );
            Problem::new(at, format!("{} is no label on FAT32", operand(text))).hint(hint)
        }
    };
    rules.problem(problem);
}

fn letter(rules: &mut Rules<'_>, at: &str, said: &spec::Partition, before: &[Partition]) {
    let Some(text) = &said.letter else { return };
    let at = format!("{at}.letter");
    let one = text.chars().next().filter(|_| text.len() == 1);
    let (what, hint) = match (said.kind, one) {
        (spec::PartitionKind::Windows, Some('C')) => return,
        (spec::PartitionKind::Windows, _) => (
            "Windows' own partition is C:".to_owned(),
            "leave it out: the guest program and much else count on C:",
        ),
        (spec::PartitionKind::Data, Some('C')) => (
            "`C` is Windows' own partition".to_owned(),
            "choose one from D to Z, or leave it out for the first that is free",
        ),
        (spec::PartitionKind::Data, Some('X')) => (
            "`X` is the disk that Setup runs from".to_owned(),
            "choose another: Setup cannot give it away",
        ),
        (spec::PartitionKind::Data, Some(letter @ 'D'..='Z')) => {
            if !before.iter().any(|other| other.letter == Some(letter)) {
                return;
            }
            (
                format!("two partitions have the letter `{letter}`"),
                "choose another, or leave it out for the first that is free",
            )
        }
        (spec::PartitionKind::Data, _) => (
            format!("{} is no drive letter", operand(text)),
            "a drive has one capital letter from D to Z",
        ),
        _ => (
            "such a partition has no letter".to_owned(),
            "leave it out: nothing but Windows and data is seen as a drive",
        ),
    };
    rules.problem(Problem::new(at, what).hint(hint));
}

/// What the table of the disk must and can hold.
fn table(rules: &mut Rules<'_>, said: usize, partitions: &[Partition], firmware: Firmware) {
    let mut tell = |what: String, hint: &str| {
        let problem = Problem::new(AT, what).hint(hint);
        rules.problem_of(&["firmware.type"], problem);
    };
    let count = |role: Role| partitions.iter().filter(|p| p.role == role).count();
    let (foreign, most): (&[Role], usize) = match firmware {
        Firmware::Uefi { .. } => (&[Role::System], COUNT_MAX),
        Firmware::Bios => (&[Role::Efi, Role::Msr], COUNT_MAX_MBR),
    };
    let there: Vec<_> = foreign.iter().filter(|role| count(**role) > 0).collect();
    if !there.is_empty() {
        let names = operands(there.into_iter().map(|role| role.name()));
        let (what, hint) = match firmware {
            Firmware::Uefi { .. } => (
                format!("UEFI has a GPT disk, which takes no {names}"),
                "UEFI starts from a partition of the type `efi`",
            ),
            Firmware::Bios => (
                format!("a BIOS has an MBR disk, which takes no {names}"),
                "a BIOS starts from `system` or from Windows itself; `firmware.type` chooses",
            ),
        };
        tell(what, hint);
    }
    if said > most {
        let what = format!("has {said} partitions, more than {most}");
        tell(what, "leave some out");
    }
    for (role, wanted) in [
        (Role::Windows, true),
        (Role::Efi, matches!(firmware, Firmware::Uefi { .. })),
        (Role::Msr, false),
        (Role::System, false),
        (Role::Recovery, false),
    ] {
        let name = operand(role.name());
        match count(role) {
            0 if wanted => tell(format!("has no partition of the type {name}"), "add one"),
            0 | 1 => {}
            many => tell(
                format!("has {many} partitions of the type {name}"),
                "keep one",
            ),
        }
    }
}

/// What the partitions with a size and the table take.
fn taken(partitions: &[Partition]) -> u64 {
    let sizes = partitions.iter().filter_map(|p| p.size_mib);
    sizes.fold(SLACK_MIB, u64::saturating_add)
}

/// Whether all of it fits on the disk.
fn room(rules: &mut Rules<'_>, image: &Image, partitions: &[Partition], size_mib: u64) {
    let rest = partitions.last().filter(|p| p.size_mib.is_none());
    let rest = rest.map_or(0, |rest| least(rest, image));
    let needed = taken(partitions).saturating_add(rest);
    if needed > size_mib {
        let what = format!("needs {needed} MiB with the table, and the disk has {size_mib} MiB");
        let problem =
            Problem::new(AT, what).hint("make `disk.sizeMib` larger, or partitions smaller");
        rules.problem_of(&["disk.sizeMib"], problem);
    }
}
