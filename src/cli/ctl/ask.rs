//! What a running machine is simply asked for.

use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::Utf8PathBuf;

use super::ask;
use crate::cli::path;
use crate::failure::Failure;
use crate::instance::control::{Request, Unreachable};
use crate::instance::folders;
use crate::instance::found::Found;
use crate::nix_log::say;

/// How long the process may take that has said that the machine has ended.
const END_PATIENCE: Duration = Duration::from_secs(60);

/// How Windows is shut down.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Stop {
    /// How long Windows may take, in seconds; then the power is cut. Else the machine's own time
    #[arg(long, value_name = "SEC", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: Option<u64>,
}

impl Stop {
    pub(in crate::cli) fn run(&self, found: &Found) -> Result<(), Failure> {
        let mut client = match found.client() {
            Ok(client) => client,
            // That it ends is what is wanted.
            Err(Unreachable::Stopped) => {
                say(&format!("`{}` does not run", found.name));
                // One that was killed leaves what it told Windows, and half an identity. Who may
                // not take the machine may not see that either, and one that just starts sees to it
                // itself.
                if let Ok(_lock) = found.folders.lock(&found.name) {
                    found.tidy()?;
                }
                return Ok(());
            }
            Err(error) => return Err(error.tell(&found.name).into()),
        };
        let request = Request::Stop {
            timeout_sec: self.timeout,
        };
        client.ask(&request, |_| ())?;
        Ok(found.wait_until_free(END_PATIENCE)?)
    }
}

/// Cuts the power.
pub(super) fn kill(found: &Found) -> Result<(), Failure> {
    ask(found, &Request::Kill {})?;
    Ok(found.wait_until_free(END_PATIENCE)?)
}

/// A machine that does not run loses its overlay, and nothing else.
pub(super) fn reset(found: &Found) -> Result<(), Failure> {
    match found.client() {
        Ok(mut client) => {
            client.ask(&Request::Reset {}, |_| ())?;
        }
        Err(Unreachable::Stopped) => {
            let _lock = found.folders.lock(&found.name)?;
            found.tidy()?;
            found.forget_system_disk()?;
        }
        Err(error) => return Err(error.tell(&found.name).into()),
    }
    Ok(())
}

#[derive(Debug, clap::Args)]
pub(super) struct Screenshot {
    /// The PNG file to make; it is replaced where it is there, and a pipe is written to
    #[arg(value_parser = path)]
    file: Utf8PathBuf,
}

impl Screenshot {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        let told = ask(found, &Request::Screenshot {})?;
        let png = told["png"]
            .as_str()
            .context("the machine gave no picture")?;
        let png = STANDARD
            .decode(png)
            .context("the machine gave no picture")?;
        Ok(folders::put(&self.file, &png)?)
    }
}
