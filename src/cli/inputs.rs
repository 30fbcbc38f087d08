//! What every command that plans is given: a spec, and the ISOs that it is checked against.

use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};

use super::path;
use crate::failure::Failure;
use crate::inputs::{self, Given, Missing, Planned};
use crate::plan::Purpose;
use crate::problem::{Problem, Problems, operand};
use crate::{regular, spec};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Inputs {
    /// The spec, a JSON file; `-` reads stdin
    #[arg(value_parser = path)]
    spec: Utf8PathBuf,
    /// The Windows ISO, instead of the one that the spec names
    #[arg(long, value_name = "FILE", value_parser = path)]
    iso: Option<Utf8PathBuf>,
    /// The virtio-win ISO, instead of the one that the spec names
    #[arg(long, value_name = "FILE", value_parser = path)]
    virtio_win: Option<Utf8PathBuf>,
}

impl Inputs {
    /// Reads the spec and the ISOs, and plans. `vars` are those of a firmware with Secure Boot.
    pub(crate) fn plan(
        &self,
        missing: Missing,
        vars: Option<&Utf8Path>,
    ) -> Result<Planned, Failure> {
        self.plan_for(Purpose::Install, missing, vars)
    }

    /// Reads the spec alone.
    pub(super) fn read(&self) -> Result<Vec<u8>, Failure> {
        read_spec(&self.spec)
    }

    /// The option that names an ISO, where one does.
    pub(super) fn named_iso(&self) -> Option<&'static str> {
        let iso = self.iso.as_ref().map(|_| "--iso");
        iso.or(self.virtio_win.as_ref().map(|_| "--virtio-win"))
    }

    /// The same for a purpose.
    pub(crate) fn plan_for(
        &self,
        purpose: Purpose,
        missing: Missing,
        vars: Option<&Utf8Path>,
    ) -> Result<Planned, Failure> {
        self.plan_of(purpose, &self.read()?, missing, vars)
    }

    /// The same where the spec is read already.
    pub(super) fn plan_of(
        &self,
        purpose: Purpose,
        spec: &[u8],
        missing: Missing,
        vars: Option<&Utf8Path>,
    ) -> Result<Planned, Failure> {
        let given = Given {
            iso: self.iso.as_deref(),
            virtio_win: self.virtio_win.as_deref(),
            vars,
        };
        inputs::plan_for(purpose, spec, given, missing)
    }
}

/// Reads a spec, or its first bytes where it is too long to be one.
pub(super) fn read_spec(path: &Utf8Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let limit = spec::BYTES_MAX as u64 + 1;
    let read = if path == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        regular::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) if regular::is_wrong_path(&error) => {
            let what = format!("cannot read the spec {}: {error}", operand(path.as_str()));
            let problem = Problem::new("", what).hint("name a file, or `-` for stdin");
            Err(Problems(vec![problem]).into())
        }
        Err(error) => {
            Err(anyhow::Error::new(error).context(format!("cannot read the spec `{path}`")))?
        }
    }
}
