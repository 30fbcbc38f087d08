//! Credentials: files by name in one folder, as systemd gives them to a service.

use anyhow::{Context as _, anyhow, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use lucarne_protocol::settings::Secret;

use crate::problem::operand;
use crate::regular;

/// What systemd bounds all of a service's credentials by.
pub const BYTES_MAX: u64 = 1 << 20;

/// Where the credentials are.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    folder: Option<Utf8PathBuf>,
}

impl Credentials {
    /// Those of a folder: the one that is named, else the one that systemd made.
    #[must_use]
    pub fn find(named: Option<&Utf8Path>, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let named = named.map(Utf8Path::to_owned);
        let of_service = || variable("CREDENTIALS_DIRECTORY").map(Utf8PathBuf::from);
        Self {
            folder: named.or_else(of_service),
        }
    }

    /// The bytes of one. The error names it, and says nothing of what it holds.
    pub fn bytes(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        let shown = operand(name);
        // The plan has told so long before; a path would lead out of the folder.
        let is_name = !name.is_empty() && !name.contains('/') && name != "." && name != "..";
        ensure!(is_name, "{shown} is no name of a credential");
        let folder = self.folder.as_ref().with_context(|| {
            format!(
                "the credential {shown} is needed, and there is no folder of credentials\n\n\
                 hint: name one with `--credentials`, or run the service, which has one"
            )
        })?;
        let path = folder.join(name);
        regular::read(&path, BYTES_MAX)
            .with_context(|| format!("cannot read the credential `{path}`"))
    }

    /// One that is a text: a line's end behind it is the editor's.
    pub fn secret(&self, name: &str) -> anyhow::Result<Secret> {
        let bytes = self.bytes(name)?;
        // The error of the conversion would hold the bytes.
        let mut text = String::from_utf8(bytes)
            .map_err(|_| anyhow!("the credential {} is no text in UTF-8", operand(name)))?;
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        Ok(Secret::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Credentials) {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).expect("a file");
        }
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        let credentials = Credentials::find(Some(&path), &|_| None);
        (folder, credentials)
    }

    #[test]
    fn one_line_end_is_the_editors() {
        let files: [(&str, &[u8]); 4] = [
            ("a", b"word\n"),
            ("b", b"word\r\n"),
            ("c", b"word\n\n"),
            ("d", b" word "),
        ];
        let (_folder, credentials) = folder(&files);
        let read = |name| {
            credentials
                .secret(name)
                .expect("a secret")
                .reveal()
                .to_owned()
        };
        assert_eq!(
            ["a", "b", "c", "d"].map(read),
            ["word", "word", "word\n", " word "]
        );
    }

    #[test]
    fn what_cannot_be_read_is_named_and_not_shown() {
        let long = vec![b's'; 1 + (1 << 20)];
        let (_folder, credentials) = folder(&[("odd", b"s3cret\xff"), ("long", &long)]);
        for (name, what) in [
            ("odd", "no text in UTF-8"),
            ("long", "cannot read the credential"),
            ("none", "cannot read the credential"),
            ("../odd", "no name of a credential"),
            ("", "no name of a credential"),
        ] {
            let error = format!("{:#}", credentials.secret(name).expect_err("no secret"));
            assert!(error.contains(what), "{name}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
        let none = Credentials::find(None, &|_| None);
        let error = none.secret("a").expect_err("no folder").to_string();
        assert!(error.contains("`--credentials`"), "{error}");
    }

    #[test]
    fn the_services_folder_is_found() {
        let (folder, _) = folder(&[("a", b"word")]);
        let path = folder.path().to_str().expect("UTF-8").to_owned();
        let of_service = |name: &str| (name == "CREDENTIALS_DIRECTORY").then(|| path.clone());
        let credentials = Credentials::find(None, &of_service);
        assert_eq!(credentials.secret("a").expect("a secret").reveal(), "word");
    }
}
