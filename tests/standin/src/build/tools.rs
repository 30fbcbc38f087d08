//! Runs the tool root's programs, by absolute path and with a cleared environment.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

/// A fixed moment for everything that records one: equal inputs give equal bytes.
pub(super) const EPOCH_SECONDS: u64 = 1_735_689_600;

/// Runs a program in a folder and gives its output; a failure carries what it said.
pub(super) fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
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
