//! A folder of the host's, as it will lie on the media: its files by their paths, with their sizes.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use crate::plan::wrong_part;
use crate::problem::operand;

/// Levels of folders: as many as the medium has.
const DEPTH_MAX: usize = 8;

/// What several folders may have together, and have not had yet.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    files: usize,
    bytes: u64,
    of: Limits,
}

/// What they may have in all.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub files: usize,
    pub bytes: u64,
}

impl Budget {
    /// All of it.
    #[must_use]
    pub fn new(of: Limits) -> Self {
        let Limits { files, bytes } = of;
        Self { files, bytes, of }
    }

    /// Takes a file of so many bytes off it.
    pub fn take(&mut self, bytes: u64) -> anyhow::Result<()> {
        let Some(files) = self.files.checked_sub(1) else {
            bail!("there are more than {} files in all", self.of.files);
        };
        let Some(bytes) = self.bytes.checked_sub(bytes) else {
            bail!("the files have more than {} bytes in all", self.of.bytes);
        };
        (self.files, self.bytes) = (files, bytes);
        Ok(())
    }
}

/// Lists a folder's files by their paths in it, with their sizes in bytes, and takes them off the
/// budget. Links are followed.
pub fn list(folder: &Utf8Path, budget: &mut Budget) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut files = BTreeMap::new();
    walk(folder, Utf8Path::new(""), 0, budget, &mut files)?;
    Ok(files)
}

/// Whether Windows can open each of a folder's files by its name, and tell them apart: it does not
/// tell upper and lower case apart, in names of folders neither.
pub fn suits_windows<T>(files: &BTreeMap<String, T>) -> anyhow::Result<()> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for file in files.keys().filter(|file| !file.is_empty()) {
        let folders = file.match_indices('/').map(|(end, _)| end);
        for end in folders.chain([file.len()]) {
            let path = &file[..end];
            let name = path.rsplit('/').next().unwrap_or(path);
            if let Some(what) = wrong_part(name) {
                bail!("the name {} {what}", operand(name));
            }
            let known = seen.entry(path.to_lowercase()).or_insert(path);
            ensure!(*known == path, "`{known}` and `{path}` differ only in case");
        }
    }
    Ok(())
}

fn walk(
    root: &Utf8Path,
    below: &Utf8Path,
    depth: usize,
    budget: &mut Budget,
    files: &mut BTreeMap<String, u64>,
) -> anyhow::Result<()> {
    ensure!(
        depth < DEPTH_MAX,
        "`{below}` is more than {DEPTH_MAX} levels deep"
    );
    for entry in fs::read_dir(root.join(below))? {
        let path = Utf8PathBuf::try_from(entry?.path()).context("a name in it is not UTF-8")?;
        let inside = below.join(path.file_name().context("an entry has a name")?);
        let about = fs::metadata(&path).with_context(|| format!("`{inside}`"))?;
        if about.is_dir() {
            walk(root, &inside, depth + 1, budget, files)?;
            continue;
        }
        ensure!(about.is_file(), "`{inside}` is neither a file nor a folder");
        budget.take(about.len())?;
        files.insert(inside.into_string(), about.len());
    }
    Ok(())
}
