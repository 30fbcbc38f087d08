//! Where Windows leaves what the media brought, and what the guest program takes out of that.
//!
//! The lists are that program's own, so a disk that is sealed here holds what they leave.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use lucarne_guest::{glob, scrub};
use lucarne_protocol::step::{FOLDER, Steps};

use crate::{drives::Drives, steps};

/// Fills the page file with what passed through memory, as text and as Windows' own UTF-16.
pub fn page(drives: &Drives, passed: &[Vec<u8>]) -> Result<()> {
    let mut bytes = Vec::new();
    for one in passed {
        bytes.extend_from_slice(one);
        let text = String::from_utf8_lossy(one);
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    }
    let path = drives.place(r"C:\pagefile.sys")?;
    fs::write(path, bytes).context("cannot write the page file")
}

/// Takes out what the guest program does before sealing, of what a folder can hold; gives that
/// program's names of all of it.
pub fn take_out(drives: &Drives, layer: bool) -> Result<Vec<String>> {
    let path = drives.place(&format!(r"{FOLDER}\steps.json"))?;
    let document = fs::read(&path).context("no steps are on the disk")?;
    let document = steps::read(&document)?;
    let mut told = Vec::new();
    for item in scrub::items(&document.finish, layer) {
        told.push(item.what());
        for pattern in scrub::files(&item) {
            remove_all(drives, pattern)?;
        }
        if item == scrub::Item::Payload {
            payload(drives, &document, &path)?;
        }
    }
    Ok(told)
}

/// Removes the files of a pattern, of which there may be none.
fn remove_all(drives: &Drives, pattern: &str) -> Result<()> {
    let (folder, pattern) = glob::split(pattern);
    let Some(folder) = drives.find(&format!(r"{folder}\"))? else {
        return Ok(());
    };
    for entry in fs::read_dir(folder).context("cannot list a folder")? {
        let entry = entry.context("cannot list a folder")?;
        if glob::fits(pattern, &entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path()).context("cannot remove a file")?;
        }
    }
    Ok(())
}

/// What later starts do not need: the other steps, and the rest of the program's folder.
fn payload(drives: &Drives, document: &Steps, path: &Path) -> Result<()> {
    let kept = scrub::kept(document);
    let text = serde_json::to_vec_pretty(&kept).context("steps are plain data")?;
    // Beside its place, then renamed: as that program does it.
    let new = path.with_extension("json.new");
    fs::write(&new, text)
        .and_then(|()| fs::rename(&new, path))
        .context("cannot write steps")?;
    let folder = drives.place(FOLDER)?;
    for entry in fs::read_dir(folder).context("cannot list a folder")? {
        let entry = entry.context("cannot list a folder")?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if !scrub::KEPT.contains(&name.as_str()) {
            unneeded(&entry.path(), &format!(r"{FOLDER}\{name}"), &kept)?;
        }
    }
    Ok(())
}

/// Removes a file or a folder but for what a step of a start names.
fn unneeded(at: &Path, path: &str, kept: &Steps) -> Result<()> {
    if !scrub::is_needed(path, kept) {
        let removed = if at.is_dir() {
            fs::remove_dir_all(at)
        } else {
            fs::remove_file(at)
        };
        return removed.with_context(|| format!("cannot remove `{path}`"));
    }
    if at.is_dir() {
        for entry in fs::read_dir(at).context("cannot list a folder")? {
            let entry = entry.context("cannot list a folder")?;
            let name = entry.file_name().to_string_lossy().into_owned();
            unneeded(&entry.path(), &format!(r"{path}\{name}"), kept)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_media_brought_is_gone_but_for_what_starts_need() {
        let folder = tempfile::tempdir().expect("the test may write");
        let root = folder.path();
        let own = root.join("Windows/Lucarne");
        for below in ["payload/script-3", "payload/program-2"] {
            fs::create_dir_all(own.join(below)).expect("writable");
            fs::write(own.join(below).join("script.ps1"), below).expect("writable");
        }
        fs::create_dir_all(root.join("Windows/Panther")).expect("writable");
        let text = include_str!("../../../protocol/src/step/steps.json");
        for (name, text) in [
            ("Windows/Panther/Unattend.xml", "secret"),
            ("Windows/Panther/setupact.log", "told"),
            ("Windows/Lucarne/lucarne.json", "{}"),
            ("Windows/Lucarne/steps.json", text),
        ] {
            fs::write(root.join(name), text).expect("writable");
        }
        let mut drives = Drives::default();
        drives.assign('C', root);
        take_out(&drives, false).expect("taken out");
        let there = |path: &str| root.join(path).exists();
        assert!(!there("Windows/Panther/Unattend.xml") && there("Windows/Panther/setupact.log"));
        assert!(!there("Windows/Lucarne/lucarne.json"));
        assert!(there("Windows/Lucarne/payload/script-3/script.ps1"));
        assert!(!there("Windows/Lucarne/payload/program-2/script.ps1"));
        let kept = fs::read(own.join("steps.json")).expect("is there");
        assert_eq!(steps::read(&kept).expect("steps").steps.len(), 1);
        // A layer leaves its base's answer file alone; there is none by then.
        fs::write(root.join("Windows/Panther/Unattend.xml"), "").expect("writable");
        take_out(&drives, true).expect("taken out");
        assert!(there("Windows/Panther/Unattend.xml"));
    }

    #[test]
    fn memory_is_kept_in_both_forms() {
        let folder = tempfile::tempdir().expect("the test may write");
        let mut drives = Drives::default();
        drives.assign('C', folder.path());
        page(&drives, &[b"ab".to_vec()]).expect("written");
        let bytes = fs::read(folder.path().join("pagefile.sys")).expect("is there");
        assert_eq!(bytes, b"aba\0b\0");
    }
}
