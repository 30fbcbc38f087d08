//! The driver store of an installed Windows: what Setup and `pnputil` put there.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};

use crate::{drives::entry, inf::Inf};

/// Reads an INF and makes sure that its files are all there: one without its catalogue or its
/// files is not taken.
pub fn read(inf: &Path) -> Result<Inf> {
    let bytes = fs::read(inf).context("cannot read it")?;
    let parsed = Inf::parse(&String::from_utf8_lossy(&bytes))?;
    let folder = inf.parent().context("an INF has a folder")?;
    for file in parsed.files.iter().chain([&parsed.catalog]) {
        ensure!(
            entry(folder, file).is_some(),
            "`{file}` is missing beside it"
        );
    }
    Ok(parsed)
}

/// Copies a driver into the store of the Windows below a folder.
pub fn stage(root: &Path, inf: &Path) -> Result<()> {
    let name = inf.file_name().unwrap_or_default().to_string_lossy();
    let store = root.join("Windows/System32/DriverStore/FileRepository");
    let folder = store.join(format!("{}_amd64_0123456789abcdef", name.to_lowercase()));
    fs::create_dir_all(&folder).context("cannot make a driver's folder")?;
    let from = inf.parent().context("an INF has a folder")?;
    for file in fs::read_dir(from).context("cannot read a driver's folder")? {
        let path = file.context("cannot read a driver's folder")?.path();
        if path.is_file() {
            let bytes = fs::read(&path).context("cannot read a driver's file")?;
            let name = path.file_name().unwrap_or_default();
            fs::write(folder.join(name), bytes).context("cannot keep a driver's file")?;
        }
    }
    Ok(())
}
