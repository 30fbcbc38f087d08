//! `lucarne ctl NAME …`: what is asked of a machine that runs, or done to one that does not.

mod ask;
mod console;
mod disk;
mod exec;
mod forward;
mod keys;
mod logs;
mod show;
mod ssh;

use anyhow::Context as _;
use clap::{CommandFactory as _, Subcommand};

use super::machine::variable;
use super::{Cli, print};
use crate::failure::Failure;
use crate::instance::control::{Client, Refusal, Request};
use crate::instance::found::Found;

pub(super) use ask::Stop;

/// Talks to a machine: what it does, its screen and consoles, its data disk
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A machine that is called as a command is: `lucarne ctl --name list status`"
)]
pub(super) struct Args {
    /// The machine's name
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// The same, for a machine that is called as a command is
    #[arg(
        long = "name",
        value_name = "NAME",
        conflicts_with = "name",
        id = "named"
    )]
    named: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows all machines
    List(show::List),
    #[command(flatten)]
    OfOne(OfOne),
}

/// What is asked of one machine.
#[derive(Debug, Subcommand)]
enum OfOne {
    /// Shows what a machine is and does
    Status(show::Show),
    /// Shuts Windows down, and waits until it has ended
    Stop(ask::Stop),
    /// Cuts the power
    Kill,
    /// Throws the system disk away, and starts again where the machine runs
    Reset,
    /// Restarts Windows, by the guest agent
    Reboot,
    /// Takes a picture of the screen
    Screenshot(ask::Screenshot),
    /// Presses keys
    SendKey(keys::Args),
    /// Connects the terminal to the guest's COM2
    Console(console::Args),
    /// Tells where VNC listens, or makes it a port of this host
    Vnc(forward::Args),
    /// Runs ssh to the guest
    Ssh(ssh::Args),
    /// Runs a command in the guest: by its agent, or by SSH
    Exec(exec::Args),
    /// Shows what the guest said
    Logs(logs::Args),
    /// Shows the data disk
    Disk(disk::Show),
    /// Takes a snapshot of the data disk
    Snapshot(disk::Snapshot),
    /// Takes the data disk of a stopped machine back to a snapshot
    Restore(disk::Restore),
    /// Copies the data disk to a new qcow2 file
    Backup(disk::Backup),
    /// Makes an image the data disk of a stopped machine
    Import(disk::Import),
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let command = match &args.command {
        Command::List(list) => return list.run(),
        Command::OfOne(command) => command,
    };
    let name = args.name.as_ref().or(args.named.as_ref());
    let name = name.ok_or_else(|| {
        let message = "name the machine before what it is to do: `lucarne ctl NAME …`";
        let mut cli = Cli::command();
        let ctl = cli.find_subcommand_mut("ctl");
        let usage = ctl.map(|ctl| ctl.render_usage().to_string());
        let usage = usage.unwrap_or_default();
        Failure::Usage(format!("error: {message}\n\n{usage}\n"))
    })?;
    let found = match command {
        // It may be the first that is heard of the machine.
        OfOne::Import(args) => {
            args.is_there()?;
            Found::named_or_new(name, &variable)?
        }
        OfOne::Status(args) => match Found::named(name, &variable) {
            Ok(found) => found,
            Err(error) => return args.member(name).unwrap_or_else(|| Err(error.into())),
        },
        _ => Found::named(name, &variable)?,
    };
    match command {
        OfOne::Status(args) => args.run(&found),
        OfOne::Stop(args) => args.run(&found),
        OfOne::Kill => ask::kill(&found),
        OfOne::Reset => ask::reset(&found),
        OfOne::Reboot => ask(&found, &Request::Reboot {}).map(drop),
        OfOne::Screenshot(args) => args.run(&found),
        OfOne::SendKey(args) => args.run(&found),
        OfOne::Console(args) => args.run(&found),
        OfOne::Vnc(args) => args.run(&found),
        OfOne::Ssh(args) => args.run(&found),
        OfOne::Exec(args) => args.run(&found),
        OfOne::Logs(args) => args.run(&found),
        OfOne::Disk(args) => args.run(&found),
        OfOne::Snapshot(args) => args.run(&found),
        OfOne::Restore(args) => args.run(&found),
        OfOne::Backup(args) => args.run(&found),
        OfOne::Import(args) => args.run(&found),
    }
}

/// Connects to a machine that must run.
fn client(found: &Found) -> Result<Client, Failure> {
    Ok(found.client().map_err(|error| error.tell(&found.name))?)
}

/// Prints a document for programs.
fn print_json(document: &impl serde::Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(document).context("a document is JSON")?;
    print(&(json + "\n"))
}

/// Asks for something that is not told about on the way.
fn ask(found: &Found, request: &Request) -> Result<serde_json::Value, Failure> {
    Ok(client(found)?.ask(request, |_| ())?)
}

/// The refusal among an error's causes.
fn refusal(error: &anyhow::Error) -> Option<&Refusal> {
    error.downcast_ref::<Refusal>()
}
