//! The lock of a file in the making: a small file beside it, which goes with it.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::give;

/// Behind the name of what it locks.
pub(super) const ENDING: &str = ".lock";
/// How often it is taken anew because whoever had it has just removed it.
const TRIES_MAX: u32 = 100;

/// A lock that this process has. Dropping it removes its file, and frees it then.
#[derive(Debug)]
pub(super) struct Lock {
    path: Utf8PathBuf,
    file: File,
    /// Whether this process made the file: another may be a second name of anything.
    is_new: bool,
}

/// What came of taking one.
#[derive(Debug)]
pub(super) enum Taken {
    Ours(Lock),
    Anothers,
}

impl Lock {
    /// Takes the lock of a file, unless another has it. What a killed process left is free.
    pub(super) fn take(of: &Utf8Path) -> anyhow::Result<Taken> {
        let path = Utf8PathBuf::from(format!("{of}{ENDING}"));
        try_take(&path).with_context(|| format!("cannot lock `{path}`"))
    }

    pub(super) fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Lets it belong to whom a folder belongs, who clears away what root left.
    pub(super) fn give(&self, folder: &Utf8Path) -> io::Result<()> {
        if self.is_new {
            give(&self.file, folder)?;
        }
        Ok(())
    }
}

fn try_take(path: &Utf8Path) -> io::Result<Taken> {
    for _ in 0..TRIES_MAX {
        let Some((file, is_new)) = open(path)? else {
            continue;
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Ok(Taken::Anothers),
            Err(error) => {
                // Such as a file system that has no locks: nobody else has this one either.
                if is_new {
                    _ = fs::remove_file(path);
                }
                return Err(error.into());
            }
        }
        // Another may have removed it since it was opened, and a third made a new one.
        if file.metadata()?.nlink() > 0 {
            return Ok(Taken::Ours(Lock {
                path: path.to_owned(),
                file,
                is_new,
            }));
        }
    }
    Ok(Taken::Anothers)
}

/// Opens it for writing, without which NFS locks nothing, and tells whether it was made for that.
/// `None`: it was there, and is gone.
fn open(path: &Utf8Path) -> io::Result<Option<(File, bool)>> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let open = |is_new: bool| {
        File::options()
            .read(true)
            .write(true)
            .create_new(is_new)
            .mode(0o600)
            .custom_flags(flags.bits().cast_signed())
            .open(path)
    };
    match open(true) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => return made.map(|file| Some((file, true))),
    }
    match open(false) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(|file| Some((file, false))),
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.path);
    }
}
