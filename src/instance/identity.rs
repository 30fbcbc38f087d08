//! What makes an instance itself, made once: a run of the image that takes on a name, a domain,
//! certificates. Its disk is `identity.qcow2` in the state folder, which every system disk then
//! lies on, and it is made again when the image or the settings are others.
//!
//! The run has the machine's own hardware and TPM, no data disk, and a card without a link.

use std::fs::{self, File};

use anyhow::{Context as _, anyhow};
use camino::Utf8PathBuf;
use lucarne_protocol::settings::Settings;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Inputs;
use super::base::Base;
use super::folders::{self, CONFIG, Folders, remove};
use super::{disk, settings};
use crate::nix_log;
use crate::regular;

/// The schema that this version writes and reads.
const SCHEMA: &str = "lucarne.identity/1";
/// Names in the state folder.
const FILE: &str = "identity.json";
pub(super) const DISK: &str = "identity.qcow2";
const VARS: &str = "identity.vars.fd";
const BYTES_MAX: u64 = 64 << 10;

/// `identity.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Made {
    schema: String,
    /// A hash of the image's manifest and of all that the guest was told.
    key: String,
    /// The image's disk.
    below: String,
}

/// An identity that is wanted.
#[derive(Debug)]
pub(super) struct Wanted {
    key: String,
    settings: Settings,
    image: Base,
    folders: Folders,
}

impl Wanted {
    /// What the plan wants to be made, if it does. Reads the credentials.
    pub(super) fn of(inputs: &Inputs<'_>) -> anyhow::Result<Option<Self>> {
        let Some(identity) = &inputs.plan.identity else {
            return Ok(None);
        };
        let settings = settings::for_identity(&inputs.plan.name, identity, inputs.credentials)?;
        let document = settings
            .write()
            .map_err(|what| anyhow!("the identity: {what}"))?;
        let image = Base::of_image(inputs.image);
        let mut hash = Sha256::new();
        hash.update(&image.key);
        hash.update(document.as_slice());
        Ok(Some(Self {
            key: format!("{:x}", hash.finalize()),
            settings,
            image,
            folders: inputs.folders.clone(),
        }))
    }

    /// Whether what the guest is told is nobody else's business.
    pub(super) fn has_secrets(&self) -> bool {
        self.settings.domain_join.is_some()
    }

    fn at(&self, name: &str) -> Utf8PathBuf {
        self.folders.state.join(name)
    }

    fn part(&self, name: &str) -> Utf8PathBuf {
        part(&self.folders, name)
    }

    /// What the system disk lies on, once it is made.
    pub(super) fn base(&self) -> Base {
        Base {
            disk: self.at(DISK),
            vars: self.image.vars.as_ref().map(|_| self.at(VARS)),
            key: self.key.clone(),
        }
    }

    /// Whether it is made already.
    pub(super) fn is_made(&self, inputs: &Inputs<'_>) -> anyhow::Result<bool> {
        let base = self.base();
        let vars = base.vars.as_ref().is_none_or(|vars| vars.exists());
        let Some(made) = self.read().filter(|_| base.disk.exists() && vars) else {
            return Ok(false);
        };
        if made.key != self.key {
            return Ok(false);
        }
        // A run of other settings may have been killed since.
        self.discard()?;
        if made.below != self.image.disk {
            disk::move_below(inputs.tools, &base.disk, &self.image.disk)?;
            self.write()?;
        }
        Ok(true)
    }

    /// What cannot be read is made again.
    fn read(&self) -> Option<Made> {
        let bytes = regular::read(&self.at(FILE), BYTES_MAX).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    fn write(&self) -> anyhow::Result<()> {
        let made = Made {
            schema: SCHEMA.into(),
            key: self.key.clone(),
            below: self.image.disk.to_string(),
        };
        let json = serde_json::to_string_pretty(&made)? + "\n";
        folders::write(&self.at(FILE), json.as_bytes())
    }

    /// Makes the run's disk, its variables, and what it is told; gives the two files.
    pub(super) fn prepare(
        &self,
        inputs: &Inputs<'_>,
    ) -> anyhow::Result<(Utf8PathBuf, Utf8PathBuf)> {
        self.discard()?;
        let (disk, vars) = (self.part(DISK), self.part(VARS));
        disk::overlay(inputs.tools, &self.image, &disk, &vars)?;
        settings::write(&self.settings, &inputs.folders.runtime.join(CONFIG))?;
        Ok((disk, vars))
    }

    /// Takes what the run made. The file that says so is the last.
    pub(super) fn commit(&self) -> anyhow::Result<()> {
        remove(&self.at(FILE))?;
        for name in [DISK, VARS] {
            let (part, place) = (self.part(name), self.at(name));
            if part.exists() {
                let done = File::open(&part).and_then(|file| file.sync_all());
                done.and_then(|()| fs::rename(&part, &place))
                    .with_context(|| format!("cannot make `{place}`"))?;
            }
        }
        self.write()?;
        remove(&self.folders.runtime.join(CONFIG))
    }

    /// Removes what a run left that did not end well.
    pub(super) fn discard(&self) -> anyhow::Result<()> {
        discard(&self.folders)?;
        remove(&self.folders.runtime.join(CONFIG))
    }
}

/// Removes the disk of a run that did not end well, and its variables.
pub(super) fn discard(folders: &Folders) -> anyhow::Result<()> {
    remove(&part(folders, DISK))?;
    remove(&part(folders, VARS))
}

fn part(folders: &Folders, name: &str) -> Utf8PathBuf {
    folders.state.join(format!("{name}.part"))
}

/// Removes an identity that is no longer wanted: it is as large as what Windows wrote to make it.
/// No kept disk may lie on it.
pub(super) fn forget(folders: &Folders) -> anyhow::Result<()> {
    let was_made = folders.state.join(DISK).exists();
    // What says that there is one goes first.
    for name in [FILE, DISK, VARS] {
        remove(&folders.state.join(name))?;
        remove(&part(folders, name))?;
    }
    if was_made {
        nix_log::say("note: the machine's identity is removed, for the spec has no `identity`");
    }
    Ok(())
}
