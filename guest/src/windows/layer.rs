//! Finds the medium of a layer, and takes over what it brings.

use std::fs;
use std::io::{Error, Read as _};
use std::path::Path;

use lucarne_protocol::step::{FOLDER, Steps};

use super::world::World;
use super::{command, files, letters, medium};
use crate::layer::{self, Marker};
use crate::state::State;

/// The program's own file.
const PROGRAM: &str = "lucarne-guest.exe";
/// The file that says what a medium is for has a few hundred bytes.
const MARKER_BYTES_MAX: u64 = 1 << 20;

/// What a medium makes of this start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is none.
    Nothing,
    /// Another build begins.
    Layer,
    /// The medium's own program is in the place of this one, and is to go on after a restart.
    Program,
}

/// Looks into the CD drives of a sealed image, and copies what is needed of a layer's medium.
///
/// The host takes a layer's medium out before its last start, and a machine has none: so one that
/// is there begins a layer, were it of a plan that is below already. Its hash would not tell: it
/// knows neither the base nor what the files hold.
pub(super) fn take(state: &mut State, world: &mut World) -> Result<Found, String> {
    let cds = letters::taken()
        .into_iter()
        .filter(|letter| letters::is_cd(*letter));
    for letter in cds {
        let medium = format!(r"{letter}:\lucarne");
        let Some(marker) = marker(&format!(r"{medium}\lucarne.json"), world)? else {
            continue;
        };
        if renew(&medium)? {
            return Ok(Found::Program);
        }
        copy(&medium, state)?;
        layer::begin(state, &marker);
        return Ok(Found::Layer);
    }
    Ok(Found::Nothing)
}

/// What a medium's file makes of this start; `None` where it is somebody else's medium.
///
/// One that can neither be opened nor listed is most likely somebody's with a scratch, and stops no
/// machine. Were it a layer's, its build would end by the words of a machine's start, and this one.
fn marker(path: &str, world: &mut World) -> Result<Option<Marker>, String> {
    let cannot = |error: Error| format!("cannot read `{path}`: {error}");
    let file = match medium::open(path) {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(None),
        Err(error) if medium::is_foreign(&error) => return Ok(None),
        Err(error) if is_listed(Path::new(path)) => return Err(cannot(error)),
        Err(error) => {
            world.tell_later(cannot(error));
            return Ok(None);
        }
    };
    let mut text = String::new();
    let mut bounded = file.take(MARKER_BYTES_MAX);
    bounded.read_to_string(&mut text).map_err(cannot)?;
    Marker::read(&text)
}

/// Whether the folder of a file lists it.
fn is_listed(path: &Path) -> bool {
    let entries = path.parent().and_then(|folder| fs::read_dir(folder).ok());
    // A lasting error would come again and again, and be no end.
    let mut names = entries.into_iter().flatten().map_while(Result::ok);
    names.any(|entry| Some(&*entry.file_name()) == path.file_name())
}

fn copy(medium: &str, state: &State) -> Result<(), String> {
    let folder = layer::folder(state);
    let (from, to) = (
        format!(r"{medium}\payload"),
        format!(r"{FOLDER}\{folder}\payload"),
    );
    if Path::new(&from).is_dir() {
        files::copy(Path::new(&from), Path::new(&to))?;
    }
    let path = format!(r"{medium}\steps.json");
    let text =
        fs::read_to_string(&path).map_err(|error| format!("cannot read `{path}`: {error}"))?;
    let steps: Steps = serde_json::from_str(&text)
        .map_err(|error| format!("`{path}` is no list of steps: {error}"))?;
    let merged = layer::merge(&command::steps()?, steps, &folder)?;
    let text = serde_json::to_string_pretty(&merged).map_err(|error| error.to_string())?;
    files::write_whole(&command::steps_path(), text.as_bytes())
}

/// Puts the medium's program into the place of this one, where it is another. Windows lets a
/// program that runs be renamed, but not replaced.
fn renew(medium: &str) -> Result<bool, String> {
    let Ok(new) = fs::read(format!(r"{medium}\{PROGRAM}")) else {
        return Ok(false);
    };
    let path = format!(r"{FOLDER}\{PROGRAM}");
    let known = fs::read(&path).map_err(|error| format!("cannot read `{path}`: {error}"))?;
    if new == known {
        return Ok(false);
    }
    let old = format!("{path}.old");
    files::remove(Path::new(&old))?;
    let moved = fs::rename(&path, &old);
    moved.map_err(|error| format!("cannot rename `{path}`: {error}"))?;
    files::write_whole(&path, &new)?;
    Ok(true)
}
