//! `cargo xtask lucarne`: this checkout's `lucarne` with the tool root's QEMU and the rest.

use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::{enter, parts, root, standin};

/// The commands that put the guest program onto a medium.
const INSTALLING: [&str; 3] = ["install", "layer", "selftest"];

/// Folders of `/` that the tool root has of its own.
const SYSTEM: &str = "bin boot dev etc lib lib32 lib64 libx32 lost+found nix proc run sbin sys tmp \
                      usr var";
/// Of these those in which people have files too, such as those of a stick.
const SHARED: [&str; 3] = ["run", "tmp", "var"];

/// What it is told.
#[derive(Args)]
pub(crate) struct Own {
    /// Its command and arguments; files are seen where they name them, and in the machine's own
    /// folders such as `/home`, `/srv` and `/mnt`
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

impl Own {
    /// Ends as it ends.
    pub(crate) fn run(self) -> Result<u8> {
        let status = command(&self.words, &folders()?)?.status();
        Ok(enter::code(status.context("cannot start `setpriv`")?))
    }
}

/// A command line of it, ready to be started in this folder, with a machine's folders by the
/// variables that name them.
pub(crate) fn command(
    words: &[String],
    folders: &[(&'static str, Utf8PathBuf)],
) -> Result<Command> {
    let root = root::ensure()?;
    let lucarne = parts::lucarne()?;
    if words
        .first()
        .is_some_and(|word| INSTALLING.contains(&word.as_str()))
    {
        // Where `lucarne` looks for it.
        let place = lucarne.with_file_name("lucarne-guest.exe");
        standin::copy(&parts::guest()?.program, &place)?;
    }
    let mut inner = vec![lucarne.into_string()];
    inner.extend(words.iter().cloned());
    let here = Utf8PathBuf::try_from(env::current_dir()?).context("this folder is not UTF-8")?;
    let mut seen = own_places()?;
    seen.extend(named_places(&here, words));
    seen.push(here);
    for (_, folder) in folders {
        fs::create_dir_all(folder).with_context(|| format!("cannot make `{folder}`"))?;
        seen.push(folder.clone());
    }
    let mut command = enter::command(&root, &seen, &inner)?;
    command.envs(folders.iter().map(|(name, folder)| (name, folder)));
    Ok(command)
}

/// Where machines have their folders: where they would be without the tool root, or else in the
/// cache, so that nothing of theirs gets lost in the root itself.
fn folders() -> Result<Vec<(&'static str, Utf8PathBuf)>> {
    let own = root::cache()?.join("machines");
    let named = [
        ("XDG_STATE_HOME", "state"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_RUNTIME_DIR", "run"),
    ];
    let set = |name| env::var(name).ok().filter(|path| path.starts_with('/'));
    let folder = |(name, part)| (name, set(name).map_or_else(|| own.join(part), Into::into));
    Ok(named.into_iter().map(folder).collect())
}

/// The folders of `/` that are the machine's and no system's: the tool root has none of these.
fn own_places() -> Result<Vec<Utf8PathBuf>> {
    let mut places = Vec::new();
    for entry in Utf8Path::new("/").read_dir_utf8()? {
        // What is called otherwise than in UTF-8 is nobody's ISO.
        let Ok(entry) = entry else { continue };
        if !is_system(entry.file_name()) && entry.file_type()?.is_dir() {
            places.push(entry.into_path());
        }
    }
    Ok(places)
}

fn is_system(name: &str) -> bool {
    SYSTEM.split(' ').any(|known| known == name)
}

/// The folders that paths among the words lie in, or would lie in, wherever a link leads.
fn named_places(here: &Utf8Path, words: &[String]) -> Vec<Utf8PathBuf> {
    let mut places = Vec::new();
    for word in words {
        let path = word.split_once('=').map_or(word.as_str(), |(_, path)| path);
        let path = here.join(path);
        let mut there = path
            .ancestors()
            .filter_map(|part| part.canonicalize_utf8().ok());
        let Some(place) = there.next() else { continue };
        let place = match place.parent() {
            Some(folder) if !place.is_dir() => folder,
            _ => &place,
        };
        let top = place.components().nth(1).map(|top| top.as_str());
        let is_tools = top.is_none_or(|top| is_system(top) && !SHARED.contains(&top));
        if !is_tools && !place.starts_with(here) {
            places.push(place.to_owned());
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_words_name_is_seen_where_it_lies() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let folder = folder.canonicalize_utf8().expect("it is there");
        let (here, isos) = (folder.join("here"), folder.join("isos"));
        for made in [&here, &isos] {
            fs::create_dir(made).expect("writable");
        }
        let iso = isos.join("windows.iso");
        fs::write(&iso, "").expect("writable");
        std::os::unix::fs::symlink(&iso, here.join("link.iso")).expect("writable");
        let seen = |word: &str| named_places(&here, &[word.to_owned()]);
        assert_eq!(seen(iso.as_str()), [isos.as_path()]);
        assert_eq!(seen(&format!("--iso={iso}")), [isos.as_path()]);
        assert_eq!(seen("../isos/windows.iso"), [isos.as_path()]);
        assert_eq!(seen("link.iso"), [isos.as_path()], "where the link leads");
        let out = folder.join("new/image");
        assert_eq!(
            seen(out.as_str()),
            [folder.as_path()],
            "it is yet to be made"
        );
        assert!(seen("install").is_empty());
        assert!(seen("here.json").is_empty(), "this folder is seen anyway");
        assert!(seen("/etc/passwd").is_empty(), "the tool root has its own");
        assert!(seen("/nowhere").is_empty());
    }

    #[test]
    fn what_the_system_has_is_not_the_machines() {
        let places = own_places().expect("there is a root");
        assert!(
            places
                .iter()
                .all(|place| place != "/usr" && place != "/tmp")
        );
    }
}
