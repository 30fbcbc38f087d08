//! Becoming a person's own tool, which sees that person's environment and terminal.
//!
//! Nothing of ours is left to wait for it, so it needs no guard, and its exit code is the
//! process's.

use std::os::unix::process::CommandExt as _;

use anyhow::anyhow;
use camino::Utf8Path;

/// Becomes a program by its path. It returns only where that fails.
pub(crate) fn replace(program: &Utf8Path, args: &[String]) -> anyhow::Error {
    let error = std::process::Command::new(program).args(args).exec();
    anyhow!(error).context(format!("cannot start `{program}`"))
}
