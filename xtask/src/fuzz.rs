//! `cargo xtask fuzz`: libFuzzer over everything that reads untrusted bytes, on stable Rust.
//!
//! What cargo-fuzz does with a nightly: coverage comes from LLVM's pass, which stable can ask for
//! by name. No sanitizer: the code has no `unsafe`, and memory is bounded by the fuzzers' own
//! allocator.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::{enter, root};

/// Named, so that the flags below are not used for build scripts.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// As cargo-fuzz has them: counters in line, and comparisons told, so that magic is found.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Ccodegen-units=1",
    "--cfg=fuzzing",
];
/// An input that takes longer is a finding. They take milliseconds; a machine may be busy.
const INPUT_SECONDS: u32 = 10;
/// One that takes longer than this is looked at.
const SLOW_SECONDS: u64 = 2;
/// Ours and libFuzzer's own; ours is bounded far below.
const MEMORY_MIB: u32 = 1024;

/// `cargo xtask fuzz`.
#[derive(Args)]
pub(crate) struct Fuzz {
    /// Only these targets
    targets: Vec<String>,
    /// How long each one runs
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
}

/// What one run of a fuzzer came to.
struct Ran {
    executions: u64,
    coverage: u64,
    clean: bool,
}

impl Fuzz {
    pub(crate) fn run(self) -> Result<u8> {
        let folder = root::repository().join("fuzz");
        let all = targets(&folder)?;
        for name in &self.targets {
            ensure!(
                all.contains(name),
                "there is no target `{name}`\nhint: {}",
                all.join(", ")
            );
        }
        let programs = build(&folder)?;
        let mut findings = 0;
        println!("target        seconds  executions  coverage");
        for name in &all {
            if !self.targets.is_empty() && !self.targets.contains(name) {
                continue;
            }
            let ran = fuzz(&folder, &programs, name, self.seconds)?;
            findings += u32::from(!ran.clean);
            println!(
                "{name:12} {:8} {:11} {:9}{}",
                self.seconds,
                ran.executions,
                ran.coverage,
                if ran.clean { "" } else { "  FOUND" }
            );
        }
        if findings > 0 {
            println!("what was found is in `{folder}/artifacts`, what was said in `TARGET.log`");
        }
        Ok(u8::from(findings > 0))
    }
}

/// The targets by the names of their programs.
fn targets(folder: &Utf8Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in folder.join("fuzz_targets").read_dir_utf8()? {
        names.extend(entry?.path().file_stem().map(ToOwned::to_owned));
    }
    names.sort();
    Ok(names)
}

/// Builds the fuzzers, and gives the folder that they are in.
fn build(folder: &Utf8Path) -> Result<Utf8PathBuf> {
    root::ensure_compiler()?;
    let target = folder.join("target");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--bins"])
        .args(["--target", TARGET, "--target-dir", target.as_str()])
        .args(["--manifest-path", folder.join("Cargo.toml").as_str()])
        .env("RUSTFLAGS", FLAGS.join(" "))
        .status()
        .context("cannot start cargo")?;
    ensure!(status.success(), "the fuzzers were not built");
    Ok(target.join(TARGET).join("release"))
}

/// Runs one fuzzer. What it learns stays in the target folder; findings become files.
fn fuzz(folder: &Utf8Path, programs: &Utf8Path, name: &str, seconds: u32) -> Result<Ran> {
    let learnt = folder.join("target/corpus").join(name);
    let artifacts = folder.join("artifacts").join(name);
    for place in [&learnt, &artifacts] {
        fs::create_dir_all(place).with_context(|| format!("cannot make `{place}`"))?;
    }
    let log = artifacts.with_extension("log");
    let known = ["corpus", "regressions"].map(|kind| folder.join(kind).join(name));
    let status = Command::new(programs.join(name))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={INPUT_SECONDS}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB}"))
        .arg(format!("-artifact_prefix={artifacts}/"))
        .arg(format!("-report_slow_units={SLOW_SECONDS}"))
        .arg("-print_final_stats=1")
        .arg(&learnt)
        .args(known.iter().filter(|place| place.is_dir()))
        .stderr(fs::File::create(&log)?)
        .status()
        .with_context(|| format!("cannot start the fuzzer `{name}`"))?;
    let said = fs::read(&log)?;
    let said = String::from_utf8_lossy(&said);
    let code = enter::code(status);
    let mut found = said.contains("Test unit written to");
    if status.success() && found {
        found = still_slow(&programs.join(name), &artifacts)?;
    }
    if !status.success() && !found {
        bail!("the fuzzer `{name}` ended with {code}\nhint: `{log}` says why");
    }
    Ok(Ran {
        executions: number_after(&said, "stat::number_of_executed_units:"),
        coverage: number_after(&said, " cov:"),
        clean: status.success() && !found,
    })
}

/// Slow inputs are written down too, and end nothing. Those that were slow because the machine had
/// much else to do are not when they run again; their files are removed.
fn still_slow(program: &Utf8Path, artifacts: &Utf8Path) -> Result<bool> {
    let mut slow = false;
    for entry in artifacts.read_dir_utf8()? {
        let path = entry?.into_path();
        let again = Command::new(program).arg(&path).output()?;
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        if again.status.success() && milliseconds(&said) < SLOW_SECONDS * 1000 {
            fs::remove_file(&path).with_context(|| format!("cannot remove `{path}`"))?;
        } else {
            slow = true;
        }
    }
    Ok(slow)
}

/// The time in `Executed FILE in 12 ms`; for ever, where it is not told.
fn milliseconds(said: &str) -> u64 {
    let time = said
        .rsplit_once(" in ")
        .and_then(|(_, rest)| rest.split_once(" ms"));
    time.and_then(|(number, _)| number.parse().ok())
        .unwrap_or(u64::MAX)
}

/// The number behind the last of a word.
fn number_after(text: &str, word: &str) -> u64 {
    let rest = text.rsplit_once(word).map_or("", |(_, rest)| rest);
    let number = rest.split_whitespace().next().unwrap_or_default();
    number.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libfuzzers_numbers_are_read() {
        let said = "#2 INITED cov: 75 ft: 76\n#9 DONE cov: 912 ft: 1\n\
                    stat::number_of_executed_units: 4711\n";
        assert_eq!(number_after(said, " cov:"), 912);
        let executed = number_after(said, "stat::number_of_executed_units:");
        assert_eq!(executed, 4711);
        assert_eq!(number_after("", "stat:"), 0);
        assert_eq!(
            milliseconds("Running: a in b\nExecuted a in b in 12 ms\n***"),
            12
        );
        assert_eq!(milliseconds("ERROR: libFuzzer: timeout"), u64::MAX);
    }

    #[test]
    fn every_target_is_found() {
        let targets = targets(&root::repository().join("fuzz")).expect("the folder");
        assert!(targets.contains(&"windows_iso".to_owned()), "{targets:?}");
    }
}
