//! `lucarne-builder image [--debug]`: from the media to the sealed image, or to the evidence of
//! why there is none.

use std::fs;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use crate::builder::attributes::Attributes;
use crate::failure::Failure;
use crate::install::{self, ImageInputs, Report, Signals};
use crate::nix_log;
use crate::output::Output;
use crate::tools::Tools;

/// In the build's folder, which is the current one. Nix keeps it when it is told to.
const WORK: &str = "work";
/// Where a debug build makes the image, to throw it away.
const UNUSED: &str = "image";

pub(super) fn run(attributes: &Attributes) -> Result<(), Failure> {
    let installed = install(attributes, &attributes.out()?);
    if let Err(Failure::Guest(_) | Failure::TimedOut(_)) = &installed {
        nix_log::say(
            "note: the logs go with the build's folder; `nix build --keep-failed` keeps it, and \
             building the image's attribute `debug` makes them an output",
        );
    }
    installed
}

/// The same install, and a success in most cases: the output is what the install left.
pub(super) fn debug(attributes: &Attributes) -> Result<(), Failure> {
    let output = Output::beside(&attributes.out()?)?;
    let (verdict, exit_code) = match install(attributes, Utf8Path::new(UNUSED)) {
        Ok(()) => {
            let manifest = Utf8Path::new(UNUSED).join("manifest.json");
            copy(&manifest, &output.folder().join("manifest.json"))?;
            ("done\n".to_owned(), 0)
        }
        // These say nothing about the install.
        Err(failure @ (Failure::Spec(_) | Failure::Usage(_) | Failure::Signal(_))) => {
            return Err(failure);
        }
        Err(failure) => (failure.report(), failure.code()),
    };
    nix_log::say(&verdict);
    keep(Utf8Path::new(WORK), output.folder())?;
    for (name, text) in [
        ("verdict.txt", verdict),
        ("exit-code", format!("{exit_code}\n")),
    ] {
        let file = output.folder().join(name);
        fs::write(&file, text).with_context(|| format!("cannot write `{file}`"))?;
    }
    Ok(output.commit()?)
}

fn install(attributes: &Attributes, out: &Utf8Path) -> Result<(), Failure> {
    let media: Utf8PathBuf = attributes.get("media")?;
    let tools: Tools = attributes.get("tools")?;
    let inputs = ImageInputs {
        planned: &attributes.plan(Some(&tools))?,
        tools: &tools,
        media: Some(&media),
        work: Utf8Path::new(WORK),
        out,
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
