//! Copies of this repository, to change and to evaluate.

use std::fs;

use anyhow::{Context as _, Result};
use camino::{Utf8Path, Utf8PathBuf};

use crate::test::Context;

/// What is no source.
const LEFT_OUT: &[&str] = &[".git", "target", "result"];

/// Copies the repository to a folder of the check.
pub(super) fn copy(context: &Context, name: &str) -> Result<Utf8PathBuf> {
    let to = context.folder.join(name);
    folder(&context.repository, &to)?;
    Ok(to)
}

fn folder(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make `{to}`"))?;
    for entry in from
        .read_dir_utf8()
        .with_context(|| format!("cannot read `{from}`"))?
    {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        if LEFT_OUT.contains(&name) {
            continue;
        }
        if kind.is_dir() {
            folder(entry.path(), &to.join(name))?;
        } else if kind.is_file() {
            fs::copy(entry.path(), to.join(name))
                .with_context(|| format!("cannot copy `{}`", entry.path()))?;
        }
    }
    Ok(())
}

/// Adds a line to a file, which is made where it is missing.
pub(super) fn touch(tree: &Utf8Path, path: &str, line: &str) -> Result<()> {
    let file = tree.join(path);
    let parent = file.parent().context("a file without a folder")?;
    fs::create_dir_all(parent)?;
    let mut text = if file.exists() {
        fs::read_to_string(&file)?
    } else {
        String::new()
    };
    text.push_str(line);
    text.push('\n');
    fs::write(&file, text).with_context(|| format!("cannot change `{file}`"))
}
