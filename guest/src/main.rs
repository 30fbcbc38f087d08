//! The program's commands, which `lucarne_guest::windows::command` has.

use std::process::ExitCode;

#[cfg(windows)]
fn main() -> ExitCode {
    lucarne_guest::windows::command::main()
}

#[cfg(not(windows))]
fn main() -> ExitCode {
    eprintln!("error: this program runs in Windows");
    ExitCode::FAILURE
}
