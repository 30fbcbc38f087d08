//! Makes the stand-in's ISOs out of the tool root's programs, a kernel and the init program.

mod boot;
mod cache;
mod cpio;
mod initramfs;
mod iso;
mod tools;
mod virtio_win;
mod wim;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

pub use tools::Sources;
pub use virtio_win::build as build_virtio_win;

use crate::{
    config::{Config, Fault},
    release::{self, Variant},
};

/// What to make, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The ISO; firmware variables that trust its key go to the same name with `.vars.fd`.
    pub out: PathBuf,
    /// A release's id, of [`release::RELEASES`].
    pub release: String,
    pub variant: Variant,
    pub fault: Fault,
    /// Say on COM2 why Setup stopped.
    pub explain: bool,
    /// The statically linked init program.
    pub init: PathBuf,
    /// Where finished parts are kept.
    pub cache: PathBuf,
    /// What is taken from the distribution.
    pub sources: Sources,
}

/// Makes a Windows ISO that is none.
pub fn build(options: &Options) -> Result<()> {
    let release = release::find(&options.release)
        .with_context(|| format!("no release is called `{}`", options.release))?;
    let cache = cache::Cache::open(&options.cache)?;
    let boot = boot::build(&cache, &options.init, &options.sources)?;
    let install_wim = wim::install(&cache, release)?;
    let boot_wim = wim::boot(&cache, release, options.variant, &boot)?;
    let config = Config {
        release: release.id.into(),
        variant: options.variant,
        fault: options.fault,
        explain: options.explain,
        languages: vec![match options.fault {
            Fault::OtherLanguage => "fr-fr".into(),
            _ => "en-us".into(),
        }],
    };
    let out = std::path::absolute(&options.out).context("cannot find the output's folder")?;
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make `{}`", folder.display()))?;
    }
    iso::write(
        &out,
        &iso::Contents {
            release,
            config: &config,
            boot: &boot,
            install_wim: &install_wim,
            boot_wim: &boot_wim,
        },
    )?;
    let variables = variables_beside(&out);
    fs::copy(&boot.variables, &variables)
        .with_context(|| format!("cannot write `{}`", variables.display()))?;
    Ok(())
}

/// Where the firmware variables of an ISO are written.
#[must_use]
pub fn variables_beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".vars.fd");
    name.into()
}
