//! `lucarne-builder image [--debug]`: from the media to the sealed image, or to the evidence of
//! why there is none.

use std::fs;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use crate::builder::attributes::Attributes;
use crate::failure::Failure;
use crate::install::evidence::{self, Evidence, Kept, REPORT, VERDICT};
use crate::install::{self, ImageInputs, Job, Report};
use crate::nix_log;
use crate::output::Output;
use crate::signals::Signals;
use crate::tools::Tools;

/// In the build's folder, which is the current one. Nix keeps it when it is told to.
pub(super) const WORK: &str = "work";
/// Where a debug build makes the image, to throw it away.
const UNUSED: &str = "image";

pub(super) fn run(attributes: &Attributes) -> Result<(), Failure> {
    install(attributes, &attributes.out()?, Kept::Build)
}

/// The same install, and a success in most cases: the output is what the install left.
pub(super) fn debug(attributes: &Attributes) -> Result<(), Failure> {
    debug_of(attributes, install)
}

/// Makes an image in a folder, and leaves evidence as it is told to.
pub(super) type Make = fn(&Attributes, &Utf8Path, Kept) -> Result<(), Failure>;

/// Makes an image and gives what that left.
pub(super) fn debug_of(attributes: &Attributes, make: Make) -> Result<(), Failure> {
    let output = Output::beside(&attributes.out()?)?;
    let failure = match make(attributes, Utf8Path::new(UNUSED), Kept::Output) {
        Ok(()) => {
            let manifest = Utf8Path::new(UNUSED).join("manifest.json");
            copy(&manifest, &output.folder().join("manifest.json"))?;
            None
        }
        // These say nothing about the install.
        Err(
            failure @ (Failure::Spec(_)
            | Failure::LayerSpec(_)
            | Failure::Usage(_)
            | Failure::Signal(_)),
        ) => return Err(failure),
        Err(failure) => Some(failure),
    };
    if let Some(failure) = &failure {
        nix_log::say(&failure.report());
    }
    keep(Utf8Path::new(WORK), output.folder())?;
    conclude(output.folder(), failure.as_ref())?;
    Ok(output.commit()?)
}

/// Of an install that failed before there was a machine the failure is all that there is.
fn conclude(folder: &Utf8Path, failure: Option<&Failure>) -> anyhow::Result<()> {
    let verdict = evidence::verdict(failure, &Evidence::default());
    let report = failure.map(Failure::report).unwrap_or_default();
    for (name, text) in [(VERDICT, format!("{verdict:#}\n")), (REPORT, report)] {
        let file = folder.join(name);
        if !file.exists() {
            fs::write(&file, text).with_context(|| format!("cannot write `{file}`"))?;
        }
    }
    Ok(())
}

fn install(attributes: &Attributes, out: &Utf8Path, kept: Kept) -> Result<(), Failure> {
    let tools: Tools = attributes.get("tools")?;
    let planned = attributes.plan(Some(&tools))?;
    make(attributes, &tools, Job::Install(&planned), out, kept)
}

/// Does a job of the derivation's, with its media.
pub(super) fn make(
    attributes: &Attributes,
    tools: &Tools,
    job: Job<'_>,
    out: &Utf8Path,
    kept: Kept,
) -> Result<(), Failure> {
    let media: Utf8PathBuf = attributes.get("media")?;
    let inputs = ImageInputs {
        job,
        tools,
        media: Some(&media),
        work: Utf8Path::new(WORK),
        out,
        kept,
    };
    install::image(&inputs, &Signals::listen()?, &mut Report::default())?;
    Ok(())
}

/// Copies the files that are left of an install. Sockets and links are not evidence.
fn keep(from: &Utf8Path, to: &Utf8Path) -> anyhow::Result<()> {
    let Ok(entries) = from.read_dir_utf8() else {
        // It failed before there was a folder, or succeeded and removed it.
        return Ok(());
    };
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read `{from}`"))?;
        let kind = entry.file_type().context("cannot read an entry")?;
        let place = to.join(entry.file_name());
        if kind.is_dir() {
            fs::create_dir(&place).with_context(|| format!("cannot make `{place}`"))?;
            keep(entry.path(), &place)?;
        } else if kind.is_file() {
            copy(entry.path(), &place)?;
        }
    }
    Ok(())
}

fn copy(from: &Utf8Path, to: &Utf8Path) -> anyhow::Result<()> {
    fs::copy(from, to).with_context(|| format!("cannot copy `{from}` to `{to}`"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_what_files_there_are() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("is UTF-8");
        let (work, out) = (folder.join("work"), folder.join("out"));
        fs::create_dir_all(work.join("setup")).expect("is writable");
        fs::create_dir(&out).expect("is writable");
        fs::write(work.join("serial.log"), "a").expect("is writable");
        fs::write(work.join("setup/setupact.log"), "b").expect("is writable");
        std::os::unix::fs::symlink("/etc", work.join("link")).expect("is writable");
        keep(&work, &out).expect("is readable");
        let text = |name: &str| fs::read_to_string(out.join(name)).expect("was kept");
        assert_eq!(text("serial.log"), "a");
        assert_eq!(text("setup/setupact.log"), "b");
        assert!(out.join("link").symlink_metadata().is_err());
        keep(&folder.join("nothing"), &out).expect("nothing is nothing to keep");
    }
}
