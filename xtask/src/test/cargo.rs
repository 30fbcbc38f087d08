//! The tier that needs nothing but cargo.

use std::env;
use std::process::Command;

use anyhow::{Result, bail, ensure};

use super::{Check, Context, Counts, Outcome};
use crate::parts;

/// Each has a lock file of its own.
const WORKSPACES: &[&str] = &[".", "guest", "xtask", "tests/standin"];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "cargo/fmt",
        shows: "the code is formatted",
        run: fmt,
    },
    Check {
        name: "cargo/clippy",
        shows: "clippy finds nothing",
        run: clippy,
    },
    Check {
        name: "cargo/fuzzers",
        shows: "the fuzzers are formatted, and clippy finds nothing",
        run: fuzzers,
    },
    Check {
        name: "cargo/test",
        shows: "unit tests, goldens and transcripts pass",
        run: test,
    },
];

fn fmt(context: &Context) -> Result<Outcome> {
    all(context, &["fmt", "--all", "--check"])
}

fn clippy(context: &Context) -> Result<Outcome> {
    all(
        context,
        &[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    )
}

/// Without libFuzzer: its C++ needs a compiler, and what it is linked with is checked above.
fn fuzzers(context: &Context) -> Result<Outcome> {
    let clippy = [
        "clippy",
        "--quiet",
        "--no-default-features",
        "--all-targets",
    ];
    let clippy = [&clippy[..], &["--", "-D", "warnings"]].concat();
    for args in [&["fmt", "--check"][..], &clippy] {
        ensure!(
            cargo(context, "fuzz", args, |_| ())?.0 == 0,
            "`cargo {}` of `fuzz`",
            args.join(" ")
        );
    }
    Ok(Outcome::Passed)
}

/// The same for each workspace; all of them even when one fails.
fn all(context: &Context, args: &[&str]) -> Result<Outcome> {
    let mut wrong = Vec::new();
    for workspace in present(context) {
        if cargo(context, workspace, args, |_| ())?.0 != 0 {
            wrong.push(workspace);
        }
    }
    if !wrong.is_empty() {
        bail!("not in order: {}", wrong.join(", "));
    }
    Ok(Outcome::Passed)
}

/// Linked as the real checks' programs are, so that what both are made of is built once.
fn test(context: &Context) -> Result<Outcome> {
    let mut counts = Counts::default();
    let mut failed = String::new();
    for workspace in present(context) {
        let (code, stdout) = cargo(
            context,
            workspace,
            &["test", "--workspace", "--no-fail-fast"],
            parts::statically,
        )?;
        let here = count(&stdout);
        failed.push_str(&failures(&stdout));
        // Then it did not even compile, or a test took the whole program down.
        ensure!(
            code == 0 || here.failed > 0,
            "`cargo test` of `{workspace}` ended with {code}"
        );
        ensure!(
            here != Counts::default(),
            "`cargo test` of `{workspace}` ran no test"
        );
        counts.add(here);
    }
    // The end of the log is shown, and the tests of other programs are there otherwise.
    context.log(&failed)?;
    Ok(Outcome::Counted(counts))
}

fn present(context: &Context) -> impl Iterator<Item = &'static str> {
    let has = |name: &&str| context.repository.join(name).join("Cargo.toml").exists();
    WORKSPACES.iter().copied().filter(has)
}

fn cargo(
    context: &Context,
    workspace: &str,
    args: &[&str],
    how: fn(&mut Command),
) -> Result<(u8, String)> {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(context.repository.join(workspace))
        .args(args);
    how(&mut command);
    if env::var_os("CARGO_TARGET_DIR").is_none() {
        // What the workspaces have in common is built once.
        command.env("CARGO_TARGET_DIR", context.repository.join("target"));
    }
    let shown = format!("cargo {} (in {workspace})", args.join(" "));
    let ran = context.capture(&mut command, &shown)?;
    Ok((ran.code, ran.stdout))
}

/// What the tests that failed said, without where in the library the panic came by.
fn failures(stdout: &str) -> String {
    let mut said = String::new();
    let (mut told, mut traced) = (false, false);
    for line in stdout.lines() {
        match line {
            "failures:" => told = true,
            "stack backtrace:" => traced = true,
            "" => traced = false,
            line if line.starts_with("test result: ") => told = false,
            _ => {}
        }
        if told && !traced && !line.is_empty() {
            said.push_str(line);
            said.push('\n');
        }
    }
    said
}

/// Adds up lines such as `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
fn count(stdout: &str) -> Counts {
    let mut counts = Counts::default();
    for line in stdout.lines() {
        let Some((_, numbers)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            continue;
        };
        for part in numbers.split("; ") {
            let Some((number, word)) = part.split_once(' ') else {
                continue;
            };
            let number = number.parse().unwrap_or(0);
            match word {
                "passed" => counts.passed += number,
                "failed" => counts.failed += number,
                "ignored" => counts.skipped += number,
                _ => {}
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_told_without_its_way_through_the_library() {
        let stdout = "running 2 tests\ntest a ... FAILED\ntest b ... ok\n\nfailures:\n\n\
            ---- a stdout ----\nthread 'a' panicked at a.rs:1:1:\nwhy\nstack backtrace:\n   \
            0: core::panicking\n\n\nfailures:\n    a\n\ntest result: FAILED. 1 passed; \
            1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n\
            running 1 test\ntest c ... ok\n\ntest result: ok. 1 passed; 0 failed\n";
        let told = "failures:\n---- a stdout ----\nthread 'a' panicked at a.rs:1:1:\nwhy\n\
            failures:\n    a\n";
        assert_eq!(failures(stdout), told);
        assert_eq!(
            failures("test c ... ok\n\ntest result: ok. 1 passed; 0 failed\n"),
            ""
        );
    }

    #[test]
    fn the_results_of_all_test_programs_are_added_up() {
        let stdout = "running 2 tests\ntest a ... ok\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; \
            finished in 0.00s\n\n\
            test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; \
            finished in 0.00s\n";
        assert_eq!(
            count(stdout),
            Counts {
                passed: 5,
                failed: 1,
                skipped: 1
            }
        );
    }
}
