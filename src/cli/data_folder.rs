//! `lucarne data-folder MACHINE`: the folder of a data disk elsewhere, for who may give one away.

use rustix::fs::Mode;

use crate::failure::Failure;
use crate::instance::control::user_id;
use crate::instance::data_folder;

use super::machine::Machine;
use super::tap::user_of_state;

/// Makes the folder of a machine's data disk the machine's own, as root
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    machine: Machine,
    /// Who runs the machine: a name or a number. Else the owner of `$STATE_DIRECTORY`
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    // The machine's user goes through the folders above its own; a unit's mask would forbid it.
    rustix::process::umask(Mode::from_raw_mode(0o022));
    let plan = args.machine.plan()?;
    let Some(path) = plan.data_disk.and_then(|disk| disk.path) else {
        // It lies in the state folder, or there is none.
        return Ok(());
    };
    let user = match &args.user {
        Some(user) => user_id(user)?,
        None => user_of_state()?,
    };
    Ok(data_folder::give(&path, user)?)
}
