//! The machine that a command is about: its spec, and where it lives.

use camino::{Utf8PathBuf, absolute_utf8};

use super::inputs::read_spec;
use super::{path, script};
use crate::failure::Failure;
use crate::instance::folders::Folders;
use crate::instance::plan::{self, Plan};
use crate::instance::spec;

/// The machine.
#[derive(Debug, clap::Args)]
pub(super) struct Machine {
    /// The machine's spec, a JSON file; `-` reads stdin. A first line of `#!…` is passed over
    #[arg(value_name = "MACHINE", value_parser = path)]
    spec: Utf8PathBuf,
}

/// Where it lives.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// A folder for what systemd names no folder for: in `state`, `cache` and `run` below it
    #[arg(long, value_name = "DIR", value_parser = path)]
    below: Option<Utf8PathBuf>,
}

impl Machine {
    /// The spec as it was written.
    pub(super) fn read(&self) -> Result<Vec<u8>, Failure> {
        Ok(script::document(&read_spec(&self.spec)?).to_vec())
    }

    /// What can be planned without its image.
    pub(super) fn plan(&self) -> Result<Plan, Failure> {
        let shaped = spec::shape(&self.read()?).map_err(Failure::MachineSpec)?;
        plan::check(&shaped, None).map_err(Failure::MachineSpec)
    }
}

impl Place {
    /// The folders of a machine by its name.
    pub(super) fn folders(&self, name: &str) -> anyhow::Result<Folders> {
        let Some(below) = &self.below else {
            return Folders::find(name, &variable);
        };
        let below = absolute_utf8(below)?;
        Folders::find(name, &|key| {
            let own = match key {
                "STATE_DIRECTORY" => "state",
                "CACHE_DIRECTORY" => "cache",
                "RUNTIME_DIRECTORY" => "run",
                _ => return variable(key),
            };
            variable(key).or_else(|| Some(below.join(own).into_string()))
        })
    }
}

/// A variable of this process's environment, where it is not empty.
pub(super) fn variable(key: &str) -> Option<String> {
    std::env::var(key).ok().filter(|value| !value.is_empty())
}
