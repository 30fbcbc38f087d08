//! Runs sysprep at the end of a build, and lets Setup end at a generalised image's first start.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use lucarne_protocol::step::{FOLDER, GENERALIZE_FILE};
use windows_sys::Win32::System::Registry::HKEY_LOCAL_MACHINE;

use super::registry::Key;
use super::{files, settle, world};
use crate::generalize::{self, IMAGE_STATE, SYSPREP_STATE, Seen};
use crate::pace;

const SYSPREP: &str = r"C:\Windows\System32\Sysprep\sysprep.exe";
/// What it writes, beside Setup's logs of the same names.
pub(super) const ERRORS: &str = r"C:\Windows\System32\Sysprep\Panther\setuperr.log";
pub(super) const ACTIONS: &str = r"C:\Windows\System32\Sysprep\Panther\setupact.log";
/// How long Setup may take at the first start of a generalised image, before OOBE is over.
const SETUP: Duration = Duration::from_secs(3600);
/// How often it is looked for.
const LOOK: Duration = Duration::from_secs(2);

/// Where Setup finds its answers at a generalised image's first start.
pub(super) fn answers() -> String {
    format!(r"{FOLDER}\{GENERALIZE_FILE}")
}

/// Has sysprep generalise Windows with an answer file, and says how it went. That it exited with 0
/// is no proof.
pub(super) fn generalize(answers: &str, limit: Duration) -> Result<String, String> {
    // The program may have been killed after it, and before that was written down.
    let before = seen()?;
    if before.is_general() {
        return Ok(format!("Windows was generalised before: {before}"));
    }
    let begin = Instant::now();
    let ended = settle::run(SYSPREP, &generalize::arguments(answers), limit);
    let after = seen()?;
    let sec = begin.elapsed().as_secs();
    let what = match ended {
        Ok(0) if after.is_general() => {
            return Ok(format!("sysprep generalised Windows in {sec} s: {after}"));
        }
        Ok(code) => format!("sysprep ended with {code:#x} after {sec} s, and {after}"),
        Err(error) => format!("sysprep: {error}; {after}"),
    };
    let cause = [ERRORS, ACTIONS].into_iter().find_map(cause);
    Err(match cause {
        Some(cause) => format!("{what}: {cause}"),
        None => format!("{what}: its logs tell why, `sysprep-setuperr.log` first"),
    })
}

fn cause(log: &str) -> Option<String> {
    generalize::cause(&mut fs::File::open(log).ok()?)
}

fn seen() -> Result<Seen, String> {
    let image = match Key::open(HKEY_LOCAL_MACHINE, IMAGE_STATE.0)? {
        Some(key) => key.text(IMAGE_STATE.1)?,
        None => None,
    };
    Ok(Seen {
        image,
        sysprep: number(SYSPREP_STATE)?,
    })
}

/// A value of the registry's that is a number.
fn number((path, name): (&str, &str)) -> Result<Option<u32>, String> {
    let Some(key) = Key::open(HKEY_LOCAL_MACHINE, path)? else {
        return Ok(None);
    };
    let bytes = key.get(name)?.map(|(_, bytes)| bytes);
    Ok(bytes
        .and_then(|bytes| bytes.try_into().ok())
        .map(u32::from_le_bytes))
}

/// Before a machine's start: a Windows that was generalised, at a build's end or for a SID of its
/// own, goes through Setup once more, which renames the computer and makes devices anew, and
/// nothing of ours may be done while it does. Of any other Setup is over.
pub(super) fn begin() -> Result<(), String> {
    let limit = SETUP * pace::factor();
    let begin = Instant::now();
    let mut waited = false;
    while !is_set_up()? {
        if begin.elapsed() >= limit {
            let sec = limit.as_secs();
            return Err(format!("Windows' Setup did not end within {sec} s"));
        }
        if !waited {
            world::note("Windows' Setup is at work, and is waited for");
        }
        waited = true;
        thread::park_timeout(LOOK);
    }
    // Setup has had its answers, and one of them may be a password.
    files::remove(Path::new(&answers()))
}

/// Whether Setup is over, as it is not at the start after sysprep.
fn is_set_up() -> Result<bool, String> {
    let Some(key) = Key::open(HKEY_LOCAL_MACHINE, r"SYSTEM\Setup")? else {
        return Ok(true);
    };
    for name in ["SystemSetupInProgress", "OOBEInProgress"] {
        let value = key.get(name)?.map(|(_, bytes)| bytes);
        if value.is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0)) {
            return Ok(false);
        }
    }
    Ok(true)
}
