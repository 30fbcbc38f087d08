//! The archive that this machine is configured with, and how it is spoken to.

use anyhow::{Context, Result};
use camino::Utf8Path;
use xshell::{Shell, cmd};

/// Debian's keys, as the package `debian-archive-keyring` installs them everywhere.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Where Debian is taken from: the machine's own mirror. Package lists are fetched when there are
/// none yet, because only they say which of the configured archives is Debian's.
pub(super) fn mirror(sh: &Shell) -> Result<String> {
    if let Some(found) = configured(sh)? {
        return Ok(found);
    }
    eprintln!("fetching package lists");
    cmd!(sh, "apt-get update")
        .quiet()
        .run()
        .context("cannot fetch package lists")?;
    configured(sh)?.context("no archive with the label `Debian` is configured on this machine")
}

/// Only the main archive has this label; security updates and others have labels of their own.
fn configured(sh: &Shell) -> Result<Option<String>> {
    let format = "$(LABEL) $(REPO_URI)";
    let filter = "Created-By: Packages";
    let found = cmd!(sh, "apt-get indextargets --format {format} {filter}")
        .quiet()
        .read()?;
    let mut debian = found
        .lines()
        .filter_map(|line| line.strip_prefix("Debian "));
    Ok(debian.next().map(str::to_owned))
}

/// The line of `sources.list` for a suite.
pub(super) fn source(mirror: &str, suite: &str) -> String {
    let by = if Utf8Path::new(KEYRING).exists() {
        format!("[signed-by={KEYRING}] ")
    } else {
        String::new()
    };
    format!("deb {by}{mirror} {suite} main")
}

/// The machine's own ways to its mirror (proxies, certificates, dates that are not checked),
/// as options for mmdebstrap, which reads no configuration of the machine.
pub(super) fn options(sh: &Shell) -> Result<Vec<String>> {
    let dump = cmd!(sh, "apt-config dump Acquire").quiet().read()?;
    let ours = ["Acquire::Check-", "Acquire::http::", "Acquire::https::"];
    let lines = dump
        .lines()
        .filter(|line| ours.iter().any(|key| line.starts_with(key)));
    // A key without a value is only the parent of others.
    Ok(lines
        .filter(|line| !line.ends_with(" \"\";"))
        .map(|l| format!("--aptopt={l}"))
        .collect())
}
