//! The machine that the figures are of, and what else it did.

use std::fs;

use anyhow::Result;

use crate::root::Root;
use crate::store;

/// Some lines of Markdown.
pub(super) fn conditions(root: &Root) -> Result<String> {
    let cpu = value("/proc/cpuinfo", "model name");
    let cores = count("/proc/cpuinfo", "processor");
    let memory = value("/proc/meminfo", "MemTotal");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load: Vec<_> = load.split(' ').take(2).collect();
    let qemu = first_line(root, &["qemu-system-x86_64", "--version"])?;
    let nix = first_line(root, &["nix", "--version"])?;
    let version = env!("CARGO_PKG_VERSION");
    let day = first_line(root, &["date", "--utc", "+%Y-%m-%d"])?;
    Ok(format!(
        "* {day}.\n\
         * {cores} cores of {cpu}, {memory} of memory, Linux {}.\n\
         * {qemu}, under TCG; {nix}; xtask {version}, a release build, statically linked.\n\
         * Load before it began, over 1 and 5 minutes: {}. On a machine that does nothing else it \
         is below 0.2.\n",
        kernel.trim(),
        load.join(" and "),
    ))
}

/// What stands behind a word and a colon in one of the kernel's files.
fn value(file: &str, word: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(word));
    let value = line.and_then(|line| line.split_once(':'));
    value.map_or_else(
        || "unknown".to_owned(),
        |(_, value)| value.trim().to_owned(),
    )
}

fn count(file: &str, word: &str) -> usize {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().filter(|line| line.starts_with(word)).count()
}

fn first_line(root: &Root, command: &[&str]) -> Result<String> {
    let text = store::read(root, &[], command)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
