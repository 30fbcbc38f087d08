//! The command line for people.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A child of ours that is about to become a tool: before anything else reads the arguments.
    lucarne::guard::dispatch().unwrap_or_else(lucarne::cli::main)
}
