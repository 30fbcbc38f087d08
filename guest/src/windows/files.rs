//! Files and folders.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;

use lucarne_protocol::step::{Delete, Directory, File, Source};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_REPARSE_POINT, GetFileAttributesW, INVALID_FILE_ATTRIBUTES,
};

use super::security;
use super::system;
use super::variables::Variables;
use super::wide::wide;
use crate::glob;
use crate::held;
use crate::text;

/// An error with what was done to what.
fn told<T>(result: io::Result<T>, what: &str, path: &str) -> Result<T, String> {
    result.map_err(|error| format!("cannot {what} `{path}`: {error}"))
}

/// Writes a file beside its place and renames it there, so that it is whole or as it was. A scanner
/// that looks at it meanwhile is waited for.
pub(super) fn write_whole(path: &str, bytes: &[u8]) -> Result<(), String> {
    let part = format!("{path}.new");
    let write = || {
        let mut file = fs::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    told(held::patiently(write, thread::park_timeout), "write", &part)?;
    rename(&part, path)
}

/// The same for a file that is protected before it holds anything. It is a new one, of this
/// program's account, whatever was in its place: what is no plain file goes.
pub(super) fn write_protected(path: &str, bytes: &[u8], sddl: &str) -> Result<(), String> {
    let part = format!("{path}.new");
    remove(Path::new(&part))?;
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => remove(Path::new(path))?,
        _ => writable(Path::new(path)),
    }
    let mut file = told(fs::File::create_new(&part), "make", &part)?;
    security::protect(&part, sddl)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    told(written, "write", &part)?;
    drop(file);
    rename(&part, path)
}

/// Renames a file, over another one too, or a folder.
pub(super) fn rename(from: &str, to: &str) -> Result<(), String> {
    let renamed = held::patiently(|| fs::rename(from, to), thread::park_timeout);
    told(renamed, "rename", &format!("{from}` to `{to}"))
}

/// A path with its variables expanded, from a letter on: what a variable that nobody set leaves
/// behind would be a place somewhere else.
pub(super) fn place(path: &str, variables: &Variables) -> Result<String, String> {
    let full = text::expand(path, |name| variables.get(name));
    let mut chars = full.chars();
    let letter = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
    if letter && chars.next() == Some(':') {
        Ok(full)
    } else {
        Err(format!(
            "`{path}` is `{full}`, which has no letter of a drive"
        ))
    }
}

/// Does a step.
pub(super) fn write(file: &File, variables: &Variables) -> Result<(), String> {
    let path = place(&file.path, variables)?;
    let (folder, _) = glob::split(&path);
    make(folder)?;
    if let Some(sddl) = &file.sddl {
        prepare(&path, &file.source)?;
        security::protect(&path, sddl)?;
    }
    match &file.source {
        Source::Payload(payload) => copy(Path::new(&payload.path()), Path::new(&path)),
        Source::Text {
            text,
            encoding,
            line_ends,
        } => {
            let bytes = text::encode(text, *encoding, *line_ends, system::to_ansi)?;
            if file.append {
                append(&path, &bytes)
            } else {
                writable(Path::new(&path));
                told(fs::write(&path, bytes), "write", &path)
            }
        }
    }
}

/// Makes what will be written, empty, so that it can be protected before it holds anything.
fn prepare(path: &str, source: &Source) -> Result<(), String> {
    if let Source::Payload(payload) = source {
        if Path::new(&payload.path()).is_dir() {
            return make(path);
        }
    }
    writable(Path::new(path));
    let opened = fs::OpenOptions::new().append(true).create(true).open(path);
    told(opened, "write", path).map(|_| ())
}

/// Adds at the end. A byte order mark has its place at the begin alone.
fn append(path: &str, bytes: &[u8]) -> Result<(), String> {
    let is_new = fs::metadata(path).map_or(true, |it| it.len() == 0);
    let marks: [&[u8]; 2] = [&[0xef, 0xbb, 0xbf], &[0xff, 0xfe]];
    let mark = marks.iter().find_map(|mark| bytes.strip_prefix(*mark));
    let bytes = mark.filter(|_| !is_new).unwrap_or(bytes);
    let opened = fs::OpenOptions::new().append(true).create(true).open(path);
    told(
        opened.and_then(|mut file| file.write_all(bytes)),
        "write",
        path,
    )
}

/// Makes a folder and those above it.
pub(super) fn make(path: &str) -> Result<(), String> {
    // A bare letter is a drive, which is there.
    if path.is_empty() || path.ends_with(':') {
        return Ok(());
    }
    told(fs::create_dir_all(path), "make the folder", path)
}

/// Does a step.
pub(super) fn directory(directory: &Directory, variables: &Variables) -> Result<(), String> {
    let path = place(&directory.path, variables)?;
    make(&path)?;
    match &directory.sddl {
        Some(sddl) => security::protect(&path, sddl),
        None => Ok(()),
    }
}

/// Copies a file, or a folder with all that is in it.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let shown = to.display().to_string();
    let source = told(fs::metadata(from), "read", &from.display().to_string())?;
    if !source.is_dir() {
        writable(to);
        // By its bytes alone: marks and protection are those of the place.
        let copied = fs::File::open(from).and_then(|mut source| {
            let mut target = fs::File::create(to)?;
            io::copy(&mut source, &mut target)
        });
        return told(copied, "write", &shown).map(|_| ());
    }
    told(fs::create_dir_all(to), "make the folder", &shown)?;
    for entry in told(fs::read_dir(from), "list", &from.display().to_string())? {
        let entry = told(entry, "list", &from.display().to_string())?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Takes the mark off that keeps a file from being changed. A file that is not there has none.
fn writable(path: &Path) {
    if let Ok(metadata) = fs::metadata(path) {
        let mut permissions = metadata.permissions();
        if permissions.readonly() {
            #[allow(
                clippy::permissions_set_readonly_false,
                reason = "that makes a file of Unix everybody's, and there are none here"
            )]
            permissions.set_readonly(false);
            // Writing then tells what is in the way.
            let _ = fs::set_permissions(path, permissions);
        }
    }
}

/// Does a step.
pub(super) fn delete(delete: &Delete, variables: &Variables) -> Result<(), String> {
    let path = place(&delete.path, variables)?;
    remove_all(&path).map(|_| ())
}

/// The first folder on the way to a path's last part that is a link or another reparse point, if
/// one is. Windows itself has some, such as `C:\Users\All Users`, which leads to `C:\ProgramData`.
fn link_above(path: &str) -> Option<&str> {
    let above = path.match_indices(['\\', '/']).map(|(end, _)| &path[..end]);
    above
        .filter(|folder| !folder.ends_with(':'))
        .find(|folder| {
            let text = wide(folder);
            // SAFETY: `text` ends with a zero. What the last part leads to is not asked.
            let attributes = unsafe { GetFileAttributesW(text.as_ptr()) };
            attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_REPARSE_POINT != 0
        })
}

/// Removes what a path with `*` in its last part stands for, and counts it. What a link leads to is
/// somebody else's place, under a name that nobody said: it is not entered.
pub(super) fn remove_all(path: &str) -> Result<usize, String> {
    let (folder, pattern) = glob::split(path);
    if folder.is_empty() {
        return Err(format!("`{path}` has no folder"));
    }
    if let Some(link) = link_above(path) {
        return Err(format!(
            "`{link}` is a link or another reparse point: nothing is removed through it"
        ));
    }
    let folder = format!(r"{folder}\");
    let entries = match fs::read_dir(&folder) {
        Err(error) if is_missing(&error) => return Ok(0),
        entries => told(entries, "list", &folder)?,
    };
    let mut count = 0;
    for entry in entries {
        let entry = told(entry, "list", &folder)?;
        if glob::fits(pattern, &entry.file_name().to_string_lossy()) {
            remove(&entry.path())?;
            count += 1;
        }
    }
    Ok(count)
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Removes a file, or a folder with all that is in it. A link goes as itself and is not followed,
/// were it put where a folder has just been seen, for the place may be an account's: the standard
/// library opens a folder before it looks at what is in it.
pub(super) fn remove(path: &Path) -> Result<(), String> {
    let shown = path.display().to_string();
    let kind = match fs::symlink_metadata(path) {
        Err(error) if is_missing(&error) => return Ok(()),
        metadata => told(metadata, "read", &shown)?.file_type(),
    };
    let once = || {
        if kind.is_dir() {
            fs::remove_dir_all(path)
        } else if kind.is_symlink() {
            // One to a folder is removed as a folder is.
            fs::remove_dir(path).or_else(|_| fs::remove_file(path))
        } else {
            writable(path);
            fs::remove_file(path)
        }
    };
    told(
        held::patiently(once, thread::park_timeout),
        "remove",
        &shown,
    )
}
