//! The two disks: the overlay that is thrown away, and the data disk, which is made once, grows,
//! and is never touched by a start that fails.

pub mod place;

use std::fs::{self, File};
use std::io::ErrorKind;

use anyhow::{Context as _, anyhow, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};

use super::base::Base;
use super::folders::{DATA_DISK, Folders, remove};
use super::part::Part;
use super::plan::DataDisk;
use crate::exec::Command;
use crate::failure::Failure;
use crate::layer::{Foreign, Header};
use crate::problem::{Problem, Problems};
use crate::regular;
use crate::tools::Tools;

/// QEMU's flash holds no more (`max-fw-size`).
const FIRMWARE_BYTES_MAX: u64 = 64 << 20;
/// What `qemu-img resize` says of a disk whose snapshots have no sizes of their own.
const OLD_WITH_SNAPSHOTS: &str = "v2 image which has snapshots";
/// The way out of a data disk that is none.
const ANOTHER: &str =
    "name a qcow2 file with `dataDisk.path`, or one that is not there, to be made";

/// Makes a new system disk over a base, with firmware variables of its own: the two share their
/// fate, for variables of another disk may start nothing.
pub(super) fn overlay(
    tools: &Tools,
    base: &Base,
    disk: &Utf8Path,
    vars: &Utf8Path,
) -> anyhow::Result<()> {
    remove(disk)?;
    if let Some(from) = &base.vars {
        // A link would lead to somebody's file.
        remove(vars)?;
        // Its bytes, not its mode: what lies in a store is read-only.
        let copied = regular::read(from, FIRMWARE_BYTES_MAX);
        copied
            .and_then(|bytes| fs::write(vars, bytes))
            .with_context(|| format!("cannot copy `{from}` to `{vars}`"))?;
    }
    Command::new(&tools.qemu_img)
        .args(["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b"])
        .args([base.disk.as_str(), disk.as_str()])
        .run()?;
    Ok(())
}

/// Lets an overlay lie on the same contents at another place.
pub(super) fn move_below(tools: &Tools, disk: &Utf8Path, below: &Utf8Path) -> anyhow::Result<()> {
    Command::new(&tools.qemu_img)
        .args(["rebase", "-u", "-q", "-f", "qcow2", "-F", "qcow2", "-b"])
        .args([below.as_str(), disk.as_str()])
        .run()?;
    Ok(())
}

/// A data disk that is this process's.
#[derive(Debug)]
pub struct Taken {
    pub path: Utf8PathBuf,
    /// Held until the machine has ended.
    _lock: File,
}

/// Takes the data disk, which is made where there is none. `system`: disks of the same machine's.
///
/// # Errors
/// When it is no data disk or somebody else's, may not be where it is, or is larger than wanted.
pub fn data(
    tools: &Tools,
    folders: &Folders,
    wanted: &DataDisk,
    system: &[Utf8PathBuf],
) -> Result<Taken, Failure> {
    let path = data_path(folders, wanted);
    if let Some(what) = place::anothers(&path, system) {
        let problem = Problem::new("dataDisk.path", what).hint(place::HINT);
        return Err(Failure::MachineSpec(Problems(vec![problem])));
    }
    if !is_there(&path)? {
        make(tools, &path, wanted.bytes)?;
    }
    let taken = take(&path)?;
    let found = virtual_bytes(&path)?;
    if found > wanted.bytes {
        let (has, asked) = (found >> 30, wanted.bytes >> 30);
        let what = format!("{asked} GiB is less than the {has} GiB that `{path}` has");
        let hint = format!("a data disk never shrinks: say {has} or more, or name another `path`");
        let problem = Problem::new("dataDisk.sizeGib", what).hint(hint);
        return Err(Failure::MachineSpec(Problems(vec![problem])));
    }
    Ok(taken)
}

impl Taken {
    /// Lets it have so many bytes, where it has fewer; gives what it had then. No start could take
    /// it back after Windows has seen it.
    pub(super) fn grow(&self, tools: &Tools, bytes: u64) -> anyhow::Result<Option<u64>> {
        let had = virtual_bytes(&self.path)?;
        if had >= bytes {
            return Ok(None);
        }
        self.resize(tools, bytes, &[])
            .map_err(|error| cannot_grow(&self.path, error))?;
        Ok(Some(had))
    }

    /// Takes that back, where nothing has run with it: nothing lies in what is cut off.
    pub(super) fn shrink_back(&self, tools: &Tools, had: u64) -> anyhow::Result<()> {
        self.resize(tools, had, &["--shrink"])
            .with_context(|| format!("cannot give `{}` its size back", self.path))
    }

    fn resize(&self, tools: &Tools, bytes: u64, how: &[&str]) -> anyhow::Result<()> {
        Command::new(&tools.qemu_img)
            .args(["resize", "-q", "-f", "qcow2"])
            .args(how.iter().copied())
            .args([self.path.as_str(), &bytes.to_string()])
            .run()
            .map(drop)
    }
}

/// What QEMU says, with the way out where one is known.
fn cannot_grow(path: &Utf8Path, error: anyhow::Error) -> anyhow::Error {
    let hint = if format!("{error:#}").contains(OLD_WITH_SNAPSHOTS) {
        format!("\n\nhint: `qemu-img amend -f qcow2 -o compat=1.1 {path}` lets it grow")
    } else {
        String::new()
    };
    error.context(format!("cannot grow `{path}`{hint}"))
}

/// Where the data disk is.
#[must_use]
pub fn data_path(folders: &Folders, wanted: &DataDisk) -> Utf8PathBuf {
    let own = || folders.state.join(DATA_DISK);
    wanted.path.clone().unwrap_or_else(own)
}

/// Whether a disk is there. One that cannot be looked at may be, and hold somebody's work.
fn is_there(path: &Utf8Path) -> anyhow::Result<bool> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot look at the data disk `{path}`")),
    }
}

/// Makes it beside its place, and renames it when it is whole. What came there meanwhile stays.
fn make(tools: &Tools, path: &Utf8Path, bytes: u64) -> anyhow::Result<()> {
    let made = || -> anyhow::Result<()> {
        let part = Part::new(path, false)?;
        Command::new(&tools.qemu_img)
            .args(["create", "-q", "-f", "qcow2", part.path().as_str()])
            .arg(bytes.to_string())
            .run()?;
        part.commit()
    };
    made().with_context(|| format!("cannot make the data disk `{path}`"))
}

/// Locks it against another machine of ours; QEMU's own lock is against everybody else.
pub fn take(path: &Utf8Path) -> anyhow::Result<Taken> {
    let cannot = || format!("cannot open the data disk `{path}`");
    let file = File::options().read(true).write(true).open(path);
    let file = file.map_err(|error| match error.kind() {
        ErrorKind::IsADirectory => anyhow!("it is a folder\n\nhint: {ANOTHER}"),
        _ => error.into(),
    });
    let file = file.with_context(cannot)?;
    let about = file.metadata().with_context(cannot)?;
    ensure!(
        about.is_file(),
        "the data disk `{path}` is no regular file\n\nhint: {ANOTHER}"
    );
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        bail!(
            "the data disk `{path}` is another machine's now\n\nhint: stop that one, or name \
             another file with `dataDisk.path`"
        );
    }
    Ok(Taken {
        path: path.to_owned(),
        _lock: file,
    })
}

/// How large the disk is that a qcow2 file holds. It must stand alone.
pub fn virtual_bytes(path: &Utf8Path) -> anyhow::Result<u64> {
    let header = Header::read(path);
    let header = header.with_context(|| format!("cannot read the data disk `{path}`"))?;
    judge(header).map_err(|(what, hint)| anyhow!("the data disk `{path}` {what}\n\nhint: {hint}"))
}

/// The size that a header says, where the disk stands alone.
fn judge(header: Option<Header>) -> Result<u64, (&'static str, &'static str)> {
    let Some(header) = header else {
        let hint = "`qemu-img convert -O qcow2` makes one of other formats";
        return Err(("is no qcow2 file", hint));
    };
    let alone = "`qemu-img convert -O qcow2` makes one that stands alone";
    if header.lies_on_another {
        return Err(("lies on another file", alone));
    }
    let Some(foreign) = header.foreign else {
        return Ok(header.virtual_bytes);
    };
    let hint = match foreign {
        Foreign::DataFile => alone,
        Foreign::Encrypted => "no machine is told its key: `qemu-img convert` makes a plain one",
        Foreign::Features => "the QEMU that made it may know how to convert it",
    };
    Err((foreign.as_str(), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_data_disk_is_told_with_the_way_out() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let short = folder.join("short");
        fs::write(&short, "short!").expect("is writable");
        let told = virtual_bytes(&short).expect_err("no disk").to_string();
        assert!(told.contains("is no qcow2 file\n\nhint: "), "{told}");
        let told = format!("{:#}", take(folder).expect_err("no disk"));
        assert!(told.contains("it is a folder\n\nhint: "), "{told}");
        let told = take(Utf8Path::new("/dev/null")).expect_err("no disk");
        let told = told.to_string();
        assert!(told.contains("is no regular file\n\nhint: "), "{told}");
    }

    #[test]
    fn an_old_disk_with_snapshots_is_told_how_to_grow() {
        let path = Utf8Path::new("/d.qcow2");
        let told = |what: &str| format!("{:#}", cannot_grow(path, anyhow!("{what}")));
        let old = told("qemu-img: Can't resize a v2 image which has snapshots");
        let hint = "hint: `qemu-img amend -f qcow2 -o compat=1.1 /d.qcow2` lets it grow";
        assert!(old.contains(hint), "{old}");
        assert_eq!(told("no space"), "cannot grow `/d.qcow2`: no space");
    }

    #[test]
    fn what_cannot_be_looked_at_is_told_with_the_way_out() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let file = folder.join("file");
        assert!(!is_there(&file).expect("the folder may be read"));
        fs::write(&file, "").expect("is writable");
        assert!(is_there(&file).expect("the folder may be read"));
        let below = file.join("data.qcow2");
        let told = Failure::from(is_there(&below).expect_err("below a file")).to_string();
        assert!(told.contains("cannot look at the data disk"), "{told}");
        assert!(told.contains("\n\nhint: name a folder"), "{told}");
    }

    #[test]
    fn only_a_qcow2_that_stands_alone_is_a_data_disk() {
        let said = |change: fn(&mut Header)| {
            let mut header = Header {
                lies_on_another: false,
                virtual_bytes: 20 << 30,
                foreign: None,
            };
            change(&mut header);
            judge(Some(header)).map_err(|(what, _)| what)
        };
        assert_eq!(said(|_| {}), Ok(20 << 30));
        let above = said(|header| header.lies_on_another = true);
        assert_eq!(above, Err("lies on another file"));
        let outside = said(|header| header.foreign = Some(Foreign::DataFile));
        assert_eq!(outside, Err("has its data in another file"));
        let unknown = said(|header| header.foreign = Some(Foreign::Features));
        assert_eq!(unknown, Err("has features that no QEMU here knows"));
    }
}
