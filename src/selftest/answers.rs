//! What a run says about the questions that nobody could look up.

use super::disc::{Record, Structure};
use super::document::{Answer, Driver, Known};
use super::observe::Seen;
use crate::guest::Phase;
use crate::plan::Plan;
use crate::progress::Stage;
use crate::windows_iso::WindowsIso;

/// Nobody reports it today.
const NO_PROGRAM: &str = "only the guest program can tell, and it reported nothing of it";

const NO_UEFI: &str = "the boot catalogue has no UEFI entry";

/// Every question, answered as far as this run goes.
pub(super) fn all(seen: &Seen, disc: &Structure, iso: &WindowsIso, done: bool) -> Vec<Answer> {
    vec![
        windows_pe_names_com1(seen),
        error_handler(seen, done),
        no_prompt(iso),
        sector_count(disc),
        volume_is_a_stub(disc),
        guest_program(seen),
    ]
}

fn reached(seen: &Seen, phase: Phase) -> bool {
    let stages = seen.stages.iter();
    stages
        .clone()
        .any(|(stage, _)| *stage >= Stage::Guest(phase))
        && stages
            .clone()
            .any(|(stage, _)| matches!(stage, Stage::Guest(_)))
}

fn windows_pe_names_com1(seen: &Seen) -> Answer {
    let (answer, because) = if seen.windows_pe_spoke {
        (Known::Yes, "a line written to COM1 in Windows PE was heard")
    } else if reached(seen, Phase::Specialize) {
        (
            Known::No,
            "it was told to write a line to COM1, and none was heard",
        )
    } else {
        (
            Known::Unknown,
            "Setup did not get through the pass windowsPE",
        )
    };
    Answer {
        id: "windowsPeNamesCom1",
        question: "Does Windows PE have a port named COM1?",
        known: answer,
        because: because.into(),
    }
}

fn error_handler(seen: &Seen, done: bool) -> Answer {
    let (answer, because) = match seen.gave_up {
        Some(stage) => (
            Known::Yes,
            format!("its event was heard in phase `{}`", stage.as_str()),
        ),
        None if done => (Known::Unknown, "Setup did not fail".into()),
        None => (
            Known::Unknown,
            "its event was not heard: Setup did not give up, or the script did not run".into(),
        ),
    };
    Answer {
        id: "errorHandlerRuns",
        question: "Does ErrorHandler.cmd run when Setup fails, and reach COM1?",
        known: answer,
        because,
    }
}

fn no_prompt(iso: &WindowsIso) -> Answer {
    let efi: Vec<&str> = iso
        .boot_images
        .iter()
        .filter(|image| image.platform == "uefi")
        .map(|image| image.file.as_deref().unwrap_or("no file of the ISO"))
        .collect();
    let waits = efi
        .iter()
        .any(|file| !file.to_lowercase().contains("noprompt"));
    Answer {
        id: "uefiEntryWaitsForAKey",
        question: "Is the UEFI boot entry the image that waits for a key?",
        known: if efi.is_empty() {
            Known::Unknown
        } else if waits {
            Known::Yes
        } else {
            Known::No
        },
        because: if efi.is_empty() {
            NO_UEFI.into()
        } else {
            format!("the entry's bytes are those of: {}", efi.join(", "))
        },
    }
}

fn sector_count(disc: &Structure) -> Answer {
    let mut counts = Vec::new();
    let mut platform = None;
    for record in &disc.boot_catalogue {
        match record {
            Record::Validation { platform: said } | Record::Section { platform: said, .. } => {
                platform = Some(said.as_str());
            }
            Record::Entry { sector_count, .. } if platform == Some("uefi") => {
                counts.push(*sector_count);
            }
            _ => {}
        }
    }
    let list: Vec<_> = counts.iter().map(ToString::to_string).collect();
    Answer {
        id: "uefiSectorCountIsUnder2",
        question: "Is the UEFI boot entry's sector count under 2, so that firmware has to guess?",
        known: match counts.first() {
            None => Known::Unknown,
            Some(0 | 1) => Known::Yes,
            Some(_) => Known::No,
        },
        because: if counts.is_empty() {
            NO_UEFI.into()
        } else {
            format!("the catalogue says: {}", list.join(", "))
        },
    }
}

fn volume_is_a_stub(disc: &Structure) -> Answer {
    let (answer, because) = match disc.volume_space_sectors {
        Some(sectors) => (
            if u64::from(sectors) < disc.sectors / 2 {
                Known::Yes
            } else {
                Known::No
            },
            format!(
                "it says {sectors} sectors, and the file has {}",
                disc.sectors
            ),
        ),
        None => (
            Known::Unknown,
            "there is no ISO 9660 volume descriptor".into(),
        ),
    };
    Answer {
        id: "iso9660VolumeIsAStub",
        question: "Is the ISO 9660 volume smaller than the disc?",
        known: answer,
        because,
    }
}

fn guest_program(seen: &Seen) -> Answer {
    let (answer, because) = if seen.guest_spoke {
        (Known::Yes, "its `hello` was heard")
    } else if reached(seen, Phase::Specialize) {
        (
            Known::No,
            "Windows started from the disk, and no `hello` was heard",
        )
    } else {
        (Known::Unknown, "Windows did not start from the disk")
    };
    Answer {
        id: "guestProgramStarts",
        question: "Is the guest program started at the first logon?",
        known: answer,
        because: because.into(),
    }
}

/// What is known of each driver.
pub(super) fn drivers(plan: &Plan, seen: &Seen) -> Vec<Driver> {
    let of_disk = plan.disk.driver();
    plan.drivers
        .iter()
        .map(|driver| {
            let (works, because) = match () {
                () if of_disk != Some(&driver.name) => (Known::Unknown, NO_PROGRAM),
                () if seen.wrote => (Known::Yes, "Setup wrote to the disk behind it"),
                () if reached(seen, Phase::WindowsPe) => {
                    (Known::No, "Setup started and wrote nothing to the disk")
                }
                () => (Known::Unknown, "Setup did not start"),
            };
            Driver {
                name: driver.name.clone(),
                folder: driver.folder.clone(),
                works,
                because,
            }
        })
        .collect()
}
