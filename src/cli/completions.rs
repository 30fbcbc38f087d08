//! `lucarne completions SHELL`: what makes a shell complete this command line.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Cli, print};
use crate::failure::Failure;

/// Asks for the machines when a name is wanted: they are others tomorrow. Bash alone has it.
const MACHINES: &str = include_str!("completions.bash");

/// Prints what makes a shell complete `lucarne`
#[derive(Debug, clap::Args)]
#[command(after_help = "For bash: `source <(lucarne completions bash)`")]
pub(super) struct Args {
    /// Which shell
    shell: Shell,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lucarne", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if args.shell == Shell::Bash {
        script.push_str(MACHINES);
    }
    print(&script)
}
