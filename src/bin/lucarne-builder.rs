//! The builder that Nix derivations name.

use std::process::ExitCode;

fn main() -> ExitCode {
    lucarne::builder::main()
}
