//! The project's own commands, for a Debian machine with nothing but cargo.

mod bench;
mod book;
mod demo;
mod enter;
mod expression;
mod fuzz;
mod own;
mod parts;
mod pictures;
mod real;
mod room;
mod root;
mod standin;
mod store;
mod test;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, version)]
struct Args {
    #[command(subcommand)]
    command: Cmd,
}

#[derive(Subcommand)]
enum Cmd {
    /// Measure what things cost, each with the rival's way beside it
    Bench(bench::BenchArgs),
    /// Make the book of `docs/`, and say which of its links are dead
    Book(book::BookArgs),
    /// Install the stand-in (or a real Windows) in Nix's sandbox, and show the image
    Demo(demo::Demo),
    /// Run a command in the tool root: a Debian tree in the cache with Nix, QEMU and the rest
    Enter(enter::Enter),
    /// Write `lucarne-guest.exe`, the program inside Windows, for a `lucarne` that is installed
    Guest(standin::GuestArgs),
    /// Run this checkout's `lucarne` in the tool root, in the folder you are in
    Lucarne(own::Own),
    /// Make the pages' pictures of a terminal anew, from the demo and the tutorial's commands
    Pictures(pictures::PicturesArgs),
    /// Write what the stand-in plays, from what the guest program says under Wine
    Record,
    /// Run every check, or those with NAMES in their name
    Test(test::Test),
    /// Feed hostile bytes to everything that reads them
    Fuzz(fuzz::Fuzz),
    /// Write stand-ins for a Windows ISO and for virtio-win's
    Standin(standin::StandinArgs),
    /// What `bench` times commands with, inside
    #[command(hide = true)]
    Measure(bench::Measure),
    /// What becomes systemd, in namespaces of its own
    #[command(hide = true)]
    Boot(enter::Boot),
    /// What `enter` runs as process 1 of its new namespaces
    #[command(hide = true)]
    Inside(enter::Inside),
}

fn main() -> ExitCode {
    let done = match Args::parse().command {
        Cmd::Bench(args) => args.run(),
        Cmd::Book(args) => args.run(),
        Cmd::Demo(args) => args.run(),
        Cmd::Enter(args) => args.run(),
        Cmd::Guest(args) => args.run(),
        Cmd::Lucarne(args) => args.run(),
        Cmd::Pictures(args) => args.run(),
        Cmd::Record => real::record().map(|()| 0),
        Cmd::Test(args) => args.run(),
        Cmd::Fuzz(args) => args.run(),
        Cmd::Standin(args) => args.run(),
        Cmd::Measure(args) => args.run(),
        Cmd::Boot(args) => args.run(),
        Cmd::Inside(args) => args.run(),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
