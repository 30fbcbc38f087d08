//! What every command that plans is given: a spec, and the ISOs that it is checked against.

use std::io::Read;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use crate::cli::say;
use crate::failure::Failure;
use crate::plan::{self, Facts, Plan};
use crate::spec::{self, Spec};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Inputs {
    /// The spec, a JSON file; `-` reads stdin
    spec: Utf8PathBuf,
    /// The Windows ISO, instead of the one that the spec names
    #[arg(long, value_name = "FILE")]
    iso: Option<Utf8PathBuf>,
    /// The virtio-win ISO, instead of the one that the spec names
    #[arg(long, value_name = "FILE")]
    virtio_win: Option<Utf8PathBuf>,
}

/// What came out of them.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) spec: Spec,
    pub(crate) plan: Plan,
    /// The Windows ISO's path, where it was read.
    pub(crate) iso: Option<Utf8PathBuf>,
    /// The virtio-win ISO's path, where it was read.
    pub(crate) virtio_win: Option<Utf8PathBuf>,
}

impl Inputs {
    /// Reads the spec and the ISOs, and plans.
    pub(crate) fn plan(&self) -> Result<Planned, Failure> {
        let shaped = spec::shape(&read_spec(&self.spec)?)?;
        let facts = Facts {
            windows: None,
            virtio_win: None,
        };
        let plan = plan::check(&shaped, &facts)?;
        for warning in &plan.warnings {
            say(&format!("warning: {warning}"));
        }
        Ok(Planned {
            spec: shaped.spec,
            plan,
            iso: None,
            virtio_win: None,
        })
    }
}

/// Reads a spec, or its first bytes where it is too long to be one.
fn read_spec(path: &Utf8Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = spec::BYTES_MAX as u64 + 1;
    if path == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    }
    .with_context(|| format!("cannot read the spec `{path}`"))?;
    Ok(bytes)
}
