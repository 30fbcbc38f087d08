//! The folder in which a machine lives: its disk, firmware, media, sockets and logs.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, symlink};

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};

use super::InstallInputs;
use crate::failure::Failure;
use crate::machine::{Accel, Facts, Machine, Medium, files};
use crate::plan::{Firmware, Plan};
use crate::secure_boot::Variables;
use crate::windows_iso::boot;

/// The answer ISO's name in it.
const ANSWER: &str = "answer.iso";
/// The Windows ISO's, or its overlay's.
const OVERLAY: &str = "boot.qcow2";
const WINDOWS: &str = "windows.iso";
/// The TPM's state.
const TPM_STATE: &str = "tpm";
const MEDIA: &str = "media";
/// What a failed install leaves in it.
pub(super) const SERIAL_LOG: &str = "serial.log";
pub(super) const EVENTS_LOG: &str = "events.jsonl";
pub(super) const QMP_LOG: &str = "qmp.jsonl";

/// Says that a folder and everything in it is ours to remove.
const MARKER: &str = ".lucarne-work";

/// Takes the folder for this process, for as long as the file is open.
fn lock(marker: &File, folder: &Utf8Path) -> anyhow::Result<()> {
    flock(marker, FlockOperation::NonBlockingLockExclusive)
        .with_context(|| format!("another install works in `{folder}`"))
}

/// A work folder. Dropping it removes everything but the logs; [`Work::remove`] removes those too.
#[derive(Debug)]
pub struct Work {
    folder: Utf8PathBuf,
    /// Whether it was made for this, and so goes as a whole.
    made: bool,
    /// Holds the lock that tells another install that this one works here.
    _lock: File,
}

impl Work {
    /// Makes a folder, or takes an empty one, or one that an earlier install left its logs in.
    pub fn new(folder: &Utf8Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot make `{folder}`");
        let folder = camino::absolute_utf8(folder).with_context(cannot)?;
        let left = folder.join(MARKER).exists();
        let made = left || folder.symlink_metadata().is_err();
        if left {
            let marker = File::open(folder.join(MARKER)).with_context(cannot)?;
            lock(&marker, &folder)?;
            remove(&folder)?;
        }
        if made {
            // Only its owner may connect to the sockets in it.
            let mut builder = DirBuilder::new();
            builder
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .with_context(cannot)?;
        }
        let empty = folder
            .read_dir_utf8()
            .with_context(cannot)?
            .next()
            .is_none();
        ensure!(
            empty,
            "`{folder}` is not empty, and no install has worked in it"
        );
        let marker = File::create(folder.join(MARKER)).with_context(cannot)?;
        lock(&marker, &folder)?;
        Ok(Self {
            folder,
            made,
            _lock: marker,
        })
    }

    #[must_use]
    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// The folder, if it was made here.
    #[must_use]
    pub fn made(&self) -> Option<&Utf8Path> {
        self.made.then_some(&*self.folder)
    }

    /// The raw disk.
    #[must_use]
    pub fn disk(&self) -> Utf8PathBuf {
        self.folder.join(files::DISK)
    }

    /// The firmware's code and variables, with UEFI.
    #[must_use]
    pub fn firmware(&self) -> (Utf8PathBuf, Utf8PathBuf) {
        (self.folder.join(files::CODE), self.folder.join(files::VARS))
    }

    /// Where the answer ISO is made, when it is not there already.
    pub(super) fn media(&self) -> Utf8PathBuf {
        self.folder.join(MEDIA)
    }

    pub(super) fn tpm_state() -> &'static str {
        TPM_STATE
    }

    /// Makes the machine's files afresh. The answer is whether the CD will ask for a key.
    pub(super) fn prepare(&self, inputs: &InstallInputs<'_>) -> Result<bool, Failure> {
        let (plan, tools) = (&inputs.planned.plan, inputs.tools);
        self.clear(&[MARKER, MEDIA])?;
        let (iso, _) = inputs
            .planned
            .windows
            .as_ref()
            .context("no Windows ISO was read")?;
        let at = |name: &str| self.folder.join(name);
        let prompts = match plan.firmware {
            Firmware::Uefi { secure_boot } => {
                let vars = if secure_boot {
                    &tools.vars_ms
                } else {
                    &tools.vars
                };
                copy(&tools.code, &at(files::CODE))?;
                copy(vars, &at(files::VARS))?;
                let keys = secure_boot.then(|| Variables::read(vars)).transpose()?;
                boot::overlay(iso, keys.as_ref(), tools, &self.folder)?.prompts
            }
            // With a BIOS an empty disk means that nobody is asked for a key.
            Firmware::Bios => {
                link(iso, &at(WINDOWS))?;
                false
            }
        };
        link(inputs.answer_iso, &at(ANSWER))?;
        let disk = at(files::DISK);
        File::create(&disk)
            .and_then(|file| file.set_len(plan.disk.size_mib << 20))
            .with_context(|| format!("cannot make `{disk}`"))?;
        if plan.tpm {
            let state = at(TPM_STATE);
            fs::create_dir(&state).with_context(|| format!("cannot make `{state}`"))?;
        }
        Ok(prompts)
    }

    /// The machine that lives in such a folder.
    pub(super) fn machine(plan: &Plan, accel: Accel, facts: &Facts) -> Machine {
        let windows = match plan.firmware {
            Firmware::Uefi { .. } => Medium::qcow2(OVERLAY),
            Firmware::Bios => Medium::raw(WINDOWS),
        };
        Machine::install(plan, accel, facts, [windows, Medium::raw(ANSWER)])
    }

    /// Removes everything.
    pub fn remove(self) -> anyhow::Result<()> {
        self.clear(&[])?;
        if self.made {
            remove(&self.folder)
        } else {
            Ok(())
        }
    }

    /// Removes what is in it, but for some names.
    fn clear(&self, keep: &[&str]) -> anyhow::Result<()> {
        let cannot = || format!("cannot list `{}`", self.folder);
        if self.folder.symlink_metadata().is_err() {
            return Ok(());
        }
        for entry in self.folder.read_dir_utf8().with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            if !keep.contains(&entry.file_name()) {
                remove(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // The error that led here is the one to tell.
        _ = self.clear(&[MARKER, SERIAL_LOG, EVENTS_LOG, QMP_LOG]);
    }
}

fn remove(path: &Utf8Path) -> anyhow::Result<()> {
    let removed = match path.symlink_metadata() {
        Err(_) => return Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    removed.with_context(|| format!("cannot remove `{path}`"))
}

/// Copies a file's bytes, not its mode: what lies in a store is read-only.
fn copy(from: &Utf8Path, to: &Utf8Path) -> anyhow::Result<()> {
    let copied =
        File::open(from).and_then(|mut from| std::io::copy(&mut from, &mut File::create(to)?));
    copied.with_context(|| format!("cannot copy `{from}` to `{to}`"))?;
    Ok(())
}

fn link(to: &Utf8Path, name: &Utf8Path) -> anyhow::Result<()> {
    let to = camino::absolute_utf8(to).context("no current folder")?;
    symlink(&to, name).with_context(|| format!("cannot make `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Utf8Path) -> Vec<String> {
        let entries = folder.read_dir_utf8().expect("is there");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("is readable").file_name().to_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_failed_install_leaves_its_logs_and_the_next_one_starts_anew() {
        let folder = tempfile::tempdir().expect("the test may write");
        let place = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .join("a.work");
        let work = Work::new(&place).expect("is free");
        Work::new(&place).expect_err("another install works there");
        for name in [SERIAL_LOG, files::DISK] {
            File::create(work.folder().join(name)).expect("is writable");
        }
        fs::create_dir(work.media()).expect("is writable");
        drop(work);
        assert_eq!(names(&place), [MARKER, SERIAL_LOG]);
        let again = Work::new(&place).expect("is ours");
        assert_eq!(names(&place), [MARKER]);
        again.remove().expect("is ours");
        assert!(!place.exists());
    }

    #[test]
    fn what_is_not_ours_is_not_touched() {
        let folder = tempfile::tempdir().expect("the test may write");
        let place = Utf8Path::from_path(folder.path()).expect("UTF-8");
        Work::new(place)
            .expect("is empty")
            .remove()
            .expect("is writable");
        assert_eq!(names(place), [""; 0]);
        File::create(place.join(files::DISK)).expect("is writable");
        let error = Work::new(place).expect_err("is somebody's").to_string();
        assert!(error.contains("is not empty"), "{error}");
        assert_eq!(names(place), [files::DISK]);
    }
}
