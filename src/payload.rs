//! Files of the host's that steps need: looked at before anything is planned with them, and listed
//! for the media.
//!
//! Only scripts are read here, for Windows reads them in its own way; the others are copied when
//! the disc is written, and are never in memory as a whole.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use crate::driver_folder::is_inf;
use crate::folder::{self, Budget, Limits};
use crate::media;
use crate::plan::{Host, HostKind, TEXT_MAX, Unreadable, cmd_script, power_shell_script};
use crate::problem::{Problem, one_line};
use crate::regular;

/// A little less than 4 GiB: the longest file that the disc can hold, and as much as the disc and
/// C: should be asked to.
const BYTES_MAX: u64 = (4 << 30) - (1 << 20);
const FILES_MAX: usize = 20_000;
/// What the guest program reads of one.
pub(crate) const CERTIFICATE_BYTES_MAX: u64 = 1 << 20;
const NAMES_HINT: &str = "rename it, or pack the folder into an archive: Windows takes no other \
                          names, and the disc 8 levels and 120 characters with the step's id";

/// What all payloads of a spec may have together.
#[must_use]
pub fn budget() -> Budget {
    Budget::new(Limits {
        files: FILES_MAX,
        bytes: BYTES_MAX,
    })
}

/// A file's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Bytes(Vec<u8>),
    /// A file of the host's with its size.
    File(Utf8PathBuf, u64),
}

/// A problem at an option's path if something is not what a step needs, or has a name that Windows
/// or, at its place there, the media cannot have. It is taken off the budget.
pub fn look(at: &str, host: &Host, on_media: &str, budget: &mut Budget) -> Result<(), Problem> {
    let problem =
        |error: &anyhow::Error, hint| Problem::new(at, one_line(&format!("{error:#}"))).hint(hint);
    let files = list(host, budget).map_err(|error| problem(&error, hint(&error, host.kind)))?;
    names(&host.path, on_media, &files).map_err(|error| problem(&error, NAMES_HINT))
}

fn names(path: &str, on_media: &str, files: &BTreeMap<String, Source>) -> anyhow::Result<()> {
    folder::suits_windows(files).with_context(|| format!("cannot take `{path}`"))?;
    let inside = files.keys().filter(|file| !file.is_empty());
    let mut paths = inside.map(|file| format!("{on_media}/{file}"));
    paths.try_for_each(|path| media::check_name(&path))
}

/// The files of a payload, by their paths in it; the only one of a file is called `""`.
pub fn list(host: &Host, budget: &mut Budget) -> anyhow::Result<BTreeMap<String, Source>> {
    let path = Utf8Path::new(&host.path);
    let cannot = || format!("cannot take `{path}`");
    let is_folder = match host.kind {
        HostKind::Folder | HostKind::Drivers => true,
        HostKind::Any => path.metadata().with_context(cannot)?.is_dir(),
        HostKind::File => false,
        HostKind::Certificate => {
            certificate(path).with_context(cannot)?;
            false
        }
        HostKind::Cmd | HostKind::PowerShell => {
            let bytes = script(path, host.kind).with_context(cannot)?;
            budget.take(bytes.len() as u64).with_context(cannot)?;
            return Ok([(String::new(), Source::Bytes(bytes))].into());
        }
    };
    if !is_folder {
        let bytes = regular::open(path).and_then(|file| Ok(file.metadata()?.len()));
        let bytes = bytes.with_context(cannot)?;
        budget.take(bytes).with_context(cannot)?;
        return Ok([(String::new(), Source::File(path.to_owned(), bytes))].into());
    }
    let files = folder::list(path, budget).with_context(cannot)?;
    ensure!(!files.is_empty(), "`{path}` is an empty folder");
    let has_inf = files.keys().any(|file| is_inf(file));
    ensure!(
        has_inf || host.kind != HostKind::Drivers,
        "`{path}` has no `.inf` file, so no driver"
    );
    let files = files.into_iter();
    let of = |(name, bytes)| {
        let source = Source::File(path.join(&name), bytes);
        (name, source)
    };
    Ok(files.map(of).collect())
}

/// As far as the guest program looks before Windows does: a sequence in DER, or the mark of PEM.
fn certificate(path: &Utf8Path) -> anyhow::Result<()> {
    const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let bytes = regular::read(path, CERTIFICATE_BYTES_MAX)?;
    // No certificate is so short that its length has one byte.
    let der = matches!(bytes.as_slice(), [0x30, 0x81..=0x84, ..]);
    let pem = bytes.windows(PEM.len()).any(|part| part == PEM);
    ensure!(der || pem, "it is no certificate in DER or PEM");
    Ok(())
}

/// A script's bytes, as Windows reads them.
fn script(path: &Utf8Path, kind: HostKind) -> anyhow::Result<Vec<u8>> {
    let bytes = regular::read(path, TEXT_MAX as u64)?;
    let text = String::from_utf8(bytes).context("it is not UTF-8")?;
    let read = match kind {
        HostKind::Cmd => cmd_script(&text),
        _ => power_shell_script(&text),
    };
    Ok(read?.into_bytes())
}

/// What to do about something that is not what a step needs.
fn hint(error: &anyhow::Error, kind: HostKind) -> &'static str {
    if let Some(unreadable) = error.downcast_ref::<Unreadable>() {
        return unreadable.hint;
    }
    match kind {
        HostKind::File => "name a file that is there and can be read",
        HostKind::Folder => "name a folder with the files, and nothing else",
        HostKind::Any => "name a file, or a folder with files",
        HostKind::Certificate => {
            "name a file of at most 1 MiB with certificates in DER or PEM; `openssl x509` \
             converts others"
        }
        HostKind::Drivers => "name a folder with an INF and what it needs, and nothing else",
        HostKind::Cmd | HostKind::PowerShell => {
            "name a script of at most 1 MiB, in UTF-8, that is there and can be read"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn look_at(path: &Utf8Path, kind: HostKind) -> Result<(), String> {
        let path = path.to_string();
        look(
            "steps[0].file.source",
            &Host { path, kind },
            "lucarne/payload/a/b",
            &mut budget(),
        )
        .map_err(|problem| problem.with_hint())
    }

    #[test]
    fn what_a_step_needs_is_what_is_there() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("is UTF-8");
        let write = |name: &str, text: &[u8]| {
            fs::write(folder.join(name), text).expect("written");
            folder.join(name)
        };
        fs::create_dir(folder.join("empty")).expect("made");
        let ascii = write("a.cmd", b"echo a\n");
        let umlaut = write("u.cmd", "echo ü\n".as_bytes());
        let latin = write("l.ps1", b"echo \xfc\n");
        let check = |path: &Utf8Path, kind, says: &str| {
            let error = look_at(path, kind).expect_err(says);
            assert!(error.contains(says), "{error}");
        };
        for kind in [
            HostKind::File,
            HostKind::Any,
            HostKind::Cmd,
            HostKind::PowerShell,
        ] {
            look_at(&ascii, kind).expect("is one");
        }
        look_at(folder, HostKind::Folder).expect("is one");
        check(&umlaut, HostKind::Cmd, "`ü` in line 1");
        look_at(&umlaut, HostKind::PowerShell).expect("is one");
        check(&latin, HostKind::PowerShell, "not UTF-8");
        check(folder, HostKind::File, "a folder, not a regular file");
        check(folder, HostKind::Drivers, "no `.inf`");
        check(&folder.join("empty"), HostKind::Any, "an empty folder");
        check(&folder.join("absent"), HostKind::Any, "No such file");
        check(&ascii, HostKind::Folder, "Not a directory");
        let long = write(&"n".repeat(65), b"");
        check(folder, HostKind::Any, "65 characters, more than 64");
        fs::remove_file(long).expect("is there");
        check(
            &ascii,
            HostKind::Certificate,
            "no certificate in DER or PEM",
        );
        let der = write("c.der", b"\x30\x82\x01\x00");
        look_at(&der, HostKind::Certificate).expect("begins as one");
        let pem = write("c.pem", b"a\n-----BEGIN CERTIFICATE-----\n");
        look_at(&pem, HostKind::Certificate).expect("begins as one");
        let long = write("l.cmd", "a".repeat(8192).as_bytes());
        check(&long, HostKind::Cmd, "8192 characters in line 1");
        check(&long, HostKind::Cmd, "make several lines of it");
    }

    #[test]
    fn names_in_folders_are_those_that_windows_opens_and_tells_apart() {
        for (files, says) in [
            (&["a/x", "A/y"][..], "`A` and `a` differ only in case"),
            (&["b/x", "b/X"], "`b/X` and `b/x` differ only in case"),
            (&["b/CON"], "the name `CON` is a device's name"),
            (&["nul.d/x"], "the name `nul.d` is a device's name"),
            (&["b/a:b"], "the name `a:b` has `:`"),
            (&["b/a "], "ends with a period or a space"),
            (&["b/a;1"], "the name `a;1` has `;`"),
            (&["1/2/3/4/5"], "more than 8 levels"),
        ] {
            let folder = tempfile::tempdir().expect("the test may write");
            let folder = Utf8Path::from_path(folder.path()).expect("is UTF-8");
            for file in files {
                let file = folder.join(file);
                fs::create_dir_all(file.parent().expect("has a folder")).expect("made");
                fs::write(file, b"").expect("written");
            }
            let told = look_at(folder, HostKind::Any).expect_err(says);
            assert!(told.starts_with("steps[0].file.source: "), "{told}");
            assert!(
                told.contains(says) && told.contains("hint: rename it"),
                "{told}"
            );
        }
    }

    #[test]
    fn all_payloads_share_one_budget() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("is UTF-8");
        fs::File::create(folder.join("large"))
            .and_then(|file| file.set_len(3 << 30))
            .expect("a file of holes");
        let host = Host {
            path: folder.join("large").into_string(),
            kind: HostKind::File,
        };
        let mut budget = budget();
        look("", &host, "a", &mut budget).expect("fits");
        let problem = look("", &host, "a", &mut budget).expect_err("fits no more");
        assert!(problem.what.contains("bytes in all"), "{problem}");
    }
}
