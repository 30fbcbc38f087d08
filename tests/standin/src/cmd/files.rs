//! The commands that make, copy and remove files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};

use super::run::{FAILED, Machine, unquote};
use crate::drives::entry;

impl Machine<'_> {
    pub(super) fn make_folders(&self, arguments: &[String]) -> Result<i32> {
        ensure!(!arguments.is_empty(), "`md` without a folder");
        let mut code = 0;
        for path in arguments {
            let at = self.drives.place(unquote(path))?;
            if at.exists() {
                code = FAILED;
            } else {
                fs::create_dir_all(&at)
                    .with_context(|| format!("cannot make `{}`", at.display()))?;
            }
        }
        Ok(code)
    }

    pub(super) fn copy(&self, arguments: &[String]) -> Result<i32> {
        let (options, paths) = split_options(arguments);
        for option in &options {
            ensure!(
                ["/y", "/v", "/b", "/d", "/z"].contains(&option.as_str()),
                "`copy {option}` is not known here"
            );
        }
        let [from, to] = paths[..] else {
            bail!("`copy` takes a source and a target here");
        };
        let sources: Vec<PathBuf> = self.sources(from)?;
        let sources: Vec<PathBuf> = sources.into_iter().filter(|path| path.is_file()).collect();
        if sources.is_empty() {
            return Ok(FAILED);
        }
        let target = self.drives.place(to)?;
        if !target.is_dir() {
            if to.ends_with('\\') || !target.parent().is_some_and(Path::is_dir) {
                return Ok(FAILED);
            }
            // cmd would write them all into one file of that name.
            ensure!(
                sources.len() == 1,
                "`copy` of several files to `{to}`, which is no folder"
            );
        }
        for source in sources {
            copy_file(
                &source,
                &target,
                options.iter().any(|option| option == "/y"),
            )?;
        }
        Ok(0)
    }

    pub(super) fn copy_tree(&self, arguments: &[String]) -> Result<i32> {
        let (options, paths) = split_options(arguments);
        let known = [
            "/e", "/s", "/i", "/y", "/q", "/h", "/r", "/k", "/c", "/f", "/v", "/g",
        ];
        for option in &options {
            ensure!(
                known.contains(&option.as_str()),
                "`xcopy {option}` is not known here"
            );
        }
        let has = |wanted: &str| options.iter().any(|option| option == wanted);
        let [from, to] = paths[..] else {
            bail!("`xcopy` takes a source and a target here");
        };
        let found = if from.contains(['*', '?']) {
            None
        } else {
            self.drives.find(from)?
        };
        let sources = match &found {
            Some(folder) if folder.is_dir() => list(folder)?,
            _ => self.sources(from)?,
        };
        // xcopy's own exit code for "no files were found".
        if sources.is_empty() {
            return Ok(4);
        }
        let target = self.drives.place(to)?;
        let folder = target.is_dir() || to.ends_with('\\') || has("/i");
        ensure!(
            folder,
            "`xcopy` asks whether `{to}` is a file or a folder, and nobody answers"
        );
        copy_all(&sources, &target, has("/e") || has("/s"), has("/y"))?;
        Ok(0)
    }

    /// The files that a path or a pattern in its last part names.
    pub(super) fn sources(&self, path: &str) -> Result<Vec<PathBuf>> {
        let (folder, name) = path.rsplit_once('\\').context("a path without a folder")?;
        if !name.contains(['*', '?']) {
            let Some(found) = self.drives.find(path)? else {
                return Ok(Vec::new());
            };
            // A folder stands for all files in it.
            return if found.is_dir() {
                list(&found)
            } else {
                Ok(vec![found])
            };
        }
        let Some(folder) = self.drives.find(&format!("{folder}\\"))? else {
            return Ok(Vec::new());
        };
        let mut found = list(&folder)?;
        found.retain(|path| {
            let own = path.file_name().unwrap_or_default().to_string_lossy();
            matches(&own.to_lowercase(), &name.to_lowercase())
        });
        Ok(found)
    }

    pub(super) fn delete(&self, arguments: &[String]) -> Result<i32> {
        let (_, paths) = split_options(arguments);
        for path in paths {
            for file in self.sources(path)?.iter().filter(|file| file.is_file()) {
                fs::remove_file(file)
                    .with_context(|| format!("cannot remove `{}`", file.display()))?;
            }
        }
        Ok(0)
    }

    pub(super) fn echo(
        &self,
        arguments: &[String],
        output: Option<&(String, bool)>,
    ) -> Result<i32> {
        use std::io::Write as _;
        let Some((target, appends)) = output else {
            return Ok(0);
        };
        let target = unquote(target);
        if ["nul", "con", "com1", "com2"].contains(&target.to_ascii_lowercase().as_str()) {
            return Ok(0);
        }
        let at = self.drives.place(target)?;
        let file = fs::OpenOptions::new()
            .create(true)
            .write(true)
            .append(*appends)
            .truncate(!*appends)
            .open(&at);
        let text = arguments.join(" ") + "\r\n";
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write `{}`", at.display()))?;
        Ok(0)
    }
}

fn split_options(arguments: &[String]) -> (Vec<String>, Vec<&str>) {
    let (options, paths): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .map(|word| unquote(word))
        .partition(|word| word.starts_with('/'));
    (
        options
            .iter()
            .map(|option| option.to_ascii_lowercase())
            .collect(),
        paths,
    )
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder);
    for one in entries.with_context(|| format!("cannot read `{}`", folder.display()))? {
        found.push(one.context("cannot read a folder")?.path());
    }
    found.sort();
    Ok(found)
}

fn copy_file(source: &Path, target: &Path, overwrites: bool) -> Result<()> {
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let at = if target.is_dir() {
        entry(target, &name).unwrap_or_else(|| target.join(&*name))
    } else {
        target.to_owned()
    };
    ensure!(
        overwrites || !at.exists(),
        "a copy asks whether to overwrite, and nobody answers"
    );
    fs::copy(source, &at).with_context(|| format!("cannot copy to `{}`", at.display()))?;
    Ok(())
}

fn copy_all(sources: &[PathBuf], target: &Path, deep: bool, overwrites: bool) -> Result<()> {
    fs::create_dir_all(target).with_context(|| format!("cannot make `{}`", target.display()))?;
    for source in sources {
        if source.is_file() {
            copy_file(source, target, overwrites)?;
        } else if deep {
            let name = source.file_name().unwrap_or_default().to_string_lossy();
            let below = entry(target, &name).unwrap_or_else(|| target.join(&*name));
            copy_all(&list(source)?, &below, deep, overwrites)?;
        }
    }
    Ok(())
}

/// Whether a name fits a pattern of `*` and `?`; `*.*` fits everything, as in Windows.
fn matches(name: &str, pattern: &str) -> bool {
    if pattern == "*.*" {
        return true;
    }
    match pattern.chars().next() {
        None => name.is_empty(),
        Some('*') => (0..=name.len())
            .filter(|at| name.is_char_boundary(*at))
            .any(|at| matches(&name[at..], &pattern[1..])),
        Some(wanted) => match name.chars().next() {
            Some(first) if wanted == '?' || wanted == first => {
                matches(&name[first.len_utf8()..], &pattern[wanted.len_utf8()..])
            }
            _ => false,
        },
    }
}
