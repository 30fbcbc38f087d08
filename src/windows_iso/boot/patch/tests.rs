//! Patches of small discs, read back through the patched bytes.

use super::*;
use crate::optical::fixture;
use proptest::prelude::*;

const PROMPT: &[u8] = b"waits for a key";
const NO_PROMPT: &[u8] = b"waits for none";
const FOLDER: &str = "efi/microsoft/boot";

/// A disc with these files in the folder of the boot images.
fn disc(names: &[(&str, &[u8])], boots: &[u8]) -> Vec<u8> {
    let paths: Vec<String> = names
        .iter()
        .map(|(name, _)| format!("{FOLDER}/{name}"))
        .collect();
    let files: Vec<(&str, &[u8])> = paths
        .iter()
        .zip(names)
        .map(|(path, (_, bytes))| (path.as_str(), *bytes))
        .collect();
    fixture::windows(&files, b"bios", boots)
}

/// What the UEFI entry boots once the patch is in place.
fn boots(mut disc: Vec<u8>, patch: &BootPatch, len: usize) -> Vec<u8> {
    if let Some(appended) = &patch.appended {
        disc.resize(usize::try_from(appended.offset).expect("small"), 0);
        disc.extend(&appended.bytes);
    }
    let at = usize::try_from(patch.offset).expect("small");
    let before = disc[at..at + 2048].to_vec();
    let changed: Vec<_> = (0..2048)
        .filter(|n| before[*n] != patch.sector[*n])
        .collect();
    disc[at..at + 2048].copy_from_slice(&patch.sector);
    let mut volume = fixture::volume(disc).expect("a disc");
    let entries = catalogue::read(&mut volume).expect("a sound catalogue");
    assert_eq!(entries.len(), 2, "the other entry is still there");
    let entry = entries[1];
    let field = usize::try_from(entry.offset).expect("small") - at;
    assert!(
        changed.iter().all(|n| (field + 6..field + 12).contains(n)),
        "only the entry's count and place changed: {changed:?}"
    );
    assert_eq!(usize::from(entry.count), len.div_ceil(512).max(2));
    let mut bytes = vec![0; len];
    volume
        .read_raw(u64::from(entry.sector) * SECTOR, &mut bytes)
        .expect("on the disc");
    bytes
}

fn patched(disc: &[u8]) -> anyhow::Result<(Choice, Option<BootPatch>)> {
    let mut volume = fixture::volume(disc.to_vec())?;
    let choice = choose(&mut volume)?;
    let patch = on_disc(&mut volume, &choice)?;
    Ok((choice, patch))
}

#[test]
fn the_entry_is_pointed_at_the_image_on_the_disc() {
    let big = [7; 5000];
    let disc = disc(
        &[("efisys.bin", PROMPT), ("EFISYS_NoPrompt.BIN", &big)],
        PROMPT,
    );
    let (choice, patch) = patched(&disc).expect("a disc");
    assert_eq!(choice.generation, Generation::Ca2011);
    assert_eq!(boots(disc, &patch.expect("on the disc"), 5000), big);
}

#[test]
fn the_generation_is_that_of_the_default_entry() {
    let files: [(&str, &[u8]); 4] = [
        ("efisys.bin", PROMPT),
        ("efisys_noprompt.bin", NO_PROMPT),
        ("efisys_EX.bin", b"signed in 2023, waits"),
        ("efisys_noprompt_EX.bin", b"signed in 2023, does not"),
    ];
    let newer = disc(&files, b"signed in 2023, waits");
    let (choice, patch) = patched(&newer).expect("a disc");
    assert_eq!(choice.generation, Generation::Ca2023);
    let booted = boots(newer, &patch.expect("on the disc"), 24);
    assert_eq!(booted, b"signed in 2023, does not");
    let older = disc(&files, PROMPT);
    let (_, patch) = patched(&older).expect("a disc");
    assert_eq!(boots(older, &patch.expect("on the disc"), 14), NO_PROMPT);
}

#[test]
fn an_image_of_its_own_is_told_by_its_signature() {
    let files: [(&str, &[u8]); 2] = [
        ("efisys_noprompt.bin", NO_PROMPT),
        ("efisys_noprompt_EX.bin", b"2023"),
    ];
    let own = [b"own loader, ", CA_2023].concat();
    let (choice, _) = patched(&disc(&files, &own)).expect("a disc");
    assert_eq!(choice.generation, Generation::Ca2023);
    let (choice, _) = patched(&disc(&files, b"own loader")).expect("a disc");
    assert_eq!(choice.generation, Generation::Ca2011);
}

#[test]
fn an_image_that_is_not_on_the_disc_goes_behind_its_end() {
    let disc = disc(&[("efisys.bin", PROMPT)], PROMPT);
    let (choice, patch) = patched(&disc).expect("a disc");
    assert_eq!(patch, None);
    assert!(choice.file.is_none());
    let mut volume = fixture::volume(disc.clone()).expect("a disc");
    // A length that is no multiple of a sector, as a file on a host may have it.
    let end = disc.len() as u64 + 100;
    let patch = with_image(&mut volume, &choice, end, NO_PROMPT.to_vec()).expect("a patch");
    let appended = patch.appended.as_ref().expect("appended");
    assert_eq!(appended.offset, disc.len() as u64 + SECTOR);
    assert_eq!(appended.bytes.len(), 2048);
    assert_eq!(boots(disc, &patch, NO_PROMPT.len()), NO_PROMPT);
}

#[test]
fn what_cannot_be_said_in_a_catalogue_is_refused() {
    let disc = disc(&[("efisys.bin", PROMPT)], PROMPT);
    let mut volume = fixture::volume(disc).expect("a disc");
    let choice = choose(&mut volume).expect("a choice");
    let mut refused = |len: usize, at: u64, what: &str| {
        let error = with_image(&mut volume, &choice, at, vec![1; len]).expect_err(what);
        assert!(error.to_string().contains(what), "{error}");
    };
    refused(0, 0, "empty");
    refused((32 << 20) + 1, 0, "at most 33554432");
    refused(512, 9 << 40, "8 TiB");
    let (_, patch) = (
        0,
        with_image(&mut volume, &choice, 0, vec![1; 65_535 * 512]),
    );
    assert!(patch.is_ok(), "the largest that can be said");
}

#[test]
fn a_disc_without_a_uefi_entry_is_refused() {
    let error = patched(&fixture::joliet(&[("a", b"")])).expect_err("no catalogue");
    assert!(error.to_string().contains("no entry for UEFI"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_damage_panics(
        damage in proptest::collection::vec((16usize * 2048..600 * 2048, any::<u8>()), 1..200)
    ) {
        let mut disc = disc(&[("efisys.bin", PROMPT), ("efisys_noprompt.bin", NO_PROMPT)], PROMPT);
        for (at, with) in damage {
            if let Some(byte) = disc.get_mut(at) {
                *byte = with;
            }
        }
        let _ = patched(&disc);
    }
}
