//! Stand-ins for a Windows ISO and for virtio-win's, kept in the cache by what they are made from.

use std::fs;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use sha2::{Digest, Sha256};

use super::{kept, programs};
use crate::{enter, root};

/// What a stand-in is ordered to be. Which values there are is told by its own program.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Order {
    /// The Windows release that it pretends to be
    #[arg(long, value_name = "R")]
    pub(crate) release: Option<String>,
    /// The shape of its boot images
    #[arg(long, value_name = "V")]
    pub(crate) variant: Option<String>,
    /// What goes wrong
    #[arg(long, value_name = "F")]
    pub(crate) fault: Option<String>,
    /// Say on COM2 why Setup stopped; a real one says nothing
    #[arg(long)]
    pub(crate) explain: bool,
}

/// A stand-in ISO, and firmware variables that trust its test key.
#[derive(Clone, Debug)]
pub(crate) struct Standin {
    pub(crate) iso: Utf8PathBuf,
    pub(crate) vars: Utf8PathBuf,
}

impl Order {
    fn words(&self) -> Vec<String> {
        let named = [
            ("--release", &self.release),
            ("--variant", &self.variant),
            ("--fault", &self.fault),
        ];
        let mut words = Vec::new();
        for (name, value) in named {
            words.extend(
                value
                    .iter()
                    .flat_map(|value| [name.to_owned(), value.clone()]),
            );
        }
        words.extend(self.explain.then(|| "--explain".to_owned()));
        words
    }
}

/// Gives a stand-in for a Windows ISO.
pub(crate) fn standin(order: &Order) -> Result<Standin> {
    let iso = medium("windows.iso", "--out", &order.words())?;
    let vars = Utf8PathBuf::from(format!("{iso}.vars.fd"));
    Ok(Standin { iso, vars })
}

/// Gives a stand-in for the virtio-win ISO.
pub(crate) fn virtio_win() -> Result<Utf8PathBuf> {
    medium("virtio-win.iso", "--virtio-win", &[])
}

/// The same file as long as programs, order and tools are the same: Nix then knows it by its hash.
fn medium(name: &str, kind: &str, words: &[String]) -> Result<Utf8PathBuf> {
    let (program, init) = programs::standin()?;
    let tools = root::ensure()?;
    let mut hash = Sha256::new();
    for file in [&program, &init] {
        hash.update(fs::read(file).with_context(|| format!("cannot read `{file}`"))?);
    }
    hash.update(format!("{name} {words:?} {}", tools.tree));
    let folder = kept("media", hash, |folder| {
        make(&program, words, kind, &folder.join(name))
    })?;
    Ok(folder.join(name))
}

/// Runs the stand-in's own program in the tool root.
fn make(program: &Utf8Path, words: &[String], kind: &str, out: &Utf8Path) -> Result<()> {
    let tools = root::ensure()?;
    let out = enter::absolute(out)?;
    let folder = out
        .parent()
        .context("the output needs a folder")?
        .to_owned();
    ensure!(folder.is_dir(), "there is no folder `{folder}`");
    let mut inner = vec![program.to_string(), kind.to_owned(), out.to_string()];
    inner.extend(words.iter().cloned());
    let status = enter::command(&tools, &[folder], &inner)?.status()?;
    ensure!(status.success(), "the stand-in `{out}` was not made");
    Ok(())
}
