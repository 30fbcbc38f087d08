//! `cargo xtask lucarne`: this checkout's `lucarne` with the tool root's QEMU and the rest.

use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::{enter, parts, root, standin};

/// The commands that put the guest program onto a medium.
const INSTALLING: [&str; 3] = ["install", "layer", "selftest"];

/// What it is told.
#[derive(Args)]
pub(crate) struct Own {
    /// Its command and arguments; files are seen where they name them, and in the machine's own
    /// folders such as `/home`, `/srv` and `/mnt`
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

impl Own {
    /// Ends as it ends.
    pub(crate) fn run(self) -> Result<u8> {
        enter::run(command(&self.words, &folders()?)?)
    }
}

/// Puts the guest program where `lucarne` looks for it.
pub(crate) fn guest_beside(lucarne: &Utf8Path) -> Result<()> {
    let place = lucarne.with_file_name("lucarne-guest.exe");
    standin::copy(&parts::guest()?.program, &place)
}

/// A command line of it, ready to be started in this folder, with a machine's folders by the
/// variables that name them.
pub(crate) fn command(
    words: &[String],
    folders: &[(&'static str, Utf8PathBuf)],
) -> Result<Command> {
    let root = root::ensure()?;
    let lucarne = parts::lucarne()?;
    if words
        .first()
        .is_some_and(|word| INSTALLING.contains(&word.as_str()))
    {
        guest_beside(&lucarne)?;
    }
    let mut inner = vec![lucarne.into_string()];
    inner.extend(words.iter().cloned());
    let mut seen = enter::places::of(words)?;
    for (_, folder) in folders {
        fs::create_dir_all(folder).with_context(|| format!("cannot make `{folder}`"))?;
        seen.push(folder.clone());
    }
    let mut command = enter::command(&root, &seen, &inner)?;
    command.envs(folders.iter().map(|(name, folder)| (name, folder)));
    Ok(command)
}

/// Where machines have their folders: where they would be without the tool root, or else in the
/// cache, so that nothing of theirs gets lost in the root itself.
fn folders() -> Result<Vec<(&'static str, Utf8PathBuf)>> {
    let own = root::cache()?.join("machines");
    let named = [
        ("XDG_STATE_HOME", "state"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_RUNTIME_DIR", "run"),
    ];
    let set = |name| env::var(name).ok().filter(|path| path.starts_with('/'));
    let folder = |(name, part)| (name, set(name).map_or_else(|| own.join(part), Into::into));
    Ok(named.into_iter().map(folder).collect())
}
