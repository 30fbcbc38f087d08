//! What the fuzzers feed on and what they found, without a fuzzer.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::repository;

#[allow(
    unreachable_pub,
    clippy::must_use_candidate,
    reason = "the fuzzers' crate has the same files, and hands them out"
)]
#[path = "../../fuzz/src/targets/mod.rs"]
mod targets;

use targets::{TARGETS, Target};

/// Each input takes milliseconds; a machine may be busy, and this is an unoptimised program.
const DEADLINE: Duration = Duration::from_secs(10);

/// The files of a target in one of the fuzzers' folders.
fn inputs(kind: &str, target: &str) -> Vec<PathBuf> {
    let folder = repository("fuzz").join(kind).join(target);
    let Ok(entries) = fs::read_dir(&folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .collect();
    paths.sort();
    paths
}

fn run(target: Target, paths: &[PathBuf]) {
    for path in paths {
        let bytes = fs::read(path).expect("an input");
        // Told when it panics.
        println!("{}", path.display());
        let start = Instant::now();
        target(&bytes);
        let took = start.elapsed();
        assert!(took < DEADLINE, "{} took {took:?}", path.display());
    }
}

#[test]
fn every_corpus_is_read_without_harm() {
    for (name, target) in TARGETS {
        let paths = inputs("corpus", name);
        assert!(!paths.is_empty(), "{name} has no corpus");
        run(target, &paths);
    }
}

#[test]
fn no_finding_comes_back() {
    for (name, target) in TARGETS {
        run(target, &inputs("regressions", name));
    }
}

#[test]
fn every_folder_is_a_targets() {
    for kind in ["corpus", "regressions"] {
        for entry in fs::read_dir(repository("fuzz").join(kind)).expect("the folder") {
            let name = entry.expect("the folder can be listed").file_name();
            let known = TARGETS.iter().any(|(target, _)| name == *target);
            assert!(known, "fuzz/{kind}/{} has no target", name.display());
        }
    }
}

#[test]
fn every_target_has_its_program() {
    let manifest = crate::read(&repository("fuzz/Cargo.toml"));
    for (name, _) in TARGETS {
        let program = crate::read(&repository(&format!("fuzz/fuzz_targets/{name}.rs")));
        assert!(program.contains(&format!("fuzzer!(\"{name}\")")), "{name}");
        assert!(
            manifest.contains(&format!("[[bin]]\nname = \"{name}\"\n")),
            "{name}"
        );
    }
    let programs = fs::read_dir(repository("fuzz/fuzz_targets")).expect("the folder");
    assert_eq!(programs.count(), TARGETS.len());
}
