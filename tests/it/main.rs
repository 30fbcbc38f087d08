//! The one integration crate: cases and rejects in folders, the command line, and house rules.

mod answer_file;
mod any_answer;
mod any_spec;
mod any_steps;
mod book;
mod cases;
mod cli;
mod ctl;
mod doctor;
mod exports;
mod facts;
mod fuzz;
mod iso_rules;
mod layers;
mod limits;
mod machine;
mod machines;
mod names;
mod passwords;
mod people;
mod product;
mod reference;
mod reject;
mod runs;
mod scripts;
mod tidy;
mod told;
mod warnings;

use std::fs;
use std::path::{Path, PathBuf};

/// A path of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The folders in a folder of the repository, by name. There is at least one.
fn folders(path: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(repository(path)).expect("the folder can be listed");
    let mut folders: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "{path} has no folder");
    folders
}

/// The text of a file.
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
