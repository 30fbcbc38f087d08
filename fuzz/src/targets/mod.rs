//! What is fuzzed: for each target a function that hands bytes to everything that reads such
//! bytes, and panics where a promise is broken.
//!
//! `fuzz_targets/` calls these with libFuzzer's bytes. `tests/it/fuzz.rs` includes this folder and
//! calls them with the corpora and with every input that was once a finding.

mod control;
mod disc;
mod disk;
mod document;
mod firmware;
mod guest;
mod nbd;
mod peer;
mod qmp;
mod sparse;

/// What one fuzzer calls with each input.
pub type Target = fn(&[u8]);

/// Every target, under the name that its program, its corpus and its regressions have.
pub const TARGETS: [(&str, Target); 21] = [
    ("agent", control::agent),
    ("attributes", document::attributes),
    ("boot_image", firmware::boot_image),
    ("control", control::control),
    ("events", guest::events),
    ("extra_components", document::extra_components),
    ("gpt", disk::gpt),
    ("guest", guest::guest),
    ("manifest", document::manifest),
    ("nbd", nbd::nbd),
    ("ntfs", disk::ntfs),
    ("program", firmware::program),
    ("qmp", qmp::qmp),
    ("settings", guest::settings),
    ("setup_files", disc::setup_files),
    ("spec", document::spec),
    ("variables", firmware::variables),
    ("virtio_win", disc::virtio_win),
    ("wim", disc::wim),
    ("wim_xml", disc::wim_xml),
    ("windows_iso", disc::windows_iso),
];
