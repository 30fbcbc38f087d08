//! Looks for secrets in all that something left, in every form that Windows and we write.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use aho_corasick::AhoCorasick;
use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;
use serde_json::Value;

/// So much of a file is searched at once, in bytes.
const PIECE: usize = 4 << 20;

/// A longer form is known by its begin: thousands of bytes would make the search slow.
const PATTERN_BYTES_MAX: usize = 256;

/// A secret, and what it is.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    pub(super) what: &'static str,
    pub(super) text: String,
}

impl Secret {
    pub(super) fn new(what: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { what, text }
    }
}

/// JSON's text in ASCII, as Windows PowerShell may write it.
fn in_ascii(json: &str) -> String {
    let one = |unit: u16| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    json.encode_utf16().map(one).collect()
}

/// A secret as text and as JSON has it, in UTF-8 and in Windows' UTF-16; each of these within
/// base64; and that as UTF-16 too.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let quoted = Value::from(text).to_string();
    // Between the quotes.
    let quoted = &quoted[1..quoted.len() - 1];
    let ascii = in_ascii(quoted);
    let mut texts = vec![text, quoted, &ascii];
    texts.dedup();
    let plain = texts.into_iter();
    let plain = plain.flat_map(|text| [text.as_bytes().to_vec(), utf16(text)]);
    let mut forms: Vec<_> = plain.collect();
    let encoded: Vec<_> = forms.iter().flat_map(|bytes| in_base64(bytes)).collect();
    forms.extend(encoded.iter().map(|text| utf16(text)));
    forms.extend(encoded.into_iter().map(String::into_bytes));
    // A blob is known by what it stands for too.
    forms.extend(STANDARD.decode(text).ok().filter(|bytes| bytes.len() > 16));
    forms
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// What base64 has of some bytes whatever is before and behind them: answer files have a password
/// with its element's name behind. Three bytes make four signs, so it depends on where among three
/// they begin.
fn in_base64(bytes: &[u8]) -> [String; 3] {
    [0, 1, 2].map(|skipped| {
        let bytes = bytes.get(skipped..).unwrap_or_default();
        STANDARD.encode(&bytes[..bytes.len() / 3 * 3])
    })
}

/// A search for some secrets.
pub(super) struct Search {
    /// Files and folders that may hold them.
    but: Vec<Utf8PathBuf>,
    /// Whose form each pattern is.
    owners: Vec<&'static str>,
    longest: usize,
    finder: AhoCorasick,
}

impl Search {
    pub(super) fn new(secrets: &[Secret]) -> Result<Self> {
        Self::but(secrets, &[])
    }

    /// One that leaves some files and folders out.
    pub(super) fn but(secrets: &[Secret], but: &[&Utf8Path]) -> Result<Self> {
        let mut owners = Vec::new();
        let mut patterns = Vec::new();
        for secret in secrets {
            for mut form in forms(&secret.text) {
                form.truncate(PATTERN_BYTES_MAX);
                // Less is found everywhere.
                ensure!(form.len() >= 8, "the secret `{}` is short", secret.what);
                owners.push(secret.what);
                patterns.push(form);
            }
        }
        Ok(Self {
            but: but.iter().map(|&path| path.to_owned()).collect(),
            owners,
            longest: patterns.iter().map(Vec::len).max().unwrap_or_default(),
            finder: AhoCorasick::new(patterns).context("secrets are short")?,
        })
    }

    /// What is found in a text.
    fn in_bytes(&self, bytes: &[u8], found: &mut Vec<&'static str>) {
        for hit in self.finder.find_iter(bytes) {
            let owner = self.owners[hit.pattern().as_usize()];
            if !found.contains(&owner) {
                found.push(owner);
            }
        }
    }

    /// What is found in a file, whose holes are passed over.
    pub(super) fn in_file(&self, path: &Utf8Path) -> Result<Vec<&'static str>> {
        let file = File::open(path).with_context(|| format!("cannot open `{path}`"))?;
        let (mut found, mut at) = (Vec::new(), 0);
        let mut buffer = vec![0; PIECE + self.longest];
        loop {
            let from = match seek(&file, SeekFrom::Data(at)) {
                Err(Errno::NXIO) => return Ok(found),
                from => from.context("cannot tell data from holes")?,
            };
            let end = seek(&file, SeekFrom::Hole(from)).context("cannot tell holes from data")?;
            at = from;
            while at < end {
                let left = usize::try_from(end - at).unwrap_or(usize::MAX);
                let length = left.min(buffer.len());
                file.read_exact_at(&mut buffer[..length], at)?;
                self.in_bytes(&buffer[..length], &mut found);
                // A secret across the border is found in the next part.
                let overlap = if length < left { self.longest } else { 0 };
                at += (length - overlap) as u64;
            }
        }
    }

    /// That a text holds none of them.
    pub(super) fn none_in(&self, what: &str, bytes: &[u8]) -> Result<()> {
        let mut found = Vec::new();
        self.in_bytes(bytes, &mut found);
        ensure!(found.is_empty(), "{what} holds the secrets {found:?}");
        Ok(())
    }

    /// That no file of a folder does, whatever its name: so many were looked at. What a link
    /// points at is looked at where it lies.
    pub(super) fn none_below(&self, folder: &Utf8Path) -> Result<u64> {
        let mut seen = 0;
        for entry in folder.read_dir_utf8()? {
            let path = entry?.into_path();
            if self.but.contains(&path) {
                continue;
            }
            let kind = path.symlink_metadata()?.file_type();
            if kind.is_dir() {
                seen += self.none_below(&path)?;
            } else if kind.is_file() {
                let found = self.in_file(&path)?;
                ensure!(found.is_empty(), "`{path}` holds the secrets {found:?}");
                seen += 1;
            }
        }
        Ok(seen)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    const TEXT: &str = "Qz7-account-K4w9";

    /// That a secret is found in each of these, and in the UTF-16 of each.
    #[track_caller]
    fn found(secret: &str, texts: &[&str]) {
        let search = Search::new(&[Secret::new("it", secret)]).expect("long enough");
        for text in texts {
            for bytes in [text.as_bytes(), &utf16(text)] {
                let bytes = [b"<Value>", bytes, b"</Value>"].concat();
                assert!(search.none_in("it", &bytes).is_err(), "{text}");
            }
        }
    }

    /// What others encode, so that the encoder is not its own judge.
    #[test]
    fn every_form_is_found() {
        found(
            TEXT,
            &[
                TEXT,
                // Behind nothing, `x` and `xy`, before `z`; then the same of its UTF-16.
                "UXo3LWFjY291bnQtSzR3OXo=",
                "eFF6Ny1hY2NvdW50LUs0dzl6",
                "eHlRejctYWNjb3VudC1LNHc5eg==",
                "UQB6ADcALQBhAGMAYwBvAHUAbgB0AC0ASwA0AHcAOQB6",
                "eFEAegA3AC0AYQBjAGMAbwB1AG4AdAAtAEsANAB3ADkAeg==",
                "eHlRAHoANwAtAGEAYwBjAG8AdQBuAHQALQBLADQAdwA5AHo=",
                // As answer files have it, with the name of its element.
                "UQB6ADcALQBhAGMAYwBvAHUAbgB0AC0ASwA0AHcAOQBQAGEAcwBzAHcAbwByAGQA",
                concat!(
                    "UQB6ADcALQBhAGMAYwBvAHUAbgB0AC0ASwA0AHcAOQBBAGQAbQBpAG4AaQBzAHQAcgBhAHQA",
                    "bwByAFAAYQBzAHMAdwBvAHIAZAA=",
                ),
            ],
        );
        found(
            r#"a "quoted" \ secret"#,
            &[
                r#"a "quoted" \ secret"#,
                r#"a \"quoted\" \\ secret"#,
                // In a document that is encoded.
                "eyJhIjoiYSBcInF1b3RlZFwiIFxcIHNlY3JldCJ9",
            ],
        );
        found("Büro \u{1fa9f} 17", &[r"B\u00fcro \ud83e\ude9f 17"]);
        let blob = "V2hhdCBkam9pbiB3b3VsZCBoYXZlIG1hZGU=";
        found(blob, &[blob]);
        let search = Search::new(&[Secret::new("blob", blob)]).expect("long enough");
        let decoded = search.none_in("it", b"In it: What djoin would have made.");
        assert!(decoded.is_err());
    }

    #[test]
    fn what_is_another_is_not_found() {
        let search = Search::new(&[Secret::new("it", TEXT)]).expect("long enough");
        for text in ["Qz7-account-K4w8", "qz7-account-K4w9"] {
            assert!(search.none_in("it", text.as_bytes()).is_ok(), "{text}");
        }
        let short = Search::new(&[Secret::new("it", "secret")]);
        assert!(short.is_err(), "it would be found everywhere");
    }

    fn search(secret: &str) -> Search {
        Search::new(&[Secret::new("it", secret)]).expect("long enough")
    }

    #[test]
    fn what_is_left_out_is_not_looked_at() {
        let folder = tempfile::tempdir().expect("the test may write");
        let top = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let (own, config) = (top.join("own"), top.join("config"));
        fs::create_dir(&own).expect("writable");
        for path in [own.join("key"), config.clone()] {
            fs::write(path, TEXT).expect("writable");
        }
        let below = |but: &[&Utf8Path]| {
            let search = Search::but(&[Secret::new("it", TEXT)], but);
            search.expect("long enough").none_below(top)
        };
        assert_eq!(below(&[&own, &config]).expect("nothing is found"), 0);
        let left = search("nothing of it");
        assert_eq!(left.none_below(top).expect("nothing is found"), 2);
        assert!(below(&[&own]).is_err());
        assert!(below(&[&config]).is_err());
    }

    #[test]
    fn a_file_is_searched_across_parts_and_holes() {
        let folder = tempfile::tempdir().expect("the test may write");
        let path = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let path = path.join("disk");
        let search = Search::new(&[Secret::new("it", TEXT)]).expect("long enough");
        let border = (PIECE + search.longest) as u64;
        for at in [0, border - 5, (64 << 20) + 1] {
            let mut file = File::create(&path).expect("writable");
            file.set_len(128 << 20).expect("sparse");
            file.write_all(&vec![b'x'; 9 << 20]).expect("writable");
            file.write_all_at(TEXT.as_bytes(), at).expect("writable");
            assert_eq!(search.in_file(&path).expect("read"), ["it"], "{at}");
        }
    }
}
