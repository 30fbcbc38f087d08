//! `pnputil`, of which only the adding of drivers is known.

use anyhow::{Context as _, Result, bail, ensure};

use super::run::{FAILED, Machine, unquote};
use crate::{driver_store, drives::files_below};

impl Machine<'_> {
    /// Adds drivers to the store of the Windows on C:. Of several the last exit code is told, and
    /// with `/install` that no device wanted one is 259 (`ERROR_NO_MORE_ITEMS`).
    pub(super) fn pnputil(&mut self, arguments: &[String]) -> Result<i32> {
        const NO_DEVICE: i32 = 259;
        let words: Vec<&str> = arguments.iter().map(|word| unquote(word)).collect();
        let [verb, pattern, options @ ..] = &words[..] else {
            bail!("`pnputil` without a driver");
        };
        ensure!(
            verb.eq_ignore_ascii_case("/add-driver"),
            "`pnputil {verb}` is not known here"
        );
        let (mut below, mut installs) = (false, false);
        for option in options {
            match option.to_ascii_lowercase().as_str() {
                "/subdirs" => below = true,
                "/install" => installs = true,
                other => bail!("`pnputil /add-driver {other}` is not known here"),
            }
        }
        let (folder, name) = pattern.rsplit_once('\\').context("a pattern in a folder")?;
        ensure!(
            name.eq_ignore_ascii_case("*.inf"),
            "`{name}` are not all drivers of a folder"
        );
        let Some(folder) = self.drives.find(folder)?.filter(|folder| folder.is_dir()) else {
            return Ok(FAILED);
        };
        let root = self.drives.find(r"C:\")?.context("no drive C:")?;
        let mut found = files_below(&folder, ".inf")?;
        found.retain(|inf| below || inf.parent() == Some(&folder));
        if found.is_empty() {
            return Ok(FAILED);
        }
        for inf in found {
            driver_store::read(&inf)
                .and_then(|_| driver_store::stage(&root, &inf))
                .with_context(|| format!("the driver `{}`", inf.display()))?;
        }
        Ok(if installs { NO_DEVICE } else { 0 })
    }
}
