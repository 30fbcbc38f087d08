//! `cargo xtask test`: every check of the project, all of them even when one fails.

mod cargo;
mod context;
mod table;
mod workers;

use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;

pub(crate) use context::{Context, Ran};

/// What a check is.
pub(crate) struct Check {
    /// `tier/name`; a part of it selects the check on the command line.
    pub(crate) name: &'static str,
    /// The claim, in one line.
    pub(crate) shows: &'static str,
    pub(crate) run: fn(&Context) -> Result<Outcome>,
}

/// How a check ended when it did not fail.
pub(crate) enum Outcome {
    Passed,
    /// Another program's tests, which count one by one.
    Counted(Counts),
    /// A list whose items count one by one, and why each of some could not be tried.
    Listed {
        passed: u32,
        skipped: Vec<String>,
    },
    Skipped(String),
}

impl Outcome {
    /// Nobody has to look at what is left of it.
    fn is_well(&self) -> bool {
        !matches!(self, Self::Counted(counts) if counts.failed > 0)
    }
}

/// The numbers of the last line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// `cargo xtask test`.
#[derive(Args)]
pub(crate) struct Test {
    /// Only checks with one of these texts in their name
    names: Vec<String>,
    /// Run them so often, one round after another, to see what is not steady
    #[arg(long, value_name = "N", default_value_t = 1)]
    rounds: u32,
    /// Keep what a check that passed made; of one that failed it stays
    #[arg(long)]
    keep: bool,
    /// Print the checks and what each shows, and run none
    #[arg(long)]
    list: bool,
}

/// Whether a check has a text in its name.
#[cfg(test)]
pub(crate) fn is_in_a_name(part: &str) -> bool {
    let mut all = cargo::CHECKS.iter().chain(crate::real::checks());
    all.any(|check| check.name.contains(part))
}

impl Test {
    /// The texts that select checks.
    #[cfg(test)]
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn run(self) -> Result<u8> {
        let wanted = |check: &&Check| {
            self.names.is_empty() || self.names.iter().any(|part| check.name.contains(part))
        };
        let host: Vec<&Check> = cargo::CHECKS.iter().filter(wanted).collect();
        let real: Vec<&Check> = crate::real::checks().filter(wanted).collect();
        if host.is_empty() && real.is_empty() {
            bail!(
                "no check has a name with {:?}\nhint: `cargo xtask test --list`",
                self.names
            );
        }
        if self.list {
            for check in host.iter().chain(&real) {
                println!("{:32} {}", check.name, check.shows);
            }
            return Ok(0);
        }
        let mut counts = Counts::default();
        for round in 1..=self.rounds {
            let started = Instant::now();
            let these = workers::run(&host, &real, self.keep)?;
            counts.add(these);
            if self.rounds > 1 {
                print!(
                    "round {round} of {}: {}; ",
                    self.rounds,
                    table::last_line(these)
                );
            }
            println!("{} s", started.elapsed().as_secs());
        }
        println!("{}", table::last_line(counts));
        Ok(u8::from(counts.failed > 0))
    }
}
