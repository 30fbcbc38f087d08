//! `lucarne tap up|down MACHINE`: the interface of a machine on a bridge, for who may make one.

use std::os::unix::fs::MetadataExt as _;

use anyhow::{Context as _, anyhow};
use camino::Utf8PathBuf;
use clap::Subcommand;

use super::given_tools::GivenTools;
use super::machine::{Machine, variable};
use crate::failure::Failure;
use crate::instance::control::{group_id, user_id};
use crate::instance::tap::{Owner, Tap};
use crate::machine::run::Network;

/// Makes or removes the TAP interface of a machine on a bridge, as root
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes it anew, puts it on its bridge and sets it up
    Up(Up),
    /// Removes it, where it is there
    Down(Of),
}

/// Whose interface.
#[derive(Debug, clap::Args)]
struct Of {
    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    tools: GivenTools,
}

#[derive(Debug, clap::Args)]
struct Up {
    #[command(flatten)]
    of: Of,
    /// Who runs the machine: a name or a number. Else the owner of `$STATE_DIRECTORY`
    #[arg(long, value_name = "NAME", conflicts_with = "group")]
    user: Option<String>,
    /// A group whose members run it
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
}

/// What is made or removed, and by what.
struct Interface {
    name: String,
    bridge: Option<String>,
    ip: Utf8PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Up(up) => {
            let owner = up.owner()?;
            let of = up.of.interface()?;
            Ok(of.tap().up(&of.ip, owner)?)
        }
        Command::Down(of) => {
            let of = of.interface()?;
            Ok(of.tap().down(&of.ip)?)
        }
    }
}

impl Of {
    fn interface(&self) -> Result<Interface, Failure> {
        let plan = self.machine.plan()?;
        let Network::Tap { name, bridge } = plan.devices.network else {
            let name = &plan.name;
            return Err(anyhow!(
                "the machine `{name}` is on no bridge\n\nhint: set `network.mode` to `bridge`, or \
                 leave this out"
            )
            .into());
        };
        let ip = self.tools.ip()?;
        Ok(Interface { name, bridge, ip })
    }
}

impl Interface {
    fn tap(&self) -> Tap<'_> {
        Tap {
            name: &self.name,
            bridge: self.bridge.as_deref(),
        }
    }
}

impl Up {
    fn owner(&self) -> anyhow::Result<Owner> {
        match (&self.user, &self.group) {
            (Some(user), _) => Ok(Owner::User(user_id(user)?)),
            (None, Some(group)) => Ok(Owner::Group(group_id(group)?)),
            (None, None) => Ok(Owner::User(user_of_state()?)),
        }
    }
}

/// Who runs the machine: systemd has given the state folder to the unit's user, who may be made up
/// for this start alone.
pub(super) fn user_of_state() -> anyhow::Result<u32> {
    let folders = variable("STATE_DIRECTORY").context(
        "nobody is named who runs the machine\n\nhint: name the user with `--user`; in a unit, \
         `StateDirectory=` tells it",
    )?;
    let first = folders.split(':').next().unwrap_or_default();
    let about = std::fs::metadata(first);
    let about = about.with_context(|| format!("cannot look at `{first}`"))?;
    Ok(about.uid())
}
