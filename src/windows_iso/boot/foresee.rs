//! Whether firmware will start what a disc boots, told before it is asked.

use camino::Utf8Path;
use hadris_storage::sync::BlockDevice;

use super::patch::{self, Choice};
use super::{IMAGE_BYTES_MAX, PROGRAM_BYTES_MAX};
use crate::optical::{self, Volume};
use crate::secure_boot::{Judgement, Program, Trust, Variables, judge, loader};

/// What a disc's boot program starts next lies in its file system. Which of these it takes is
/// not documented, so they are only worth a warning.
const CHAINED: [&str; 2] = ["bootmgr.efi", "efi/boot/bootx64.efi"];

/// What firmware will do with a disc.
#[derive(Clone, Debug)]
pub struct Foreseen {
    /// The boot image that was looked at: its path on the disc.
    pub image: String,
    pub judgement: Judgement,
    /// The disc's further boot programs that the firmware would refuse.
    pub chained: Vec<(String, Judgement)>,
}

/// Compares the boot image that the machine will get with the firmware's variables. Where that
/// image is only in `boot.wim`, it is the one that it replaces, of the same generation.
pub fn foresee(iso: &Utf8Path, variables: &Variables) -> anyhow::Result<Foreseen> {
    on(&mut optical::open(iso)?, variables)
}

fn on<D: BlockDevice>(volume: &mut Volume<D>, variables: &Variables) -> anyhow::Result<Foreseen> {
    let choice = match patch::choose(volume) {
        Ok(choice) => choice,
        // What cannot be booted at all is told when it is.
        Err(error) => {
            return Ok(Foreseen {
                image: "none".to_owned(),
                judgement: judge(&Err(error), variables),
                chained: Vec::new(),
            });
        }
    };
    let (image, bytes) = image(volume, &choice)?;
    let judgement = judged(&bytes, variables);
    let mut chained = Vec::new();
    if judgement.trust == Trust::Yes {
        for path in CHAINED {
            let Some(file) = volume.find(path)?.filter(|file| !file.is_folder) else {
                continue;
            };
            if file.bytes <= PROGRAM_BYTES_MAX {
                let program = Program::read(&volume.read(&file, PROGRAM_BYTES_MAX)?);
                let judgement = judge(&program, variables);
                if matches!(judgement.trust, Trust::No(_)) {
                    chained.push((file.path, judgement));
                }
            }
        }
    }
    Ok(Foreseen {
        image,
        judgement,
        chained,
    })
}

/// Judges the program inside a boot image.
pub(super) fn judged(image: &[u8], variables: &Variables) -> Judgement {
    let program = loader(image).and_then(|program| Program::read(&program));
    judge(&program, variables)
}

/// The image without a prompt, or the one that the disc boots by itself.
fn image<D: BlockDevice>(
    volume: &mut Volume<D>,
    choice: &Choice,
) -> anyhow::Result<(String, Vec<u8>)> {
    if let Some(file) = choice.file.as_ref().or(choice.held.as_ref()) {
        return Ok((file.path.clone(), volume.read(file, IMAGE_BYTES_MAX)?));
    }
    let bytes = patch::entry_bytes(volume, &choice.entry)?;
    Ok((format!("sector {}", choice.entry.sector), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optical::fixture;
    use crate::secure_boot::Refusal;
    use crate::secure_boot::fixture::{CA_2011, CA_2023, SIGNED, boot_image, trusting};

    const FOLDER: &str = "efi/microsoft/boot";

    fn foreseen(names: &[&str], image: &[u8], chained: &[u8], db: &[&[u8]]) -> Foreseen {
        let paths: Vec<String> = names
            .iter()
            .map(|name| format!("{FOLDER}/{name}"))
            .collect();
        let mut files: Vec<(&str, &[u8])> =
            paths.iter().map(|path| (path.as_str(), image)).collect();
        files.push(("bootmgr.efi", chained));
        let disc = fixture::windows(&files, b"bios", image);
        let mut volume = fixture::volume(disc).expect("a disc");
        let variables = Variables::parse(&trusting(db)).expect("variables");
        on(&mut volume, &variables).expect("a readable disc")
    }

    #[test]
    fn the_image_that_will_be_booted_is_the_one_that_is_judged() {
        let image = boot_image(SIGNED);
        let both = ["efisys.bin", "efisys_noprompt.bin"];
        let good = foreseen(&both, &image, SIGNED, &[CA_2023]);
        assert_eq!(good.image, format!("{FOLDER}/efisys_noprompt.bin"));
        assert_eq!(good.judgement.trust, Trust::Yes);
        assert!(good.chained.is_empty());
        let bad = foreseen(&both[..1], &image, SIGNED, &[CA_2011]);
        assert_eq!(bad.image, format!("{FOLDER}/efisys.bin"));
        assert_eq!(bad.judgement.trust, Trust::No(Refusal::Unknown));
        let own = foreseen(&[], &image, SIGNED, &[CA_2023]);
        assert!(own.image.starts_with("sector "), "{}", own.image);
        assert_eq!(own.judgement.trust, Trust::Yes);
    }

    #[test]
    fn what_starts_next_is_looked_at_too() {
        let mut changed = SIGNED.to_vec();
        changed[600] ^= 1;
        let image = boot_image(SIGNED);
        let found = foreseen(&["efisys.bin"], &image, &changed, &[CA_2023]);
        assert_eq!(found.judgement.trust, Trust::Yes);
        let (path, judgement) = found.chained.first().expect("one that is refused");
        assert_eq!(path, "bootmgr.efi");
        assert_eq!(judgement.trust, Trust::No(Refusal::Damaged));
        // A file that is no program says nothing.
        let other = foreseen(&["efisys.bin"], &image, b"MZ of a stand-in", &[CA_2023]);
        assert!(other.chained.is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_a_doubt() {
        let found = foreseen(&["efisys.bin"], b"waits for a key", SIGNED, &[CA_2023]);
        let doubt = found.judgement.doubt(&found.image).expect("a doubt");
        assert!(doubt.to_string().contains("no FAT volume"), "{doubt}");
        assert!(found.judgement.problem(&found.image).is_none());
    }
}
