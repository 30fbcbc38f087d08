//! The folder in which a machine lives: its disk, firmware, media, sockets and logs.
//!
//! Only what stands in [`FOLDERS`], in [`evidence::NAMES`] and the pictures is ours. The folder may
//! be somebody's, and so may be whatever else comes to lie in it.

use std::fs::{self, DirBuilder, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};

use super::evidence;
use crate::machine::files;
use crate::output::Traces;
use crate::start::Place;
use crate::tools::Tools;

/// The TPM's state.
const TPM_STATE: &str = "tpm";
/// What is made anew for each machine, and goes with it.
const MACHINE: &str = "machine";
/// Where the answer ISO is made, when it is not there already.
const MEDIA: &str = "media";
const FOLDERS: [&str; 2] = [MACHINE, MEDIA];

/// Says that an install works or worked here, and whether it made the folder.
const MARKER: &str = ".lucarne-work";
const MADE: &str = "made\n";
const FOUND: &str = "found\n";

/// A work folder. Dropping it leaves the evidence; [`Work::remove`] leaves nothing.
#[derive(Debug)]
pub struct Work {
    folder: Utf8PathBuf,
    machine: Utf8PathBuf,
    traces: Traces,
    /// Holds the lock that tells another install that this one works here.
    _lock: File,
}

impl Work {
    /// Makes a folder, or takes an empty one, or one that an earlier install left its logs in.
    pub fn new(folder: &Utf8Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot make `{folder}`");
        let folder = camino::absolute_utf8(folder).with_context(cannot)?;
        let mut traces = Traces::default();
        let taken = Self::take(&folder, &mut traces).with_context(cannot);
        match taken {
            Ok(lock) => Ok(Self {
                machine: folder.join(MACHINE),
                folder,
                traces,
                _lock: lock,
            }),
            Err(error) => {
                // The error that led here is the one to tell.
                _ = traces.remove();
                Err(error)
            }
        }
    }

    /// Marks a folder as in use, and empties it of what is ours.
    fn take(folder: &Utf8Path, traces: &mut Traces) -> anyhow::Result<File> {
        let made = folder.symlink_metadata().is_err();
        if made {
            traces.make_parents(folder)?;
            // Only its owner may connect to the sockets in it.
            DirBuilder::new().mode(0o700).create(folder)?;
            traces.folder(folder.to_owned());
        }
        let place = folder.join(MARKER);
        ensure!(
            place.exists() || folder.read_dir_utf8()?.next().is_none(),
            "it is not empty, and no install has worked in it\n\nhint: name another folder with \
             `--work`, or empty this one"
        );
        let mut marker = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&place)?;
        flock(&marker, FlockOperation::NonBlockingLockExclusive)
            .context("another install works in it")?;
        let mut said = String::new();
        (&marker)
            .take(MADE.len() as u64)
            .read_to_string(&mut said)?;
        if said.is_empty() {
            marker.write_all(if made { MADE } else { FOUND }.as_bytes())?;
        } else if !made && said == MADE {
            traces.folder(folder.to_owned());
        }
        clear(folder)?;
        for name in FOLDERS.iter().chain(&evidence::NAMES).chain(&[MARKER]) {
            traces.whole(folder.join(name));
        }
        for picture in evidence::pictures() {
            traces.whole(folder.join(picture));
        }
        DirBuilder::new().mode(0o700).create(folder.join(MACHINE))?;
        Ok(marker)
    }

    /// Where the evidence is.
    #[must_use]
    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// What QEMU and the TPM run in, and what goes with them.
    #[must_use]
    pub fn machine_folder(&self) -> &Utf8Path {
        &self.machine
    }

    /// Everything that is to be removed when nobody will look for evidence.
    #[must_use]
    pub fn traces(&self) -> &Traces {
        &self.traces
    }

    /// The raw disk.
    #[must_use]
    pub fn disk(&self) -> Utf8PathBuf {
        self.machine.join(files::DISK)
    }

    /// A layer's disk, over its base's.
    #[must_use]
    pub fn overlay(&self) -> Utf8PathBuf {
        self.machine.join(files::OVERLAY)
    }

    /// The firmware's code and variables, with UEFI.
    #[must_use]
    pub fn firmware(&self) -> (Utf8PathBuf, Utf8PathBuf) {
        (
            self.machine.join(files::CODE),
            self.machine.join(files::VARS),
        )
    }

    /// The folder that the answer ISO is made in. It appears beside its place first.
    pub(super) fn media(&self) -> Utf8PathBuf {
        self.folder.join(MEDIA).join("whole")
    }

    /// Where a machine is started in it.
    pub(crate) fn start<'a>(&'a self, tools: &'a Tools, tpm: &'a Utf8Path) -> Place<'a> {
        Place {
            tools,
            folder: &self.machine,
            tpm_state: tpm,
        }
    }

    /// The TPM's state, which goes with the machine.
    pub(crate) fn tpm_state(&self) -> Utf8PathBuf {
        self.machine.join(TPM_STATE)
    }

    /// Removes everything that is ours, and the folder if it was made here and is empty then.
    pub fn remove(self) -> anyhow::Result<()> {
        self.traces.remove()
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        for name in FOLDERS {
            // The error that led here is the one to tell.
            _ = remove(&self.folder.join(name));
        }
    }
}

/// Removes what an earlier install left.
fn clear(folder: &Utf8Path) -> anyhow::Result<()> {
    for name in FOLDERS.iter().chain(&evidence::NAMES) {
        remove(&folder.join(name))?;
    }
    for picture in evidence::pictures() {
        remove(&folder.join(picture))?;
    }
    Ok(())
}

pub(super) fn list(folder: &Utf8Path) -> anyhow::Result<Vec<Utf8PathBuf>> {
    let cannot = || format!("cannot list `{folder}`");
    let entries = folder.read_dir_utf8().with_context(cannot)?;
    entries
        .map(|entry| Ok(entry.with_context(cannot)?.into_path()))
        .collect()
}

pub(super) fn remove(path: &Utf8Path) -> anyhow::Result<()> {
    let removed = match path.symlink_metadata() {
        Err(_) => return Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    removed.with_context(|| format!("cannot remove `{path}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = evidence::SERIAL_LOG;

    fn here() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("the test may write");
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        (folder, path)
    }

    fn names(folder: &Utf8Path) -> Vec<String> {
        let mut names: Vec<_> = list(folder)
            .expect("is there")
            .into_iter()
            .map(|path| path.file_name().expect("a name").to_owned())
            .collect();
        names.sort();
        names
    }

    /// What a failed install leaves: a disk to go, and a log to stay.
    fn fail(work: &Work) {
        File::create(work.disk()).expect("is writable");
        fs::create_dir_all(work.media()).expect("is writable");
        for name in [LOG, "screen-2.png"] {
            File::create(work.folder().join(name)).expect("is writable");
        }
    }

    #[test]
    fn a_failed_install_leaves_its_logs_and_the_next_one_starts_anew() {
        let (_keep, here) = here();
        let place = here.join("new/a.work");
        let work = Work::new(&place).expect("is free");
        let error = format!("{:#}", Work::new(&place).expect_err("another works there"));
        assert!(error.contains("another install works in it"), "{error}");
        assert!(
            work.machine_folder().exists(),
            "the other one left it alone"
        );
        fail(&work);
        drop(work);
        assert_eq!(names(&place), [MARKER, "screen-2.png", LOG]);
        let again = Work::new(&place).expect("is ours");
        assert_eq!(names(&place), [MARKER, MACHINE]);
        again.remove().expect("is writable");
        assert_eq!(names(&here), ["new"], "this run did not make the parent");
    }

    #[test]
    fn a_run_that_leaves_nothing_leaves_no_parents_either() {
        let (_keep, here) = here();
        let work = Work::new(&here.join("a/b/c.work")).expect("is free");
        work.remove().expect("is writable");
        assert_eq!(names(&here), [""; 0]);
        fs::write(here.join("file"), "").expect("is writable");
        Work::new(&here.join("file/a.work")).expect_err("is no folder");
        assert_eq!(names(&here), ["file"]);
    }

    #[test]
    fn a_users_folder_stays_with_everything_in_it() {
        let (_keep, place) = here();
        fail(&Work::new(&place).expect("is empty"));
        fs::write(place.join("notes.txt"), "mine").expect("is writable");
        fs::write(place.join("screenshot.png"), "mine").expect("is writable");
        let again = Work::new(&place).expect("an install worked in it");
        again.remove().expect("is writable");
        assert_eq!(names(&place), ["notes.txt", "screenshot.png"]);
        let error = format!("{:#}", Work::new(&place).expect_err("is somebody's"));
        assert!(error.contains("is not empty"), "{error}");
        assert_eq!(names(&place), ["notes.txt", "screenshot.png"]);
    }

    #[test]
    fn a_users_file_in_our_folder_stays() {
        let (_keep, here) = here();
        let place = here.join("a.work");
        fail(&Work::new(&place).expect("is free"));
        fs::write(place.join("notes.txt"), "mine").expect("is writable");
        let again = Work::new(&place).expect("is ours");
        again.remove().expect("is writable");
        assert_eq!(names(&place), ["notes.txt"]);
    }
}
