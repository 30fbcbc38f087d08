//! What is asked of Nix, in the tool root.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};

use crate::enter;
use crate::root::Root;

/// A file as a value of fixed content, as `utils.windowsIso` takes it.
pub(crate) struct Fixed {
    pub(crate) name: &'static str,
    pub(crate) hash: String,
}

/// Puts a file into the store under a name of ours: its own may have characters that Nix refuses.
pub(crate) fn add(root: &Root, file: &Utf8Path, name: &str) -> Result<Utf8PathBuf> {
    let command = ["nix", "store", "add", "--name", name, file.as_str()];
    read(root, &[file.to_owned()], &command).map(Utf8PathBuf::from)
}

/// The same for an ISO, which is known by the hash of its bytes alone.
pub(crate) fn add_fixed(root: &Root, file: &Utf8Path, name: &'static str) -> Result<Fixed> {
    let bind = [file.to_owned()];
    let hash = read(root, &bind, &["nix", "hash", "file", file.as_str()])?;
    let command = [
        "nix",
        "store",
        "add",
        "--mode",
        "flat",
        "--name",
        name,
        file.as_str(),
    ];
    read(root, &bind, &command)?;
    Ok(Fixed { name, hash })
}

/// True when a path is in the store, whole.
pub(crate) fn has(root: &Root, path: &str) -> Result<bool> {
    let mut command = enter::command(root, &[], &words(&["nix-store", "--check-validity", path]))?;
    Ok(command.stderr(Stdio::null()).status()?.success())
}

/// Runs a command in the tool root that must succeed; gives what it wrote, without the last line
/// end. Its messages go to the terminal.
pub(crate) fn read(root: &Root, bind: &[Utf8PathBuf], command: &[&str]) -> Result<String> {
    let shown = command.join(" ");
    let mut outer: Command = enter::command(root, bind, &words(command))?;
    let done = outer.stderr(Stdio::inherit()).output();
    let done = done.with_context(|| format!("cannot start `{shown}`"))?;
    if !done.status.success() {
        bail!("`{shown}` ended with {}", enter::code(done.status));
    }
    let text = String::from_utf8(done.stdout).with_context(|| format!("`{shown}`: not UTF-8"))?;
    Ok(text.trim_end().to_owned())
}

pub(crate) fn words(command: &[&str]) -> Vec<String> {
    command.iter().map(|&word| word.to_owned()).collect()
}
