//! What of the machine is seen in the tool root, beside the checkout and the cache: people have
//! their files anywhere, and what is written to a folder of the tool root's own is lost to them.

use std::env;

use anyhow::{Context as _, Result};
use camino::{Utf8Path, Utf8PathBuf};

/// Folders of `/` that the tool root has of its own.
const SYSTEM: &str = "bin boot dev etc lib lib32 lib64 libx32 lost+found nix proc run sbin sys tmp \
                      usr var";
/// Of these those in which people have files too, such as those of a stick.
const SHARED: [&str; 3] = ["run", "tmp", "var"];

/// All that a command's words may be about: this folder, what they name, and the machine's own
/// folders, where files may lie that those name in turn.
pub(crate) fn of(words: &[String]) -> Result<Vec<Utf8PathBuf>> {
    let here = Utf8PathBuf::try_from(env::current_dir()?).context("this folder is not UTF-8")?;
    let mut seen = own_places()?;
    seen.extend(named_places(&here, words));
    // The top is the tool root's own.
    seen.extend(Some(here).filter(|here| here != "/"));
    Ok(seen)
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
    use std::fs;

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
