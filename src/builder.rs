//! `lucarne-builder`: what Nix derivations name as their builder.
//!
//! The first argument says what to build; everything else comes as structured attributes (see
//! [`attributes`]): the spec, the tools by path, the inputs, and the output to write. No shell
//! stands in between, and neither PATH nor the environment is read.

mod attributes;
mod media;
mod require_file;

use std::process::ExitCode;

use crate::builder::attributes::Attributes;
use crate::failure::{self, Failure};
use crate::nix_log;

/// Runs the command that the derivation's `args` name.
#[must_use]
pub fn main() -> ExitCode {
    nix_log::begin();
    let args: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    failure::end(|| run(&args.iter().map(String::as_str).collect::<Vec<_>>()))
}

fn run(args: &[&str]) -> Result<(), Failure> {
    match args {
        ["media"] => media::run(&Attributes::read()?),
        ["require-file"] => require_file::run(&Attributes::read()?),
        _ => Err(Failure::Host(anyhow::anyhow!(
            "`lucarne-builder {}` is no command; a derivation's `args` are one of \
             `[ \"media\" ]`, `[ \"require-file\" ]`",
            args.join(" ")
        ))),
    }
}
