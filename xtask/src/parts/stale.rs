//! Removes what was made for a source that nobody builds any more.
//!
//! Everything here is named by a hash of what it is made of, so each change of a program leaves the
//! old one's parts behind: some gigabytes after a day's work.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use camino::Utf8Path;

/// How long a part stays that nobody asked for. Another checkout may be at work with it.
const UNUSED: Duration = Duration::from_secs(24 * 60 * 60);

/// Says that a part is in use.
pub(super) fn used(part: &Utf8Path) -> Result<()> {
    let folder = std::fs::File::open(part).with_context(|| format!("cannot open `{part}`"))?;
    let now = SystemTime::now();
    (folder.set_modified(now)).with_context(|| format!("cannot mark `{part}` as used"))
}

/// Removes the parts of a folder that nobody used for a day.
pub(super) fn remove(parts: &Utf8Path) -> Result<()> {
    let cannot = || format!("cannot list `{parts}`");
    for entry in parts.read_dir_utf8().with_context(cannot)? {
        let part = entry.with_context(cannot)?.into_path();
        let Ok(about) = part.symlink_metadata() else {
            // Somebody else cleans up here too.
            continue;
        };
        // Whatever else lies there is not named by a hash.
        let name = part.file_name().unwrap_or_default();
        let hash = name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let age = about.modified().ok().and_then(|at| at.elapsed().ok());
        if hash && about.is_dir() && age.is_some_and(|age| age > UNUSED) {
            // Of two that remove it at once, one finds nothing; a part that stays is tried again.
            _ = std::fs::remove_dir_all(&part);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use camino::Utf8PathBuf;

    use super::*;

    #[test]
    fn only_what_nobody_used_for_long_goes() {
        let folder = tempfile::tempdir().expect("the test may write");
        let parts = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        let long_ago = SystemTime::now() - 2 * UNUSED;
        for name in ["0a", "1b", "2c", "target"] {
            let part = parts.join(name);
            fs::create_dir(&part).expect("is writable");
            fs::write(part.join("file"), "").expect("is writable");
        }
        for name in ["1b", "2c", "target"] {
            let part = fs::File::open(parts.join(name)).expect("is there");
            part.set_modified(long_ago).expect("is ours");
        }
        used(&parts.join("2c")).expect("is there");
        remove(&parts).expect("is there");
        let mut left: Vec<String> = parts
            .read_dir_utf8()
            .expect("is there")
            .map(|entry| entry.expect("is listed").file_name().to_owned())
            .collect();
        left.sort();
        assert_eq!(left, ["0a", "2c", "target"]);
    }
}
