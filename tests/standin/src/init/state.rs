//! What the stand-in remembers on the disk: `Windows\Panther\standin.json`, which tests read too.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::firmware::Facts;
use crate::{cmd::Registry, config::Config};

/// Below the root of C:.
pub(super) const PANTHER: &str = "Windows/Panther";

/// How far the installed system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Stage {
    Specialize,
    Oobe,
    /// The guest program plays.
    Guest,
}

/// A driver that Setup took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver {
    pub(super) inf: String,
    /// Windows' path of the folder that it was found in.
    pub(super) from: String,
    pub(super) class: String,
    pub(super) version: String,
    pub(super) hardware_id: Option<String>,
}

/// A layer that is being made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Layer {
    pub(super) name: String,
    /// How many of its steps are done.
    pub(super) done: usize,
    /// Whether all are, and the next start is the last.
    pub(super) settles: bool,
}

/// Everything that is remembered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    pub(super) stage: Stage,
    pub(super) config: Config,
    /// Starts of the installed system, this one included.
    pub(super) starts: u32,
    /// Starts that the transcript has ended.
    pub(super) played: usize,
    pub(super) edition: String,
    pub(super) image_name: String,
    pub(super) image_index: u32,
    pub(super) computer_name: Option<String>,
    pub(super) accounts: Vec<String>,
    pub(super) prevents_encryption: bool,
    pub(super) encrypted: bool,
    pub(super) drivers: Vec<Driver>,
    pub(super) registry: Registry,
    /// Each command that ran, with its exit code.
    pub(super) commands: Vec<(String, i32)>,
    /// Whether the machine has been powered off: from then on layers may come.
    pub(super) ended: bool,
    pub(super) layer: Option<Layer>,
    /// The layers that were made, by their names.
    pub(super) layers: Vec<String>,
    /// When Setup ran, in seconds since 1970.
    pub(super) installed: u64,
    /// How often the name was set by what a machine was told.
    pub(super) renamed: u32,
    /// The hashes of the passwords that this start was told, by account.
    pub(super) passwords: BTreeMap<String, String>,
    /// The machine at each start: Setup's first.
    pub(super) machine: Vec<Facts>,
}

impl State {
    /// Reads it from C:.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let path = root.join(PANTHER).join("standin.json");
        let bytes = fs::read(path).context("the disk holds no Windows of the stand-in's")?;
        serde_json::from_slice(&bytes).context("the stand-in's state is broken")
    }

    /// Writes it to C:.
    pub(super) fn write(&self, root: &Path) -> Result<()> {
        let path = root.join(PANTHER).join("standin.json");
        let bytes = serde_json::to_vec_pretty(self).context("the state cannot be told")?;
        fs::write(path, bytes).context("cannot write the stand-in's state")
    }
}

/// Adds a line to one of Setup's logs on C:, in Setup's own form.
pub(super) fn log(root: &Path, name: &str, level: &str, text: &str) -> Result<()> {
    use std::io::Write as _;
    let folder = root.join(PANTHER);
    fs::create_dir_all(&folder).context("cannot make Setup's folder")?;
    let file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(name));
    let line = format!("{}, {level:<24} SP     {text}\r\n", now());
    file.and_then(|mut file| file.write_all(line.as_bytes()))
        .with_context(|| format!("cannot write `{name}`"))
}

/// The clock, in seconds since 1970.
pub(super) fn seconds() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The clock, as Setup's logs show it.
pub(super) fn now() -> String {
    let seconds = seconds();
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = crate::udf::date(days);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}
