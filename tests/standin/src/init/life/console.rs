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
    order::{BLOCK_BYTES, pattern},
    steps,
};

/// How much a `churn` writes at most, in blocks: 32 MiB.
pub(super) const CHURN_MAX: u64 = 512;
/// The files that it writes into, one after the other.
const FILES: u64 = 8;

/// Writes a file, on the disk when this returns.
pub(super) fn write(drives: &Drives, path: &str, bytes: &[u8]) -> Result<()> {
    let at = drives.place(path)?;
    let folder = at.parent().context("a file without a folder")?;
    fs::create_dir_all(folder).context("cannot make its folder")?;
    let mut file = File::create(&at).with_context(|| format!("cannot make `{path}`"))?;
    file.write_all(bytes)
        .with_context(|| format!("cannot write `{path}`"))?;
    flush(&file)
}

/// Writes the file system's own books, and then has the disk write what it holds back: the first
/// alone leaves that in the disk's own cache.
fn flush(file: &File) -> Result<()> {
    let flushed = rustix::fs::syncfs(file).map_err(std::io::Error::from);
    flushed
        .and_then(|()| file.sync_all())
        .context("it is not on the disk")
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

/// Makes a `churn`'s files. They only grow afterwards: the kernel's NTFS has no journal, so a
/// folder that changes may be torn by a power cut as Windows' own is not.
pub(super) fn begin(drives: &Drives, path: &str) -> Result<()> {
    for number in 0..FILES {
        write(drives, &churned(path, number), b"")?;
    }
    Ok(())
}

fn churned(path: &str, number: u64) -> String {
    format!(r"{path}\{}.bin", number % FILES)
}

/// Adds a block to one of them, on the disk when this returns.
pub(super) fn add(drives: &Drives, path: &str, number: u64) -> Result<()> {
    let at = drives.place(&churned(path, number))?;
    let file = File::options().append(true).open(at);
    let mut file = file.context("a file is gone")?;
    file.write_all(&pattern(number)).context("cannot write")?;
    flush(&file)
}

/// How many of an earlier `churn`'s blocks are whole, from the first on, and which of the others
/// are there and are not.
pub(super) fn check(drives: &Drives, path: &str) -> Result<Value> {
    let mut files = Vec::new();
    for number in 0..FILES {
        let path = churned(path, number);
        let at = drives.find(&path)?;
        let at = at.with_context(|| format!("there is no `{path}`"))?;
        files.push(fs::read(at).with_context(|| format!("cannot read `{path}`"))?);
    }
    let block = |number: u64| -> Result<Vec<u8>> {
        let file = &files[usize::try_from(number % FILES)?];
        // Numbers count from 1, so those in file 0 are 8, 16 and so on.
        let at = usize::try_from((number - 1) / FILES)? * BLOCK_BYTES;
        let rest = file.get(at..).unwrap_or_default();
        Ok(rest[..rest.len().min(BLOCK_BYTES)].to_vec())
    };
    let mut whole = 0;
    while whole < CHURN_MAX && block(whole + 1)? == pattern(whole + 1) {
        whole += 1;
    }
    let mut torn = Vec::new();
    for number in whole + 1..=CHURN_MAX {
        if !block(number)?.is_empty() {
            torn.push(number);
        }
    }
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
