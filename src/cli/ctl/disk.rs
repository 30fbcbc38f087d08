//! The data disk: snapshots, copies, images. Of a running machine through its supervisor, of one
//! that does not run under the lock that a run would take.

use std::fmt::Write as _;

use anyhow::{Context as _, anyhow, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use clap::ValueEnum;

use super::{ask, client, print_json};
use crate::cli::given_tools::GivenTools;
use crate::cli::{path, print};
use crate::failure::Failure;
use crate::instance::control::{Request, Unreachable, is_snapshot_name};
use crate::instance::disk::{Taken, take};
use crate::instance::found::Found;
use crate::instance::import::{self, Format};
use crate::instance::snapshot;
use crate::nix_log::say;
use crate::regular;
use crate::signals::Signals;

/// Whether it is the running machine that has to be asked.
fn runs(found: &Found) -> Result<bool, Failure> {
    match found.client() {
        Ok(_) => Ok(true),
        Err(Unreachable::Stopped) => Ok(false),
        Err(error) => Err(error.tell(&found.name).into()),
    }
}

/// The disk of a stopped machine, which is there.
fn disk(found: &Found) -> anyhow::Result<Utf8PathBuf> {
    let disk = found.data_disk();
    ensure!(
        disk.exists(),
        "`{}` has no data disk: there is no `{disk}`\n\nhint: a start makes it, with `dataDisk` in \
         the machine's spec; `ctl {} import FILE` makes one of an image",
        found.name,
        found.name
    );
    Ok(disk)
}

#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// For programs: a JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tools: GivenTools,
}

impl Show {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        let mut told: snapshot::Disk = if runs(found)? {
            let told = ask(found, &Request::Snapshots {})?;
            serde_json::from_value(told).context("the machine tells nothing of its disk")?
        } else {
            snapshot::look_offline(&self.tools.qemu_img()?, &disk(found)?)?
        };
        // What is written here is of this version, whoever told it.
        snapshot::SCHEMA.clone_into(&mut told.schema);
        // QEMU has a short name for it, in the machine's own folder.
        told.file = found.data_disk().into_string();
        if self.json {
            return print_json(&told);
        }
        print(&show(&told))
    }
}

fn show(disk: &snapshot::Disk) -> String {
    let (large, used) = (size(disk.virtual_bytes), size(disk.actual_bytes));
    let mut text = format!("{}\n  size       {large}\n  on disk    {used}\n", disk.file);
    for one in &disk.snapshots {
        _ = writeln!(text, "  snapshot   {}  {}", one.taken, one.name);
    }
    text
}

/// Bytes with one digit behind the point, in the unit that suits them.
fn size(bytes: u64) -> String {
    let (unit, name) = if bytes < 1 << 30 {
        (1 << 20, "MiB")
    } else {
        (1 << 30, "GiB")
    };
    let tenths = u128::from(bytes) * 10 / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[derive(Debug, clap::Args)]
pub(super) struct Snapshot {
    /// What it is called: a lower-case letter, then letters, digits, `-`, `.` or `_`
    #[arg(value_parser = snapshot_name)]
    name: String,
    /// Forget it instead; the disk stays as it is
    #[arg(long)]
    delete: bool,
    #[command(flatten)]
    tools: GivenTools,
}

fn snapshot_name(name: &str) -> Result<String, String> {
    match is_snapshot_name(name) {
        Ok(()) => Ok(name.to_owned()),
        Err(refusal) => Err(refusal.hint.unwrap_or(refusal.message)),
    }
}

impl Snapshot {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        if runs(found)? {
            let name = self.name.clone();
            let request = if self.delete {
                Request::DeleteSnapshot { name }
            } else {
                Request::Snapshot { name }
            };
            return ask(found, &request).map(drop);
        }
        let _lock = found.folders.lock(&found.name)?;
        let change = if self.delete {
            snapshot::delete_offline
        } else {
            snapshot::take_offline
        };
        // Another machine may have the same file by its `dataDisk.path`.
        let disk = take(&disk(found)?)?;
        Ok(change(&self.tools.qemu_img()?, &disk.path, &self.name)?)
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// The snapshot's name
    #[arg(value_parser = snapshot_name)]
    name: String,
    #[command(flatten)]
    tools: GivenTools,
}

impl Restore {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        if runs(found)? {
            let name = &found.name;
            let why = format!("`{name}` runs, and Windows would destroy a disk that it remembers");
            let hint =
                format!("`lucarne ctl {name} stop` stops it; then restore, and start it again");
            return Err(anyhow!("{why}\n\nhint: {hint}").into());
        }
        let _lock = found.folders.lock(&found.name)?;
        let disk = take(&disk(found)?)?;
        Ok(snapshot::restore(
            &self.tools.qemu_img()?,
            &disk.path,
            &self.name,
        )?)
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// The file to make; it must not be there yet
    #[arg(value_parser = path)]
    file: Utf8PathBuf,
    #[command(flatten)]
    tools: GivenTools,
}

impl Backup {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        let path = camino::absolute_utf8(&self.file).context("no current folder")?;
        if !runs(found)? {
            let _lock = found.folders.lock(&found.name)?;
            let from = take(&disk(found)?)?;
            let (qemu_img, signals) = (self.tools.qemu_img()?, Signals::listen()?);
            let from = (from.path.as_path(), Format::Qcow2);
            return Ok(import::convert(&qemu_img, from, &path, &signals)?);
        }
        let mut last = None;
        let request = Request::Backup { path };
        client(found)?.ask(&request, |progress| {
            let percent = progress["percent"].as_u64();
            // In tens, for people; a bar would be drawn over by what else is said.
            let tens = percent.map(|percent| percent / 10 * 10);
            if let Some(tens) = tens.filter(|tens| last != Some(*tens)) {
                last = Some(tens);
                say(&format!("{tens} % copied"));
            }
        })?;
        Ok(())
    }
}

/// Takes a disk that an image may replace: another machine may have the same file by its
/// `dataDisk.path`. A link to nowhere is no disk.
fn take_if_there(disk: &Utf8Path) -> anyhow::Result<Option<Taken>> {
    let is_there = disk.try_exists();
    let is_there = is_there.with_context(|| format!("cannot look at the data disk `{disk}`"))?;
    is_there.then(|| take(disk)).transpose()
}

#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// The image; it is copied
    #[arg(value_parser = path)]
    file: Utf8PathBuf,
    /// What it is; else what its name ends with
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Replace the data disk that is there; it is gone then
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    tools: GivenTools,
}

impl Import {
    /// Whether there is something to import, before a place is made for it.
    pub(super) fn is_there(&self) -> Result<(), Failure> {
        let file = &self.file;
        self.format()?;
        regular::open(file).with_context(|| format!("cannot read the image `{file}`"))?;
        Ok(())
    }

    fn format(&self) -> Result<Format, Failure> {
        let named = || Format::of_name(&self.file);
        self.format.or_else(named).ok_or_else(|| {
            let kinds: Vec<_> = Format::value_variants()
                .iter()
                .map(|one| one.as_str())
                .collect();
            Failure::Usage(format!(
                "error: the name of `{}` does not say what it is\n\nhint: say `--format` {}\n",
                self.file,
                kinds.join(", ")
            ))
        })
    }

    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        let format = self.format()?;
        let signals = Signals::listen()?;
        let _lock = found.folders.lock(&found.name)?;
        let (qemu_img, to) = (self.tools.qemu_img()?, found.data_disk());
        if !self.replace && to.symlink_metadata().is_ok() {
            let hint = "`--replace` puts the image into its place; what it holds is gone then";
            let message = format!("`{}` has a data disk: `{to}`", found.name);
            return Err(anyhow!("{message}\n\nhint: {hint}").into());
        }
        let _taken = take_if_there(&to)?;
        let from = (self.file.as_path(), format);
        import::import(&qemu_img, from, &to, self.replace, &signals)?;
        let disk = snapshot::look_offline(&qemu_img, &to)?;
        let gib = disk.virtual_bytes.div_ceil(1 << 30);
        say(&format!(
            "`{}` has a data disk of {gib} GiB: `dataDisk.sizeGib` may be no less",
            found.name
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_link_to_nowhere_is_no_disk_that_somebody_has() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let (disk, file) = (folder.join("data.qcow2"), folder.join("moved.qcow2"));
        assert!(take_if_there(&disk).expect("nothing is there").is_none());
        std::os::unix::fs::symlink(&file, &disk).expect("is writable");
        assert!(take_if_there(&disk).expect("nothing is there").is_none());
        std::fs::write(&file, "").expect("is writable");
        let taken = take_if_there(&disk).expect("is free");
        assert!(taken.is_some());
        take_if_there(&disk).expect_err("is taken");
    }

    #[test]
    fn a_disk_is_shown_with_its_snapshots() {
        let disk: snapshot::Disk = serde_json::from_value(json!({
            "file": "data.qcow2", "virtualBytes": 21_474_836_480_u64, "actualBytes": 1_677_722,
            "snapshots": [{ "name": "clean", "taken": "2026-01-02T03:04:05Z" }]
        }))
        .expect("a disk, as an earlier version tells it");
        assert_eq!(disk.schema, snapshot::SCHEMA);
        assert_eq!(
            show(&disk),
            "data.qcow2\n  size       20.0 GiB\n  on disk    1.6 MiB\n  snapshot   \
             2026-01-02T03:04:05Z  clean\n"
        );
    }
}
