//! What Nix calls.
use std::process::ExitCode;

/// Runs one of the builder's commands.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::FAILURE
}
