//! The one integration crate: cases and rejects in folders, the command line, and house rules.

mod answer_file;
mod any_answer;
mod any_spec;
mod any_steps;
mod book;
mod cases;
mod cli;
mod copies;
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
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

/// Makes a program of a script. It is not written by this process: a child of another test's may
/// have it open meanwhile, and what is open for writing cannot be run.
fn program(path: &Path, script: &str) {
    let mut cp = Command::new("cp");
    cp.args(["/dev/stdin"]).arg(path).stdin(Stdio::piped());
    let mut cp = cp.spawn().expect("runs");
    let mut stdin = cp.stdin.take().expect("is a pipe");
    stdin.write_all(script.as_bytes()).expect("it reads");
    drop(stdin);
    assert!(cp.wait().expect("ends").success());
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(path, mode).expect("is ours");
}

/// The text of a file.
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
