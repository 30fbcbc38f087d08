//! `lucarne-builder`: what Nix derivations name as their builder.
//!
//! The first argument says what to build; everything else comes as structured attributes (see
//! [`attributes`]): the spec, the tools by path, the inputs, and the output to write. No shell
//! stands in between, and neither PATH nor the environment is read.

pub(crate) mod attributes;
mod image;
mod layer;
mod media;
mod require_file;
mod verify;

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

/// What a derivation's `args` may be.
const COMMANDS: &str = "`[ \"flatten\" ]`, `[ \"image\" ]`, `[ \"image\" \"--debug\" ]`, \
                        `[ \"layer\" ]`, `[ \"layer\" \"--debug\" ]`, `[ \"media\" ]`, \
                        `[ \"media\" \"--layer\" ]`, `[ \"require-file\" ]`, `[ \"run\" ]`, \
                        `[ \"verify\" ]`";

fn run(args: &[&str]) -> Result<(), Failure> {
    let command = match args {
        ["flatten"] => layer::run_flatten,
        ["image"] => image::run,
        ["image", "--debug"] => image::debug,
        ["layer"] => layer::run,
        ["layer", "--debug"] => layer::debug,
        ["media"] => media::run,
        ["media", "--layer"] => media::run_layer,
        ["run"] => layer::run_command,
        ["require-file"] => require_file::run,
        ["verify"] => verify::run,
        _ => {
            return Err(Failure::Host(anyhow::anyhow!(
                "`lucarne-builder {}` is no command; a derivation's `args` are one of {COMMANDS}",
                args.join(" ")
            )));
        }
    };
    command(&Attributes::read()?)
}

/// Reads attributes as each of the commands does, and drops them.
#[doc(hidden)]
pub fn read_attributes(json: &str) {
    if let Ok(attributes) = Attributes::parse(json) {
        attributes.read_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_command_is_told_with_the_known_ones() {
        for args in [&[][..], &["layers"], &["image", "--fast"]] {
            let failure = run(args).expect_err("is no command").report();
            assert!(failure.contains("is no command"), "{failure}");
            assert!(failure.contains(COMMANDS), "{failure}");
        }
    }
}
