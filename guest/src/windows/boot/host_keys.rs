//! What this machine is known by over SSH: its host keys, kept on the data disk.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::Path;

use lucarne_protocol::settings::SSH;
use windows_sys::Win32::Security::{
    GetFileSecurityW, GetSecurityDescriptorOwner, OWNER_SECURITY_INFORMATION,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_SYSTEM, SetFileAttributesW,
};

use crate::boot::keys::{self, FOLDER, HostKeys};
use crate::windows::act::Deed;
use crate::windows::wide::{done, wide};
use crate::windows::{files, scm, security};

/// Sees to it that there are some. `data`: the data disk's root.
pub(super) fn provide(deed: &mut Deed<'_>, data: Option<&str>) -> Result<(), String> {
    let Some(server) = scm::program::of(SSH)? else {
        (deed.output)(format!("the image has no service `{SSH}`"));
        return Ok(());
    };
    let here = super::ssh_folder(deed)?;
    let disk = data.map(OnDisk::of).transpose()?;
    let on_disk = disk.as_ref().map(OnDisk::listed).transpose()?;
    let on_c = listed(&here)?;
    let on_disk = on_disk.as_ref().map(|it| &it.whole[..]);
    let from = keys::host_keys(&on_c.whole, on_disk);
    let done = if from.is_to_make() {
        let made = make(deed, &server, &here, &on_c.empty);
        made.and_then(|()| disk.as_ref().map_or(Ok(()), |disk| disk.keep(&here)))
    } else {
        Ok(())
    };
    match from {
        HostKeys::Here | HostKeys::Made => done,
        HostKeys::Kept => disk.as_ref().map_or(Ok(()), |disk| copy(&disk.kept, &here)),
        HostKeys::NotKept => {
            // This start has keys, whether the disk takes them, as one that cannot be written does
            // not.
            done.unwrap_or_else(|why| (deed.output)(why));
            Ok(())
        }
    }
}

/// Where the data disk keeps them.
struct OnDisk {
    above: String,
    kept: String,
    /// The SID of who made the folder above; `None` where there is none.
    owner: Option<String>,
}

impl OnDisk {
    /// By the disk's root.
    fn of(root: &str) -> Result<Self, String> {
        let above = format!("{root}{FOLDER}");
        Ok(Self {
            kept: format!(r"{above}\ssh"),
            owner: owner(&above)?,
            above,
        })
    }

    /// Those that are kept; of a folder that is not believed none.
    fn listed(&self) -> Result<Listed, String> {
        if keys::is_trusted(self.owner.as_deref()) {
            listed(&self.kept)
        } else {
            Ok(Listed::default())
        }
    }

    /// Keeps them for the next start: all of them or none.
    fn keep(&self, here: &str) -> Result<(), String> {
        self.provide()?;
        let kept = &self.kept;
        let (part, old) = (format!("{kept}.new"), format!("{kept}.old"));
        for folder in [&part, &old] {
            files::remove(Path::new(folder))?;
        }
        files::make(&part)?;
        copy(here, &part)?;
        // Nothing goes before the new ones are whole; a folder is renamed over none that there is.
        if Path::new(kept).exists() {
            files::rename(kept, &old)?;
        }
        files::rename(&part, kept)?;
        files::remove(Path::new(&old))
    }

    /// Makes the folder above, hidden and protected, where there is none.
    fn provide(&self) -> Result<(), String> {
        let above = &self.above;
        if self.owner.is_none() {
            files::make(above)?;
            security::protect(above, &keys::folder_sddl(None))?;
            let path = wide(above);
            // SAFETY: `path` ends with a zero.
            let hidden = unsafe {
                SetFileAttributesW(path.as_ptr(), FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM)
            };
            done(hidden, &format!("cannot hide `{above}`"))
        } else if keys::is_trusted(self.owner.as_deref()) {
            Ok(())
        } else {
            let what = "is somebody else's: the host keys are not kept";
            Err(format!("`{above}` {what}"))
        }
    }
}

/// The files of keys in a folder, by their names.
#[derive(Debug, Default)]
struct Listed {
    /// Those that hold something.
    whole: Vec<String>,
    /// Those that a kill left before they did.
    empty: Vec<String>,
}

/// Lists them. A folder that cannot be listed is not one without keys: they would be made anew, and
/// the machine be another.
fn listed(folder: &str) -> Result<Listed, String> {
    let cannot = |error: Error| format!("cannot list `{folder}`: {error}");
    let mut found = Listed::default();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
        entries => entries.map_err(cannot)?,
    };
    for entry in entries {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !keys::is_host_key(&name) {
            continue;
        }
        let is_whole = entry.metadata().map_err(cannot)?.len() > 0;
        let list = if is_whole {
            &mut found.whole
        } else {
            &mut found.empty
        };
        list.push(name);
    }
    Ok(found)
}

/// Copies all of them, each whole or not at all.
fn copy(from: &str, to: &str) -> Result<(), String> {
    for name in listed(from)?.whole {
        let path = format!(r"{from}\{name}");
        let bytes = fs::read(&path).map_err(|error| format!("cannot read `{path}`: {error}"))?;
        let bytes = zeroize::Zeroizing::new(bytes);
        files::write_protected(&format!(r"{to}\{name}"), &bytes, &keys::sddl(None))?;
    }
    Ok(())
}

/// Makes those that are missing, by the program that comes with the server.
fn make(deed: &mut Deed<'_>, server: &str, here: &str, empty: &[String]) -> Result<(), String> {
    // Not every `ssh-keygen` makes a key in the place of a file that holds nothing.
    for name in empty {
        files::remove(Path::new(&format!(r"{here}\{name}")))?;
    }
    let (folder, _) = crate::glob::split(server);
    let came = deed.program_well(&format!(r"{folder}\ssh-keygen.exe"), &["-A".to_owned()])?;
    came.error
        .map_or(Ok(()), |error| Err(format!("`ssh-keygen`: {error}")))
}

/// The SID of who made a folder; `None` where there is none, or a link in its place.
fn owner(path: &str) -> Result<Option<String>, String> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() && !found.file_type().is_symlink() => {}
        _ => return Ok(None),
    }
    let what = format!("cannot read whose `{path}` is");
    let text = wide(path);
    // A descriptor is at most 64 KiB, and one without a list has far less. Aligned as it wants.
    let mut descriptor = [0_u64; 64];
    let room = u32::try_from(size_of_val(&descriptor)).unwrap_or_default();
    let mut needed = 0;
    // SAFETY: `text` ends with a zero, and `descriptor` has the length that is told.
    let read = unsafe {
        GetFileSecurityW(
            text.as_ptr(),
            OWNER_SECURITY_INFORMATION,
            descriptor.as_mut_ptr().cast(),
            room,
            &raw mut needed,
        )
    };
    done(read, &what)?;
    let mut sid = std::ptr::null_mut();
    let mut defaulted = 0;
    // SAFETY: the descriptor is Windows' own, and lives as long as the SID is used.
    let got = unsafe {
        GetSecurityDescriptorOwner(
            descriptor.as_mut_ptr().cast(),
            &raw mut sid,
            &raw mut defaulted,
        )
    };
    done(got, &what)?;
    security::sid_text(sid).map(Some)
}
