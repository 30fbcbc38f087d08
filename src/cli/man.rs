//! `lucarne man DIR`: a page of the manual for each command.

use std::fmt::Write as _;

use anyhow::Context as _;
use camino::Utf8PathBuf;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::{Cli, path};
use crate::failure::Failure;
use crate::output::Output;
use crate::signals::Signals;

/// Writes a page of the manual for each command
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to make; it must not be there yet
    #[arg(value_name = "DIR", value_parser = path)]
    out: Utf8PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    let output = signals.make(|| Output::beside(&args.out), Output::traces)?;
    // Nothing in the pages is of this moment or machine: the same program writes the same.
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let written = write(&command, &output);
    signals.settle();
    written?;
    Ok(signals.commit(output)?)
}

/// The pages of a command and of those below it.
fn write(command: &Command, output: &Output) -> anyhow::Result<()> {
    let below = command.get_subcommands().filter(|one| !one.is_hide_set());
    for one in below {
        write(one, output)?;
    }
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render(&mut page).context("cannot write a page")?;
    let page = tidied(&String::from_utf8_lossy(&page), command);
    output.write(&man.get_filename(), &page)
}

/// A page as readers of pages want it, where `clap_mangen` writes it otherwise: it leaves out an
/// empty date, in whose place the source then stands; it names options of the synopsis without
/// their values; it ends lines beside empty ones, which do that already; and it heads with `EXTRA`
/// what no other page calls so.
fn tidied(page: &str, command: &Command) -> String {
    let mut out = String::new();
    let mut in_synopsis = false;
    let mut lines = page.lines().map(str::trim_end).peekable();
    while let Some(line) = lines.next() {
        let beside = out.ends_with("\n\n") || lines.peek().is_some_and(|next| next.is_empty());
        if line == ".br" && beside {
            continue;
        }
        if let Some(heading) = line.strip_prefix(".SH ") {
            in_synopsis = heading == "SYNOPSIS";
        } else if in_synopsis {
            continue;
        }
        let title = line
            .strip_prefix(".TH ")
            .and_then(|rest| rest.split(' ').next());
        match (title, line) {
            (Some(name), _) => {
                let version = env!("CARGO_PKG_VERSION");
                _ = writeln!(out, ".TH {name} 1 \"\" \"lucarne {version}\" \"Lucarne\"");
            }
            (None, ".SH SYNOPSIS") => {
                out += ".SH SYNOPSIS\n";
                out += &synopsis(command);
            }
            (None, ".SH EXTRA") => out += ".SH NOTES\n",
            (None, line) => {
                out += &portable(line);
                out.push('\n');
            }
        }
    }
    out
}

/// The lines of a command's usage, as its help has them.
fn synopsis(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage:").unwrap_or(&usage);
    let lines: Vec<_> = usage
        .lines()
        .map(|line| line.trim().replace('-', "\\-"))
        .collect();
    portable(&(lines.join("\n.br\n") + "\n"))
}

/// Other than ASCII by its number: what a page is encoded in is told nowhere.
fn portable(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            _ = write!(out, "\\[u{:04X}]", u32::from(c));
        }
    }
    out
}
