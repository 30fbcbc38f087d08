//! The command line: one file per command, and what they share.
//!
//! Data goes to stdout and everything else to stderr; through [`print`] and
//! [`crate::nix_log::say`], which know that a reader may be gone.

mod answer;
mod bar;
mod build_export;
mod build_machine;
mod check;
mod completions;
mod copying;
mod ctl;
mod data_folder;
mod doctor;
mod events;
mod export;
mod flatten;
mod given_tools;
mod inputs;
mod install;
mod iso;
mod layer;
mod machine;
mod making;
mod man;
mod media;
mod paint;
mod run;
mod schema;
mod script;
mod selftest;
mod stop;
mod tap;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use camino::Utf8PathBuf;
use clap::{Parser, Subcommand};

use crate::failure::{self, Failure};

pub(crate) use inputs::Inputs;

/// Turns a Windows ISO into a sealed image, unattended.
#[derive(Debug, Parser)]
#[command(name = "lucarne", version, after_help = EXIT_CODES, styles = paint::STYLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Said by `lucarne --help`: scripts depend on it.
const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    the spec or the command line is wrong
  2    the host failed: a tool, KVM, I/O, no space
  3    the guest failed
  4    the guest ran out of time or stalled
  70   a bug of lucarne's
  128+ stopped by the signal of the number above: 130 interrupted, 143 terminated";

/// One variant per file of this folder; each has `Args` and `run(&Args) -> Result<(), Failure>`.
#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Answer(answer::Args),
    Schema(schema::Args),
    Iso(iso::Args),
    Media(media::Args),
    Install(install::Args),
    Layer(layer::Args),
    Flatten(flatten::Args),
    Export(export::Args),
    BuildExport(build_export::Args),
    Run(run::Args),
    Stop(stop::Args),
    Tap(tap::Args),
    DataFolder(data_folder::Args),
    BuildMachine(build_machine::Args),
    Ctl(ctl::Args),
    Selftest(selftest::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    failure::end(|| run(std::env::args_os()))
}

/// Runs one command line.
fn run(args: impl IntoIterator<Item = OsString>) -> Result<(), Failure> {
    paint::errors();
    let cli = match Cli::try_parse_from(script::words(args)) {
        Ok(cli) => cli,
        // Help and version are answers, and go to stdout.
        Err(answer) if !answer.use_stderr() => return help(&answer),
        Err(error) => return Err(Failure::Usage(error.to_string())),
    };
    match &cli.command {
        Command::Check(args) => check::run(args),
        Command::Answer(args) => answer::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Iso(args) => iso::run(args),
        Command::Media(args) => media::run(args),
        Command::Install(args) => install::run(args),
        Command::Layer(args) => layer::run(args),
        Command::Flatten(args) => flatten::run(args),
        Command::Export(args) => export::run(args),
        Command::BuildExport(args) => build_export::run(args),
        Command::Run(args) => run::run(args),
        Command::Stop(args) => stop::run(args),
        Command::Tap(args) => tap::run(args),
        Command::DataFolder(args) => data_folder::run(args),
        Command::BuildMachine(args) => build_machine::run(args),
        Command::Ctl(args) => ctl::run(args),
        Command::Selftest(args) => selftest::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    }
}

/// Prints help, which clap has in colours.
fn help(answer: &clap::Error) -> Result<(), Failure> {
    let text = answer.render();
    print(&if paint::stdout_has_colours() {
        text.ansi().to_string()
    } else {
        text.to_string()
    })
}

/// A path. An empty one is what a script gives whose variable is not set.
fn path(text: &str) -> Result<Utf8PathBuf, String> {
    if text.is_empty() {
        let hint = "name a path; a script whose variable is not set gives none";
        return Err(format!("it names nothing\n\nhint: {hint}"));
    }
    Ok(text.into())
}

/// Writes data to stdout. A reader that has seen enough (`| head`) is not an error.
pub(crate) fn print(data: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(data.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result.context("cannot write to stdout")?),
    }
}
