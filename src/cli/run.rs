//! `lucarne run MACHINE`: a machine in the foreground, as its service does.

use anyhow::Context as _;
use camino::Utf8PathBuf;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::given_tools::GivenTools;
use super::machine::{Machine, Place, variable};
use super::path;
use crate::failure::Failure;
use crate::instance::control::group_id;
use crate::instance::credentials::Credentials;
use crate::instance::notify::Notify;
use crate::instance::{self, Inputs};
use crate::nix_log;
use crate::signals::Signals;

/// Runs a machine from an image, until Windows or a signal ends it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    tools: GivenTools,
    /// The folder of the credentials, a file each; else `$CREDENTIALS_DIRECTORY`
    #[arg(long, value_name = "DIR", value_parser = path)]
    credentials: Option<Utf8PathBuf>,
    /// A group whose members may control the machine, besides its user and root; else
    /// `$LUCARNE_GROUP`
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    // Disks, logs and state hold what the machine's user alone may read, and so does this process's
    // memory, with the start's secrets, and QEMU's: no core of them is left.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).context("cannot switch core dumps off")?;
    let signals = Signals::listen()?;
    let (plan, image) = instance::plan_of(&args.machine.read()?)?;
    for warning in &plan.warnings {
        nix_log::say(&format!("warning: {}", warning.with_hint()));
    }
    let tools = args.tools.find()?;
    let folders = args.place.folders(&plan.name)?;
    let group = args.group.clone().or_else(|| variable("LUCARNE_GROUP"));
    instance::run(&Inputs {
        plan: &plan,
        image: &image,
        tools: &tools,
        folders: &folders,
        credentials: &Credentials::find(args.credentials.as_deref(), &variable),
        notify: &Notify::find(&variable),
        signals: &signals,
        group: group.as_deref().map(group_id).transpose()?,
    })
}
