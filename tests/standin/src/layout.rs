//! Where the partitions that an answer file asks for begin and end, and of what type they are.

use anyhow::{Result, bail, ensure};

/// One MiB in sectors of 512 bytes: where partitions begin.
const ALIGNMENT: u64 = 2048;

/// The kinds of partition that an answer file can create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Primary,
    Efi,
    Msr,
    Extended,
    Logical,
}

/// A file system that Setup can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Ntfs,
    Fat32,
}

/// A partition as the answer file asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub kind: Kind,
    /// `None`: all the rest.
    pub size_mib: Option<u64>,
    pub format: Option<Format>,
    pub label: String,
    pub letter: Option<char>,
    pub active: bool,
    /// A type of its own, such as the recovery partition's.
    pub type_id: Option<String>,
}

/// A partition with its place, in sectors; the last one is inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub first: u64,
    pub last: u64,
    pub wanted: Wanted,
}

/// Whether the table is the firmware's kind: GPT for UEFI, MBR for BIOS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Gpt,
    Mbr,
}

/// Places the partitions on a disk of so many sectors.
pub fn place(table: Table, sectors: u64, wanted: &[Wanted]) -> Result<Vec<Placed>> {
    check(table, wanted)?;
    // A GPT ends with its copy, and an MBR that was converted from one has no room for less.
    let end = sectors.saturating_sub(ALIGNMENT);
    let mut placed = Vec::new();
    let mut next = ALIGNMENT;
    for (number, one) in (1..).zip(wanted) {
        let last = match one.size_mib {
            Some(mib) => next + mib * ALIGNMENT - 1,
            None => end / ALIGNMENT * ALIGNMENT - 1,
        };
        ensure!(
            last >= next && last < end,
            "partition {number} does not fit on the disk"
        );
        placed.push(Placed {
            first: next,
            last,
            wanted: one.clone(),
        });
        next = last + 1;
    }
    Ok(placed)
}

fn check(table: Table, wanted: &[Wanted]) -> Result<()> {
    let count = |kind: Kind| wanted.iter().filter(|one| one.kind == kind).count();
    ensure!(
        count(Kind::Extended) <= 1,
        "more than one extended partition"
    );
    for (index, one) in wanted.iter().enumerate() {
        if one.size_mib.is_none() {
            ensure!(
                index + 1 == wanted.len(),
                "a partition behind one that takes all the rest"
            );
        }
        match (table, one.kind) {
            // Microsoft: the type EFI on a disk with an MBR ends Setup.
            (Table::Mbr, Kind::Efi | Kind::Msr) => bail!("a GPT partition on an MBR disk"),
            (Table::Gpt, Kind::Extended | Kind::Logical) => {
                bail!("an MBR partition on a GPT disk")
            }
            (_, Kind::Msr) => ensure!(one.format.is_none(), "a formatted MSR partition"),
            (_, Kind::Efi) => {
                ensure!(
                    one.format == Some(Format::Fat32),
                    "an EFI partition that is not FAT32"
                );
                ensure!(
                    one.size_mib.is_none_or(|mib| mib >= 100),
                    "an EFI partition under 100 MB"
                );
            }
            _ => {}
        }
        ensure!(
            !one.active || table == Table::Mbr,
            "an active partition on a GPT disk"
        );
    }
    match table {
        Table::Gpt => ensure!(count(Kind::Efi) == 1, "a UEFI disk needs one EFI partition"),
        Table::Mbr => {
            ensure!(wanted.len() <= 4, "more than four partitions in an MBR");
            ensure!(
                wanted.iter().filter(|one| one.active).count() == 1,
                "a BIOS disk needs one active partition"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn wanted(kind: Kind, size_mib: Option<u64>, format: Option<Format>) -> Wanted {
        Wanted {
            kind,
            size_mib,
            format,
            label: String::new(),
            letter: None,
            active: false,
            type_id: None,
        }
    }

    fn usual() -> Vec<Wanted> {
        vec![
            wanted(Kind::Efi, Some(300), Some(Format::Fat32)),
            wanted(Kind::Msr, Some(16), None),
            wanted(Kind::Primary, None, Some(Format::Ntfs)),
        ]
    }

    #[test]
    fn partitions_follow_each_other_and_leave_the_end_free() {
        let placed = place(Table::Gpt, 1 << 24, &usual()).expect("placed");
        assert_eq!(placed[0].first, 2048);
        assert_eq!(placed[1].first, placed[0].last + 1);
        assert_eq!(placed[2].last, (1 << 24) - 2048 - 1);
    }

    #[test]
    fn what_setup_refuses_is_refused() {
        let mut no_room = usual();
        no_room[0].size_mib = Some(1 << 20);
        assert!(place(Table::Gpt, 1 << 24, &no_room).is_err());
        assert!(place(Table::Mbr, 1 << 24, &usual()).is_err(), "EFI on MBR");
        assert!(
            place(Table::Gpt, 1 << 24, &usual()[1..]).is_err(),
            "no EFI partition"
        );
        let mut behind = usual();
        behind.swap(1, 2);
        assert!(
            place(Table::Gpt, 1 << 24, &behind).is_err(),
            "behind the rest"
        );
        let mut formatted = usual();
        formatted[1].format = Some(Format::Ntfs);
        assert!(place(Table::Gpt, 1 << 24, &formatted).is_err());
        let mut bios = vec![wanted(Kind::Primary, None, Some(Format::Ntfs))];
        assert!(
            place(Table::Mbr, 1 << 24, &bios).is_err(),
            "no active partition"
        );
        bios[0].active = true;
        assert!(place(Table::Mbr, 1 << 24, &bios).is_ok());
    }
}
