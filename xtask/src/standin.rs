//! `cargo xtask standin`: stand-ins for the two ISOs, as files.

use std::fs;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::parts::{self, Order};

/// Which file, and what it is to be.
#[derive(Args)]
pub(crate) struct StandinArgs {
    /// Write a stand-in for a Windows ISO, and `FILE.vars.fd` that trusts its key
    #[arg(long, value_name = "FILE", required_unless_present = "virtio_win")]
    out: Option<Utf8PathBuf>,
    /// Write a stand-in for the virtio-win ISO
    #[arg(long, value_name = "FILE")]
    virtio_win: Option<Utf8PathBuf>,
    #[command(flatten)]
    order: Order,
}

impl StandinArgs {
    pub(crate) fn run(self) -> Result<u8> {
        if let Some(out) = &self.out {
            let made = parts::standin(&self.order)?;
            copy(&made.iso, out)?;
            copy(&made.vars, &Utf8PathBuf::from(format!("{out}.vars.fd")))?;
        }
        if let Some(out) = &self.virtio_win {
            copy(&parts::virtio_win()?, out)?;
        }
        Ok(0)
    }
}

/// Beside its place, then renamed.
fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    let part = Utf8PathBuf::from(format!("{to}.part"));
    fs::copy(from, &part).with_context(|| format!("cannot write `{part}`"))?;
    fs::rename(&part, to).with_context(|| format!("cannot write `{to}`"))?;
    println!("{to}");
    Ok(())
}
