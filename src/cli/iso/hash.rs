//! The SHA-256 of a whole file, with a bar while it is read.

use std::fmt::Write as _;
use std::io::Read as _;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::Utf8Path;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sha2::{Digest as _, Sha256};

use crate::cli::bar;
use crate::regular;

/// What stands beside the bar, as wide as it becomes.
const BESIDE: &str = "[59m]  100% 999.99 MiB of 999.99 MiB, 59s left";
const BUFFER_BYTES: usize = 1 << 20;

/// A SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hash(pub(super) [u8; 32]);

impl Hash {
    /// Reads a file for its hash: about 1 GB in two to four seconds.
    pub(super) fn of(path: &Utf8Path) -> anyhow::Result<Self> {
        let target = if bar::can_draw() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self::watched(path, target).with_context(|| format!("cannot read `{path}`"))
    }

    fn watched(path: &Utf8Path, target: ProgressDrawTarget) -> anyhow::Result<Self> {
        let mut file = regular::open(path)?;
        let style = ProgressStyle::with_template(&template(bar::columns()));
        let style = style.map(|style| style.progress_chars("=> "));
        let bar = ProgressBar::with_draw_target(Some(file.metadata()?.len()), target)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let mut hash = Sha256::new();
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
            bar.inc(read as u64);
        }
        bar.finish_and_clear();
        Ok(Self(hash.finalize().into()))
    }

    /// As Nix writes it.
    pub(super) fn sri(&self) -> String {
        format!("sha256-{}", STANDARD.encode(self.0))
    }

    /// As `sha256sum` and Microsoft write it.
    pub(super) fn hex(&self) -> String {
        self.0.iter().fold(String::new(), |mut hex, byte| {
            _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// What is shown on a terminal of so many columns, on one line.
fn template(columns: usize) -> String {
    if columns <= BESIDE.len() {
        return "[{elapsed}] {percent:>3}% of {total_bytes}".to_owned();
    }
    let bar = bar::drawn(columns - BESIDE.len() - 1);
    format!("[{{elapsed}}] {bar}{{percent:>3}}% {{bytes}} of {{total_bytes}}, {{eta}} left")
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    #[test]
    fn a_file_is_hashed_and_its_bar_is_gone() {
        let file = tempfile::NamedTempFile::new().expect("the test may write");
        std::fs::write(file.path(), vec![0; 3 << 20]).expect("the test may write");
        let path = Utf8Path::from_path(file.path()).expect("is UTF-8");
        let terminal = InMemoryTerm::new(10, 120);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let hash = Hash::watched(path, target).expect("readable");
        // `head -c 3M /dev/zero | sha256sum`
        let wanted = "bbd05cf6097ac9b1f89ea29d2542c1b7b67ee46848393895f5a9e43fa1f621e5";
        assert_eq!(hash.hex(), wanted);
        assert_eq!(
            hash.sri(),
            "sha256-u9Bc9gl6ybH4nqKdJULBt7Z+5GhIOTiV9ankP6H2IeU="
        );
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn its_bar_gives_way_to_the_words() {
        let check = |columns, wanted: Option<&str>| {
            let template = template(columns).replace(".cyan", "");
            ProgressStyle::with_template(&template).expect("a template");
            let bar = template
                .split_once("{bar:")
                .and_then(|(_, rest)| rest.split_once('}'));
            assert_eq!(bar.map(|(width, _)| width), wanted, "{template}");
        };
        check(80, Some("30"));
        check(60, Some("13"));
        check(50, None);
        check(40, None);
    }
}
