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

/// Installs the compiler of libFuzzer's C++ where none is.
pub(super) fn install_compiler(sh: &Shell) -> Result<()> {
    if runs(sh, "c++") {
        return Ok(());
    }
    if !is_debian() {
        bail!("there is no `c++`, which compiles libFuzzer\nhint: install a compiler of C++");
    }
    install(sh, "g++")
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
    if runs(sh, "mmdebstrap") {
        return Ok(());
    }
    install(sh, "mmdebstrap")
}

fn runs(sh: &Shell, program: &str) -> bool {
    let told = cmd!(sh, "{program} --version").quiet();
    told.ignore_stdout().ignore_stderr().run().is_ok()
}

fn install(sh: &Shell, package: &str) -> Result<()> {
    eprintln!("installing {package}");
    let _noninteractive = sh.push_env("DEBIAN_FRONTEND", "noninteractive");
    cmd!(
        sh,
        "apt-get install --yes --no-install-recommends {package}"
    )
    .quiet()
    .run()
    .with_context(|| format!("cannot install {package}"))
}
