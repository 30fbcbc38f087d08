//! Drive letters over folders, with Windows' indifference to case.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};

/// The drives that exist, by letter.
#[derive(Clone, Debug, Default)]
pub struct Drives {
    roots: BTreeMap<char, PathBuf>,
}

impl Drives {
    /// Gives a folder a letter.
    pub fn assign(&mut self, letter: char, root: impl Into<PathBuf>) {
        self.roots.insert(letter.to_ascii_uppercase(), root.into());
    }

    /// The letters in their order.
    pub fn letters(&self) -> impl Iterator<Item = (char, &Path)> {
        self.roots
            .iter()
            .map(|(letter, root)| (*letter, root.as_path()))
    }

    /// What a Windows path names, if it is there. A path must begin with a letter: nothing here
    /// has a current folder.
    pub fn find(&self, path: &str) -> Result<Option<PathBuf>> {
        let (letter, parts) = split(path)?;
        let Some(root) = self.roots.get(&letter) else {
            return Ok(None);
        };
        let mut at = root.clone();
        for part in parts {
            match entry(&at, &part) {
                Some(found) => at = found,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// Where a Windows path is to be made; what exists of it keeps its case.
    pub fn place(&self, path: &str) -> Result<PathBuf> {
        let (letter, parts) = split(path)?;
        let root = self.roots.get(&letter);
        let mut at = root
            .with_context(|| format!("there is no drive `{letter}:`"))?
            .clone();
        for part in parts {
            at = entry(&at, &part).unwrap_or_else(|| at.join(&part));
        }
        Ok(at)
    }
}

/// A path's letter and parts.
fn split(path: &str) -> Result<(char, Vec<String>)> {
    let mut characters = path.chars();
    let (Some(letter), Some(':')) = (characters.next(), characters.next()) else {
        bail!("`{path}` does not begin with a drive's letter");
    };
    ensure!(
        letter.is_ascii_alphabetic(),
        "`{path}` does not begin with a drive's letter"
    );
    let mut parts = Vec::new();
    for part in characters
        .as_str()
        .split(['\\', '/'])
        .filter(|part| !part.is_empty())
    {
        ensure!(part != "..", "`{path}` goes up");
        ensure!(
            !part.contains(|c| "<>\"|?*:".contains(c)),
            "`{path}` holds no file's name"
        );
        if part != "." {
            // Windows drops these at the end of a name.
            parts.push(part.trim_end_matches([' ', '.']).to_owned());
        }
    }
    Ok((letter.to_ascii_uppercase(), parts))
}

/// A folder's entry of a name, whatever its case.
#[must_use]
pub fn entry(folder: &Path, name: &str) -> Option<PathBuf> {
    let exact = folder.join(name);
    if exact.exists() {
        return Some(exact);
    }
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let own = path.file_name().unwrap_or_default().to_string_lossy();
            own.to_lowercase() == name.to_lowercase()
        })
        .collect();
    found.sort();
    found.into_iter().next()
}

/// Every file below a folder whose name ends so, sorted.
pub fn files_below(folder: &Path, end: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let list = fs::read_dir(folder);
    for one in list.with_context(|| format!("cannot read `{}`", folder.display()))? {
        let path = one.context("cannot read a folder")?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        if path.is_dir() {
            found.extend(files_below(&path, end)?);
        } else if name.ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Shuffles letters by some random bytes: which drive gets which is not to be relied on.
pub fn shuffle<T>(list: &mut [T], random: &[u8]) {
    for (index, byte) in (1..list.len()).rev().zip(random) {
        list.swap(index, usize::from(*byte) % (index + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_whatever_their_case() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("Windows/System32")).expect("made");
        let mut drives = Drives::default();
        drives.assign('c', folder.path());
        let found = drives.find(r"C:\WINDOWS\system32\").expect("a path");
        assert_eq!(found, Some(folder.path().join("Windows/System32")));
        assert_eq!(drives.find(r"C:\nothing").expect("a path"), None);
        assert_eq!(drives.find(r"Q:\nothing").expect("a path"), None);
        let place = drives.place(r"c:\windows\New\File.txt").expect("a place");
        assert_eq!(place, folder.path().join("Windows/New/File.txt"));
        for wrong in ["windows", r"\windows", r"C:\..\x", r"C:\a*b", r"1:\x"] {
            assert!(drives.find(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_shuffle_keeps_all_and_can_reach_any_order() {
        let mut seen = std::collections::BTreeSet::new();
        for a in 0..6u8 {
            for b in 0..6u8 {
                let mut list = ['D', 'E', 'F'];
                shuffle(&mut list, &[a, b]);
                let mut sorted = list;
                sorted.sort_unstable();
                assert_eq!(sorted, ['D', 'E', 'F']);
                seen.insert(list);
            }
        }
        assert_eq!(seen.len(), 6);
    }
}
