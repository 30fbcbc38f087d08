//! The committed transcripts are recordings of this source's guest program.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{Action, TEXTS, life, parse, part, text};
use crate::config::Fault;

/// A name for the program's source, as `cargo xtask record` makes it.
fn source() -> String {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut hash = Sha256::new();
    for folder in ["guest/src", "protocol/src"] {
        for file in files(&repository.join(folder)) {
            let bytes = fs::read(&file).expect("a file");
            let name = file.strip_prefix(&repository).expect("below the top");
            hash.update(format!("{} {}\n", name.display(), bytes.len()));
            hash.update(bytes);
        }
    }
    let digest: [u8; 32] = hash.finalize().into();
    let (first, _) = digest.split_at(8);
    let number = first
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    // Names of text, as the recorder sorts them.
    found.sort_by_key(|path| path.display().to_string());
    found
}

#[test]
fn the_transcripts_are_recordings_of_this_source() {
    let head = format!(
        "# recorded under Wine by `cargo xtask record`; source {}\n",
        source()
    );
    for (name, text) in TEXTS {
        assert!(
            text.starts_with(&head),
            "`{name}` is of another source: run `cargo xtask record`"
        );
    }
}

#[test]
fn each_faults_transcript_ends_the_run_but_that_of_a_step_that_hangs() {
    for (name, fault) in Fault::ALL {
        let actions = parse(text(fault.transcript())).expect("a transcript");
        let ends = actions.last() == Some(&Action::PowerOff);
        assert_eq!(ends, *fault != Fault::StepHangs, "{name}");
    }
}

#[test]
fn a_transcript_has_a_part_for_each_start() {
    let actions = parse(text("normal")).expect("a transcript");
    let first = part(&actions, 0).expect("a first start");
    assert_eq!(first.last(), Some(&Action::Reset));
    let second = part(&actions, 1).expect("a second start");
    assert_eq!(second.first(), Some(&Action::NoMedia));
    assert_eq!(second.last(), Some(&Action::PowerOff));
    let run = life(&actions).expect("a machine's start");
    assert!(run.contains(&Action::PowerButton));
    assert!(part(&actions, 3).is_err());
}

#[test]
fn what_cannot_be_played_is_refused() {
    for wrong in [
        "!dance",
        "@lucarne {}",
        "!write nothing",
        r"!raw \q",
        "words",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(
        parse(r"!raw \e[1m\xff").expect("raw"),
        [Action::Raw(b"\x1b[1m\xff".to_vec())]
    );
}
