//! Runs the programs that the build needs, and says where the rest of what it needs lies.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

/// A fixed moment for everything that records one: equal inputs give equal bytes.
pub(super) const EPOCH_SECONDS: u64 = 1_735_689_600;

/// Files that are not this program's own. By default Debian's; nixpkgs keeps each in a folder of
/// its own.
#[derive(Clone, Debug, clap::Args)]
pub struct Sources {
    /// Firmware variables without keys
    #[arg(long, default_value = "/usr/share/OVMF/OVMF_VARS_4M.fd")]
    pub ovmf_vars: PathBuf,
    /// The folder of systemd's EFI stub and boot menu
    #[arg(long, default_value = "/usr/lib/systemd/boot/efi")]
    pub efi_programs: PathBuf,
    /// A kernel; otherwise the newest cloud kernel of `/boot`
    #[arg(long, requires = "modules")]
    pub kernel: Option<PathBuf>,
    /// The folder of that kernel's modules, named by its version
    #[arg(long, requires = "kernel")]
    pub modules: Option<PathBuf>,
}

/// Where programs are searched: the caller's folders, for they differ between distributions.
fn path() -> OsString {
    env::var_os("PATH").unwrap_or_else(|| "/usr/sbin:/usr/bin:/sbin:/bin".into())
}

/// The file of a program.
pub(super) fn find(program: &str) -> Result<PathBuf> {
    env::split_paths(&path())
        .map(|folder| folder.join(program))
        .find(|file| fs::metadata(file).is_ok_and(|found| found.is_file()))
        .with_context(|| format!("there is no `{program}`: run this inside the tool root"))
}

/// Runs a program in a folder and gives its output; a failure carries what it said.
pub(super) fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", path())
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .env("SOURCE_DATE_EPOCH", EPOCH_SECONDS.to_string())
        // mtools refuses images whose geometry it finds odd.
        .env("MTOOLS_SKIP_CHECK", "1")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{program}`: run this inside the tool root"))?;
    if !output.status.success() {
        bail!(
            "`{program} {}` ended with {}: {}{}",
            arguments.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(output.stdout)
}
