//! Looks at the host: the one part of the doctor with effects. It changes nothing, and waits for
//! nothing without a limit.

mod files;
mod kvm;
mod nix;
mod rom;

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::Seen;
use super::seen::{Folder, Keys, Purpose, Tool};
use crate::exec::Command;
use crate::failure::in_words;
use crate::instance::folders::{Folders, in_memory};
use crate::regular;
use crate::secure_boot::Variables;
use crate::signals::Signals;
use crate::tools::{self, Tools};

/// What a person named.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// A table of tools.
    pub tools: Option<&'a Tools>,
    /// Where an install would work.
    pub work: &'a Utf8Path,
}

/// Looks at everything.
pub fn look(
    given: Given<'_>,
    variable: &dyn Fn(&str) -> Option<String>,
    signals: &Signals,
) -> Seen {
    let places = tools::places(given.tools);
    let qemu = places.iter().find(|(name, _)| *name == "qemu");
    let qemu = qemu.and_then(|(_, place)| place.as_deref());
    let keys = places.iter().find(|(name, _)| *name == "varsMs");
    let keys = keys.and_then(|(_, place)| place.as_deref());
    let system = files::system();
    let kvm = kvm::look(qemu, signals);
    let group = kvm.device.as_ref().map(|device| device.group.as_str());
    let nix = nix::look(variable, group);
    let (memory_mib, memory_free_mib) = files::memory();
    Seen {
        tools_given: given.tools.is_some(),
        keys: keys.filter(|path| path.exists()).map(read_keys),
        folders: folders(given.work, nix.as_ref(), variable),
        tools: places
            .iter()
            .map(|(name, place)| tool(name, place.as_deref()))
            .collect(),
        system,
        kvm,
        nix: nix.map(|found| found.nix),
        memory_mib,
        memory_free_mib,
    }
}

/// A tool, and what it says of its version. Files of the firmware have none.
fn tool(name: &str, place: Option<&Utf8Path>) -> Tool {
    let mut tool = Tool {
        name: name.to_owned(),
        ..Tool::default()
    };
    let Some(place) = place else {
        return tool;
    };
    tool.path = Some(place.to_string());
    let asked = match name {
        // Read by others, and run in Windows.
        "code" | "vars" | "varsMs" | "guest" => {
            tool.trouble = regular::open(place).err().map(|e| e.to_string());
            return tool;
        }
        "ip" => "-V",
        _ => "--version",
    };
    match Command::new(place).arg(asked).run() {
        Ok(output) => tool.version = first_line(&output.stdout),
        Err(error) => tool.trouble = Some(in_words(&error).0),
    }
    tool
}

fn first_line(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().next()?.trim();
    Some(crate::problem::one_line(line)).filter(|line| !line.is_empty())
}

fn read_keys(path: &Utf8Path) -> Keys {
    let mut keys = Keys {
        path: path.to_string(),
        ..Keys::default()
    };
    match Variables::read(path) {
        Ok(variables) => {
            keys.off = variables.off().map(ToOwned::to_owned);
            keys.trusted = variables.trusted();
            keys.revoked = variables.revoked();
        }
        Err(error) => keys.trouble = Some(in_words(&error).0),
    }
    keys
}

fn folders(
    work: &Utf8Path,
    nix: Option<&nix::Found>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Vec<Folder> {
    let mut wanted = vec![(Purpose::Work, work.to_owned())];
    if let Some(found) = nix {
        wanted.push((Purpose::NixBuild, found.build_folder.clone()));
        wanted.push((Purpose::NixStore, "/nix/store".into()));
    }
    // The name is no machine's: what counts is the disk that its folders would be on.
    if let Ok(folders) = Folders::find("doctor", variable) {
        wanted.push((Purpose::State, folders.state));
        wanted.push((Purpose::Cache, folders.cache));
    }
    let wanted = wanted.into_iter();
    let seen = wanted.filter_map(|(purpose, path)| {
        let place = nearest(&path)?;
        let found = rustix::fs::statvfs(place.as_std_path()).ok()?;
        Some(Folder {
            purpose,
            free_mib: found.f_bavail.saturating_mul(found.f_frsize) >> 20,
            in_memory: in_memory(&place).unwrap_or_default(),
            refused: refused(purpose, &place),
            path: place.into_string(),
        })
    });
    seen.collect()
}

/// Why this user cannot write to a folder of this user's; Nix's are its daemon's.
fn refused(purpose: Purpose, folder: &Utf8Path) -> Option<String> {
    if matches!(purpose, Purpose::NixBuild | Purpose::NixStore) {
        return None;
    }
    let asked = Access::WRITE_OK | Access::EXEC_OK;
    let error = accessat(CWD, folder.as_std_path(), asked, AtFlags::EACCESS).err()?;
    Some(io::Error::from(error).to_string())
}

/// The folder, or the one that it would be made in.
fn nearest(path: &Utf8Path) -> Option<Utf8PathBuf> {
    let path = camino::absolute_utf8(path).ok()?;
    let found = path.ancestors().find(|path| path.is_dir());
    found.map(Utf8Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_in_the_place_of_a_file_is_told_at_once() {
        let folder = tempfile::tempdir().expect("the test may write");
        let place = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let pipe = place.join("OVMF_VARS.fd");
        Command::new(Utf8Path::new("/usr/bin/mkfifo"))
            .arg(pipe.as_str())
            .run()
            .expect("the test may write");
        let told = tool("vars", Some(&pipe)).trouble;
        assert_eq!(told.as_deref(), Some("it is a pipe, not a regular file"));
        let missing = tool("vars", Some(&place.join("none")));
        assert!(missing.trouble.is_some());
    }
}
