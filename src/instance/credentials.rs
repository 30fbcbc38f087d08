//! Credentials: a file each, by its name, in a folder that systemd or the user gives. What is in
//! them never reaches an argument, the environment, a log or a state.

use anyhow::{Context as _, anyhow, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use lucarne_protocol::settings::Secret;

use crate::problem::operand;
use crate::regular;

/// What one may have.
const BYTES_MAX: u64 = 1 << 20;
const HINT: &str = "`--credentials DIR` names their folder; a service has `LoadCredential=`";

/// The folder.
#[derive(Clone, Debug)]
pub struct Credentials(Option<Utf8PathBuf>);

impl Credentials {
    /// Those of a folder, or none at all.
    #[must_use]
    pub fn new(folder: Option<Utf8PathBuf>) -> Self {
        Self(folder)
    }

    /// A credential's bytes.
    pub fn read(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        let shown = operand(name);
        let Some(folder) = &self.0 else {
            bail!("there is no folder with the credential {shown}\n\nhint: {HINT}");
        };
        // The plan let no name through that would lead elsewhere.
        let path: &Utf8Path = &folder.join(name);
        let bytes = regular::read(path, BYTES_MAX).map_err(|error| {
            anyhow!("cannot read the credential {shown}: `{path}`: {error}\n\nhint: {HINT}")
        })?;
        ensure!(
            !bytes.is_empty(),
            "the credential {shown} is empty\n\nhint: see what writes it"
        );
        Ok(bytes)
    }

    /// A credential's text, without the line end that editors put there.
    pub fn text(&self, name: &str) -> anyhow::Result<Secret> {
        let shown = operand(name);
        let text = String::from_utf8(self.read(name)?)
            // The bytes are in the error, and stay there.
            .map_err(|_| anyhow!("the credential {shown} is no text in UTF-8"))?;
        let end = text.strip_suffix('\n').unwrap_or(&text);
        let end = end.strip_suffix('\r').unwrap_or(end);
        ensure!(
            !end.is_empty(),
            "the credential {shown} is an empty line\n\nhint: see what writes it"
        );
        let length = end.len();
        let mut text = text;
        text.truncate(length);
        Ok(Secret::new(text))
    }

    /// All that is wrong with several, at once.
    pub fn all(
        &self,
        names: impl IntoIterator<Item = String>,
    ) -> anyhow::Result<Vec<(String, Secret)>> {
        let mut found = Vec::new();
        let mut wrong = Vec::new();
        for name in names {
            match self.text(&name) {
                Ok(secret) => found.push((name, secret)),
                Err(error) => wrong.push(format!("{error:#}")),
            }
        }
        let Some(first) = wrong.first() else {
            return Ok(found);
        };
        let (_, hint) = first.split_once("\n\nhint: ").unwrap_or(("", HINT));
        let causes = wrong.iter().map(|text| text.split("\n\n").next());
        let causes: Vec<_> = causes.flatten().collect();
        bail!("{}\n\nhint: {hint}", causes.join("; "))
    }
}

impl Credentials {
    /// The bytes of a certificate.
    pub(super) fn certificate(&self, source: &super::plan::Source) -> anyhow::Result<Vec<u8>> {
        match source {
            super::plan::Source::Credential(name) => self.read(name),
            super::plan::Source::File(path) => {
                let bytes = regular::read(path, BYTES_MAX);
                bytes.with_context(|| format!("cannot read the certificate `{path}`"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn here() -> (tempfile::TempDir, Credentials) {
        let folder = tempfile::tempdir().expect("the test may write");
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        fs::write(path.join("one"), "geheim\n").expect("is writable");
        fs::write(path.join("two"), "a\r\nb \r\n").expect("is writable");
        fs::write(path.join("none"), "\n").expect("is writable");
        fs::write(path.join("bytes"), b"\xff\xfe").expect("is writable");
        (folder, Credentials::new(Some(path)))
    }

    #[test]
    fn one_line_end_is_not_part_of_a_text() {
        let (_keep, credentials) = here();
        let text = |name: &str| {
            credentials
                .text(name)
                .expect("is there")
                .reveal()
                .to_owned()
        };
        assert_eq!(text("one"), "geheim");
        assert_eq!(text("two"), "a\r\nb ");
    }

    #[test]
    fn what_cannot_be_had_is_told_at_once_and_without_its_contents() {
        let (_keep, credentials) = here();
        let names = ["one", "three", "none", "bytes"].map(ToOwned::to_owned);
        let told = credentials
            .all(names)
            .expect_err("three are wrong")
            .to_string();
        assert!(
            told.starts_with("cannot read the credential `three`: "),
            "{told}"
        );
        assert!(
            told.contains("; the credential `none` is an empty line; "),
            "{told}"
        );
        assert!(
            told.contains("`bytes` is no text in UTF-8\n\nhint: `--credentials"),
            "{told}"
        );
        assert!(
            !told.contains("geheim") && !told.contains('\u{fffd}'),
            "{told}"
        );
        let none = Credentials::new(None).text("one").expect_err("no folder");
        assert!(none.to_string().starts_with("there is no folder"), "{none}");
    }
}
