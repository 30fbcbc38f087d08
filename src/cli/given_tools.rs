//! What every command that needs tools is given: a table of them, or nothing.

use camino::Utf8PathBuf;

use super::path;
use crate::tools::Tools;

/// The argument.
#[derive(Debug, clap::Args)]
pub(super) struct GivenTools {
    /// The tools and firmware files by path, a JSON file; else those of common distributions
    // What one host says for all commands: the flake's own package does.
    #[arg(long, env = "LUCARNE_TOOLS", hide_env_values = true)]
    #[arg(value_name = "FILE", value_parser = path)]
    tools: Option<Utf8PathBuf>,
}

impl GivenTools {
    /// All of them.
    pub(super) fn find(&self) -> anyhow::Result<Tools> {
        match &self.tools {
            Some(file) => Tools::read(file),
            None => Tools::find(),
        }
    }

    /// The table that was given.
    pub(super) fn table(&self) -> anyhow::Result<Option<Tools>> {
        self.tools.as_deref().map(Tools::read).transpose()
    }

    /// The one that copies disks need, and nothing else.
    pub(super) fn qemu_img(&self) -> anyhow::Result<Utf8PathBuf> {
        self.one("qemuImg")
    }

    /// The program that makes interfaces, which few need.
    pub(super) fn ip(&self) -> anyhow::Result<Utf8PathBuf> {
        self.one("ip")
    }

    /// One of them, where the others need be neither in the table nor on the host.
    fn one(&self, name: &str) -> anyhow::Result<Utf8PathBuf> {
        let given = self.tools.as_deref();
        let given = given.map(|file| Tools::read_one(file, name)).transpose()?;
        match given.flatten() {
            Some(path) => Ok(path),
            None => Tools::find_one(name),
        }
    }
}
