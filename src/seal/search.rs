//! Searches a disk for a password, in every form that an install writes it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem::Finder;

use super::clean::next_data;

const BLOCK_BYTES: usize = 4 << 20;
/// What an answer file appends to a password before it encodes it: by the element that holds it.
/// Source: Microsoft's "Hide Sensitive Data in an Answer File"; Windows SIM does so.
const SUFFIXES: [&str; 2] = ["Password", "AdministratorPassword"];

/// The first place where one of the passwords stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hit<'a> {
    pub(super) offset: u64,
    /// Whose password it is.
    pub(super) account: &'a str,
    /// How it is written there, for a message.
    pub(super) form: &'static str,
}

/// One form of one password.
struct Wanted<'a> {
    account: &'a str,
    form: &'static str,
    finder: Finder<'static>,
}

/// The forms of a password, each with its name. An empty one has none.
fn forms(password: &str) -> Vec<(&'static str, Vec<u8>)> {
    if password.is_empty() {
        return Vec::new();
    }
    let mut forms = vec![
        ("plain", password.as_bytes().to_vec()),
        ("plain, in UTF-16", utf16(password)),
    ];
    for suffix in SUFFIXES {
        let encoded = STANDARD.encode(utf16(&format!("{password}{suffix}")));
        forms.push(("as in an answer file", encoded.as_bytes().to_vec()));
        forms.push(("as in an answer file, in UTF-16", utf16(&encoded)));
    }
    forms
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Reads all of a file that is not a hole, and looks for the passwords of accounts.
pub(super) fn search<'a>(
    file: &File,
    accounts: &[(&'a str, &str)],
) -> anyhow::Result<Option<Hit<'a>>> {
    search_by(BLOCK_BYTES, file, accounts)
}

/// The same by blocks of a size.
fn search_by<'a>(
    block_bytes: usize,
    file: &File,
    accounts: &[(&'a str, &str)],
) -> anyhow::Result<Option<Hit<'a>>> {
    let mut wanted = Vec::new();
    for (account, password) in accounts {
        for (form, bytes) in forms(password) {
            let finder = Finder::new(&bytes).into_owned();
            wanted.push(Wanted {
                account,
                form,
                finder,
            });
        }
    }
    let longest = wanted.iter().map(|want| want.finder.needle().len()).max();
    let Some(overlap) = longest.map(|longest| longest - 1) else {
        return Ok(None);
    };
    let mut buffer = vec![0; overlap + block_bytes];
    let mut at = 0;
    while let Some(data) = next_data(file, at)? {
        let end = data.offset + data.length;
        at = data.offset;
        // What was read last stays before what is read next, for a find across the border.
        let mut kept = 0;
        while at < end {
            let room = buffer.len() - kept;
            let length = usize::try_from(end - at).map_or(room, |left| left.min(room));
            file.read_exact_at(&mut buffer[kept..kept + length], at)
                .context("cannot read the disk")?;
            let filled = kept + length;
            let start = at - kept as u64;
            at += length as u64;
            if let Some(hit) = first(&wanted, &buffer[..filled], start) {
                return Ok(Some(hit));
            }
            kept = overlap.min(filled);
            buffer.copy_within(filled - kept..filled, 0);
        }
    }
    Ok(None)
}

fn first<'a>(wanted: &[Wanted<'a>], bytes: &[u8], start: u64) -> Option<Hit<'a>> {
    let found = wanted.iter().filter_map(|want| {
        Some(Hit {
            offset: start + want.finder.find(bytes)? as u64,
            account: want.account,
            form: want.form,
        })
    });
    found.min_by_key(|hit| hit.offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "kR7-öx.Q2v";

    fn find(parts: &[(u64, &[u8])]) -> Option<Hit<'static>> {
        let file = tempfile::tempfile().expect("a file");
        file.set_len(64 << 20).expect("sparse");
        for (offset, bytes) in parts {
            file.write_all_at(bytes, *offset).expect("written");
        }
        search(&file, &[("other", "elsewhere"), ("build", PASSWORD)]).expect("searched")
    }

    #[test]
    fn each_form_is_found() {
        // base64 of UTF-16 is written out, so that the encoder is not its own judge.
        let answer = b"<Value>awBSADcALQD2AHgALgBRADIAdgBQAGEAcwBzAHcAbwByAGQA</Value>";
        for (bytes, form) in [
            (PASSWORD.as_bytes().to_vec(), "plain"),
            (utf16(PASSWORD), "plain, in UTF-16"),
            (answer.to_vec(), "as in an answer file"),
            (
                utf16(&String::from_utf8_lossy(answer)),
                "as in an answer file, in UTF-16",
            ),
        ] {
            let hit = find(&[(5_000_001, &bytes)]).expect(form);
            assert_eq!((hit.account, hit.form), ("build", form));
            assert!((5_000_001..5_000_020).contains(&hit.offset), "{hit:?}");
        }
        assert_eq!(find(&[(5_000_001, &PASSWORD.as_bytes()[1..])]), None);
    }

    #[test]
    fn it_is_found_across_blocks() {
        for place in 0..400 {
            let file = tempfile::tempfile().expect("a file");
            file.write_all_at(&[b'x'; 1000], 0).expect("written");
            let bytes = PASSWORD.as_bytes();
            file.write_all_at(bytes, place).expect("written");
            let hit = search_by(128, &file, &[("build", PASSWORD)]).expect("searched");
            assert_eq!(hit.map(|hit| hit.offset), Some(place));
        }
    }

    #[test]
    fn no_password_is_nowhere() {
        let file = tempfile::tempfile().expect("a file");
        file.write_all_at(b"anything", 0).expect("written");
        assert_eq!(search(&file, &[("build", "")]).expect("searched"), None);
    }
}
