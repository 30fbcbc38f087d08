//! `cargo xtask standin` and `guest`: stand-ins for the two ISOs, and the guest program, as files.

use std::{fs, process};

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
            told(&made.iso, out)?;
            told(&made.vars, &Utf8PathBuf::from(format!("{out}.vars.fd")))?;
        }
        if let Some(out) = &self.virtio_win {
            told(&parts::virtio_win()?, out)?;
        }
        Ok(0)
    }
}

/// `cargo xtask guest`: the guest program, as a file.
#[derive(Args)]
pub(crate) struct GuestArgs {
    /// Where to write it: beside an installed `lucarne`, as `lucarne-guest.exe`, it is found
    #[arg(long, value_name = "FILE")]
    out: Utf8PathBuf,
}

impl GuestArgs {
    pub(crate) fn run(self) -> Result<u8> {
        told(&parts::guest()?.program, &self.out)?;
        Ok(0)
    }
}

fn told(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    copy(from, to)?;
    println!("{to}");
    Ok(())
}

/// Beside its place, then renamed. Several may do the same at once.
pub(crate) fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    let part = Utf8PathBuf::from(format!("{to}.{}.part", process::id()));
    fs::copy(from, &part).with_context(|| format!("cannot write `{part}`"))?;
    fs::rename(&part, to).with_context(|| format!("cannot write `{to}`"))
}
