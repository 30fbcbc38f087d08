//! What the machine must be, and the one package that is installed on it.

use std::fs;

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

/// Says in a sentence what is missing, before anything is tried.
pub(super) fn check() -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        bail!(
            "the tool root needs root's rights: its packages are installed by dpkg, and it is \
             entered with mount namespaces of its own\nhint: run the same command as root"
        );
    }
    if !cfg!(target_arch = "x86_64") {
        bail!("the tool root holds x86_64 programs, and this machine is another architecture");
    }
    Ok(())
}

/// True for Debian itself: other distributions' archives have no `trixie`.
fn is_debian() -> bool {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    text.lines()
        .any(|line| matches!(line.trim(), "ID=debian" | "ID=\"debian\""))
}

/// Installs mmdebstrap where it is missing.
pub(super) fn install_mmdebstrap(sh: &Shell) -> Result<()> {
    if !is_debian() {
        bail!(
            "the tool root is made with Debian's mmdebstrap from the machine's own Debian \
             archive, and this is not Debian\nhint: run it on Debian 12 or later, a container \
             with the right to mount is enough; with Nix, use `nix run .#demo`"
        );
    }
    if cmd!(sh, "mmdebstrap --version")
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .is_ok()
    {
        return Ok(());
    }
    eprintln!("installing mmdebstrap");
    let _noninteractive = sh.push_env("DEBIAN_FRONTEND", "noninteractive");
    cmd!(
        sh,
        "apt-get install --yes --no-install-recommends mmdebstrap"
    )
    .quiet()
    .run()
    .context("cannot install mmdebstrap")
}
