//! Does what it is told on COM2, and runs what the agent is asked to.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use anyhow::{Context as _, Result, ensure};
use rustix::{fs::FallocateFlags, io::Errno};
use serde_json::{Value, json};

use super::Life;
use crate::{
    drives::Drives,
    init::{platform, windows::Windows},
    order::pattern,
    steps,
};

/// The most files that a `churn` writes: 512 MiB.
pub(super) const CHURN_MAX: u64 = 8192;

/// Writes a file, on the disk when this returns.
pub(super) fn write(drives: &Drives, path: &str, bytes: &[u8]) -> Result<()> {
    let at = drives.place(path)?;
    let folder = at.parent().context("a file has a folder")?;
    fs::create_dir_all(folder).context("cannot make its folder")?;
    let mut file = File::create(&at).with_context(|| format!("cannot make `{path}`"))?;
    file.write_all(bytes)
        .with_context(|| format!("cannot write `{path}`"))?;
    // The file system's own books too, not only the file.
    rustix::fs::syncfs(&file).with_context(|| format!("`{path}` is not on the disk"))
}

/// A file's text, if there is one.
pub(super) fn read(drives: &Drives, path: &str) -> Result<Option<String>> {
    let found = drives.find(path)?.filter(|at| at.is_file());
    found
        .map(|at| {
            let bytes = fs::read(&at).with_context(|| format!("cannot read `{path}`"))?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        })
        .transpose()
}

/// The place of one of `churn`'s files.
pub(super) fn churned(path: &str, number: u64) -> String {
    format!(r"{path}\{number}.bin")
}

/// How many of an earlier `churn`'s files are whole, from the first on, and which of the others
/// are there and are not.
pub(super) fn check(drives: &Drives, path: &str) -> Result<Value> {
    let folder = drives.find(path)?.filter(|at| at.is_dir());
    let folder = folder.with_context(|| format!("there is no `{path}`"))?;
    let is_whole = |number: u64| {
        let bytes = fs::read(folder.join(format!("{number}.bin")));
        bytes.is_ok_and(|bytes| bytes == pattern(number))
    };
    let whole = (1..=CHURN_MAX)
        .take_while(|number| is_whole(*number))
        .count() as u64;
    let torn: Vec<u64> = (whole + 1..=CHURN_MAX)
        .filter(|number| folder.join(format!("{number}.bin")).exists())
        .collect();
    Ok(json!({ "whole": whole, "torn": torn }))
}

/// Takes all the room of a drive, up to its last cluster: how much there was. Nothing is written.
pub(super) fn fill(drives: &Drives, drive: char) -> Result<Value> {
    let at = drives.place(&format!(r"{drive}:\full.bin"))?;
    let file = File::create(&at).context("cannot make a file")?;
    let (mut bytes, mut size) = (0, 1 << 30);
    while size >= 4096 {
        match rustix::fs::fallocate(&file, FallocateFlags::empty(), bytes, size) {
            Ok(()) => bytes += size,
            Err(Errno::NOSPC) => size /= 2,
            Err(error) => return Err(error).context("cannot take the room"),
        }
    }
    Ok(json!({ "filled": bytes }))
}

/// Runs a program as the agent does: what it ended with, and what it wrote.
pub(super) fn run(life: &Life, windows: &mut Windows, words: &[String]) -> Result<(i32, String)> {
    let (program, arguments) = words.split_first().context("no program")?;
    let program = program.to_lowercase();
    let name = program.rsplit(['\\', '/']).next().unwrap_or_default();
    match (name.trim_end_matches(".exe"), arguments) {
        ("cmd", [option, rest @ ..]) if option.eq_ignore_ascii_case("/c") => {
            steps::script(&rest.join(" "), &life.drives, &mut windows.state.registry)
        }
        ("hostname", []) => {
            let name = windows.state.computer_name.as_deref().unwrap_or("WINDOWS");
            Ok((0, format!("{name}\r\n")))
        }
        _ => {
            // What Windows says of a program that it does not find.
            let said = format!("'{program}' is not recognized as a command\r\n");
            Ok((1, said))
        }
    }
}

/// Stops the machine as a bug check does, of which the host hears through QEMU's panic device.
pub(super) fn crash() -> Result<()> {
    platform::load(&["pvpanic_mmio"])?;
    platform::flush();
    let trigger = Path::new("/proc/sysrq-trigger");
    ensure!(trigger.exists(), "nothing here can crash");
    fs::write(trigger, "c").context("the kernel does not panic")
}
