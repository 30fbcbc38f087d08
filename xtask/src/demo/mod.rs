//! `cargo xtask demo`: the whole job, from a spec to a sealed image.

mod disk;
mod nix;
mod plain;
mod request;
mod show;

use std::time::Instant;

use anyhow::{Context as _, Result};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::parts::{self, Order};
use crate::{enter, root};

pub(crate) use nix::expression;
pub(crate) use request::{spec, tools};

/// The stand-in has it, and so have Microsoft's ISOs for everybody.
pub(crate) const EDITION: &str = "Windows 11 Pro";

/// What the demo may be told.
#[derive(Args)]
pub(crate) struct Demo {
    /// A real Windows ISO instead of the stand-in
    #[arg(long, value_name = "FILE")]
    iso: Option<Utf8PathBuf>,
    /// A real virtio-win ISO instead of the stand-in
    #[arg(long, value_name = "FILE")]
    virtio_win: Option<Utf8PathBuf>,
    /// The edition in the Windows ISO, by its name there (`lucarne iso FILE` lists them)
    #[arg(long, value_name = "NAME", default_value = EDITION)]
    edition: String,
    /// Install with `lucarne install`, not as a Nix build
    #[arg(long)]
    no_nix: bool,
    /// Install again where the result is there already
    #[arg(long)]
    rebuild: bool,
}

/// What goes into an install.
pub(crate) struct Inputs {
    pub(crate) iso: Utf8PathBuf,
    pub(crate) virtio_win: Option<Utf8PathBuf>,
    /// Firmware variables with the keys that the ISO's boot loaders are signed by.
    pub(crate) vars: Utf8PathBuf,
    /// `tcg` for the stand-in: an emulated CPU is enough for it, and works everywhere.
    pub(crate) accel: &'static str,
    pub(crate) edition: String,
    /// The program inside a real Windows; the stand-in plays it.
    pub(crate) guest: Option<Utf8PathBuf>,
}

impl Demo {
    pub(crate) fn run(self) -> Result<u8> {
        let started = Instant::now();
        let tools = root::ensure()?;
        let inputs = self.inputs()?;
        let image = if self.no_nix {
            plain::install(&tools, &inputs, self.rebuild)?
        } else {
            nix::build(&tools, &inputs, self.rebuild)?
        };
        let Some(image) = image else {
            return Ok(3);
        };
        let shown = show::image(&tools, &image)?;
        let sec = started.elapsed().as_secs();
        show::say(&format!("{shown}\ndone in {sec} s\n"))?;
        Ok(0)
    }

    fn inputs(&self) -> Result<Inputs> {
        let edition = self.edition.clone();
        let given = |path: &Utf8PathBuf| enter::absolute(path);
        if let Some(iso) = &self.iso {
            return Ok(Inputs {
                iso: given(iso)?,
                virtio_win: self.virtio_win.as_ref().map(given).transpose()?,
                vars: Utf8PathBuf::from(request::MICROSOFT_VARS),
                accel: "kvm",
                edition,
                guest: Some(parts::guest()?.program),
            });
        }
        eprintln!("making stand-ins for the Windows ISO and the drivers' ISO");
        let mut inputs = Inputs::standin(&Order::default(), &edition)?;
        if let Some(own) = &self.virtio_win {
            inputs.virtio_win = Some(given(own)?);
        }
        Ok(inputs)
    }
}

impl Inputs {
    /// All stand-ins.
    pub(crate) fn standin(order: &Order, edition: &str) -> Result<Self> {
        let standin = parts::standin(order)?;
        Ok(Self {
            iso: standin.iso,
            virtio_win: Some(parts::virtio_win()?),
            vars: standin.vars,
            accel: "tcg",
            edition: edition.to_owned(),
            guest: None,
        })
    }

    /// The ISO with the drivers, for who can't do without.
    pub(crate) fn drivers(&self) -> Result<&Utf8Path> {
        let iso = self.virtio_win.as_deref();
        iso.context("there is no ISO with drivers")
    }
}
