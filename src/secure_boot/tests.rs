//! Judgements of a small signed program, and of everything that can be wrong with it.

use super::certificate::{Certificate, Hash};
use super::fixture::*;
use super::*;

fn variables(bytes: &[u8]) -> Variables {
    Variables::parse(bytes).expect("variables")
}

fn trust_of(program: &[u8], flash: &[u8]) -> Trust {
    judge(&Program::read(program), &variables(flash)).trust
}

/// Variables that trust the signer, and more of them.
fn with(more: Stored<'_>) -> Vec<u8> {
    flash(&[
        stored("PK", certificates(&[CA_2011])),
        stored("db", certificates(&[CA_2023])),
        stored("SecureBootEnable", vec![1]),
        more,
    ])
}

fn said(program: &[u8], flash: &[u8]) -> String {
    let judgement = judge(&Program::read(program), &variables(flash));
    let problem = judgement.problem("efisys.bin").expect("a problem");
    format!("{problem}\n{}", problem.hint.as_deref().unwrap_or_default())
}

#[test]
fn a_program_starts_when_a_certificate_of_its_chain_is_known() {
    for known in [CA_2023, LEAF] {
        assert_eq!(trust_of(SIGNED, &trusting(&[CA_2011, known])), Trust::Yes);
    }
    let unknown = trust_of(SIGNED, &trusting(&[CA_2011]));
    assert_eq!(unknown, Trust::No(Refusal::Unknown));
    let none = trust_of(SIGNED, &trusting(&[]));
    assert_eq!(none, Trust::No(Refusal::Unknown));
}

#[test]
fn both_sides_are_named() {
    assert_eq!(
        said(SIGNED, &trusting(&[CA_2011])),
        "firmware.secureBoot: the firmware would not start `efisys.bin`: it is signed by \
         `Test loader` under `Test loader CA 2023`, and the firmware's db has `Test loader CA \
         2011`\nname variables whose db has `Test loader CA 2023` as `varsMs` of the tools, take \
         an ISO that this firmware trusts, or set `firmware.secureBoot = false`"
    );
    let mut unsigned = SIGNED.to_vec();
    let at = 64 + 24 + 112 + 4 * 8;
    unsigned[at..at + 8].fill(0);
    unsigned.truncate(CODE.end);
    assert_eq!(
        said(&unsigned, &trusting(&[])),
        "firmware.secureBoot: the firmware would not start `efisys.bin`: it is not signed, and \
         the firmware's db has no certificate\ntake an ISO that this firmware trusts, or set \
         `firmware.secureBoot = false`"
    );
    // The same code has the same hash, signed or not.
    let hash = Program::read(&unsigned).expect("a program").sha256;
    let db = with(stored("db", program_hash(&hash)));
    assert_eq!(trust_of(&unsigned, &db), Trust::Yes);
    assert_eq!(trust_of(SIGNED, &db), Trust::Yes);
}

#[test]
fn what_is_revoked_does_not_start() {
    let ca = Certificate::read(CA_2023).expect("a certificate");
    let hash = Program::read(SIGNED).expect("a program").sha256;
    for bars in [
        certificates(&[CA_2023]),
        certificates(&[LEAF]),
        certificate_hash(&ca.hash_of_signed(Hash::Sha256)),
        program_hash(&hash),
    ] {
        let flash = with(stored("dbx", bars));
        assert_eq!(trust_of(SIGNED, &flash), Trust::No(Refusal::Revoked));
    }
    let others = with(stored("dbx", certificates(&[CA_2011])));
    assert_eq!(trust_of(SIGNED, &others), Trust::Yes);
}

#[test]
fn what_db_has_and_dbx_bars_is_named() {
    let ca = Certificate::read(CA_2023).expect("a certificate");
    let revoked = |bars| variables(&with(stored("dbx", bars))).revoked();
    assert_eq!(revoked(certificates(&[CA_2023])), ["Test loader CA 2023"]);
    let hash = ca.hash_of_signed(Hash::Sha256);
    assert_eq!(revoked(certificate_hash(&hash)), ["Test loader CA 2023"]);
    // `db` does not have these.
    assert!(revoked(certificates(&[CA_2011, LEAF])).is_empty());
    assert!(variables(&trusting(&[CA_2023])).revoked().is_empty());
}

#[test]
fn without_a_platform_key_or_switched_off_it_is_off() {
    let off = |flash: &[u8]| variables(flash).off().is_some();
    assert!(!off(&trusting(&[])));
    assert!(off(&flash(&[])));
    let switched = with(stored("SecureBootEnable", vec![0]));
    assert!(off(&switched));
    let said = said(SIGNED, &switched);
    assert!(said.contains("it is switched off in them"), "{said}");
    // Keys without a switch: firmware that has run would have made one.
    let fresh = flash(&[
        stored("PK", certificates(&[CA_2011])),
        stored("KEK", certificates(&[CA_2011])),
    ]);
    assert!(!off(&fresh));
    assert!(variables(&fresh).was_off().is_some());
    assert_eq!(variables(&trusting(&[])).was_off(), None);
}

#[test]
fn of_two_values_the_newer_one_counts() {
    let old = |state| Stored {
        state,
        ..stored("db", certificates(&[CA_2023]))
    };
    let both = |state| {
        flash(&[
            stored("PK", certificates(&[CA_2011])),
            stored("db", certificates(&[CA_2011])),
            old(state),
        ])
    };
    let names = |flash: &[u8]| variables(flash).trusted();
    // Deleted, and about to be replaced.
    assert_eq!(names(&both(0x3c)), ["Test loader CA 2011"]);
    assert_eq!(names(&both(0x3e)), ["Test loader CA 2011"]);
    assert_eq!(names(&flash(&[old(0x3e)])), ["Test loader CA 2023"]);
}

#[test]
fn what_is_no_store_is_told() {
    let says = |bytes: &[u8], what: &str| {
        let error = format!("{:#}", Variables::parse(bytes).expect_err(what));
        assert!(error.contains(what), "{error}");
    };
    says(b"", "no flash image");
    says(&[0; 4096], "no flash image");
    let whole = trusting(&[CA_2023]);
    says(&whole[..80], "no store");
    says(&whole[..200], "cut off");
    let broken = flash(&[stored("db", vec![1; 40])]);
    says(&broken, "`db`: ");
}

#[test]
fn the_loader_is_found_in_a_boot_image() {
    let image = boot_image(SIGNED);
    assert_eq!(loader(&image).expect("a loader"), SIGNED);
    let says = |image: &[u8], what: &str| {
        let error = format!("{:#}", loader(image).expect_err(what));
        assert!(error.contains(what), "{error}");
    };
    says(b"waits for a key", "no FAT volume");
    let mut other = image;
    let name = b"BOOTX64 EFI";
    let at = other.windows(11).position(|part| part == name);
    let at = at.expect("its entry");
    other[at..at + 7].copy_from_slice(b"BOOTAA6");
    says(&other, "no `EFI/BOOT/BOOTX64.EFI`");
}

#[test]
fn no_changed_code_is_trusted() {
    let flash = trusting(&[CA_2023]);
    for at in CODE.step_by(7) {
        let mut changed = SIGNED.to_vec();
        changed[at] ^= 1;
        assert_eq!(
            trust_of(&changed, &flash),
            Trust::No(Refusal::Damaged),
            "byte {at}"
        );
    }
}

/// Of the signature itself some bytes say nothing, such as a name that nobody compares; of the
/// headers the checksum and the signature's place.
#[test]
fn no_cut_or_changed_byte_panics() {
    let known = variables(&trusting(&[CA_2023]));
    let silent = |at| (152..156).contains(&at) || (232..240).contains(&at) || at >= CODE.end;
    for at in 0..SIGNED.len() {
        _ = judge(&Program::read(&SIGNED[..at]), &known);
        if CODE.contains(&at) {
            continue;
        }
        let mut changed = SIGNED.to_vec();
        changed[at] ^= 0xff;
        let trust = judge(&Program::read(&changed), &known).trust;
        assert!(silent(at) || trust != Trust::Yes, "byte {at}");
    }
}

#[test]
fn no_cut_or_changed_variable_panics() {
    let whole = flash(&[
        stored("PK", certificates(&[CA_2011])),
        stored("db", certificates(&[CA_2023])),
        stored("dbx", program_hash(&[3; 32])),
    ]);
    let program = Program::read(SIGNED);
    for at in 0..whole.len() {
        _ = Variables::parse(&whole[..at]);
        for with in [0, 1, 0x7f, 0xff] {
            let mut changed = whole.clone();
            changed[at] = with;
            if let Ok(changed) = Variables::parse(&changed) {
                _ = judge(&program, &changed);
            }
        }
    }
}

#[test]
fn no_cut_or_changed_volume_panics() {
    let image = boot_image(SIGNED);
    // Boot sector, tables, folders and the program's own first bytes.
    for at in 0..16 << 10 {
        let mut changed = image.clone();
        changed[at] ^= 0xff;
        _ = loader(&changed);
        if at % 16 == 0 {
            _ = loader(&image[..at]);
        }
    }
}
