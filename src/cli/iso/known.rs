//! The ISOs of the table `data/windows-isos.json`, which Nix has as `utils.windowsIsos`.
//!
//! The builder does not read the table: an entry more would be another derivation of every image.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context as _;
use serde::Deserialize;

use super::hash::Hash;
use crate::windows_iso::{Release, WindowsIso};

const TABLE: &str = include_str!("../../../data/windows-isos.json");

/// An ISO whose hash is public. A re-spin of it has a hash of its own, and is another one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Known {
    /// Its name in the table.
    #[serde(default)]
    pub(super) name: String,
    release: Release,
    edition: String,
    architecture: String,
    language: String,
    /// Build and update, such as `26100.1742`.
    build: String,
    /// Where Microsoft has it, or had it.
    url: String,
    /// As Nix writes it.
    hash: String,
    /// Who publishes the hash: a repository, and the file or issue there.
    sources: Vec<String>,
}

/// Reads the table, in the order of the names.
pub(super) fn table() -> anyhow::Result<Vec<Known>> {
    let table: BTreeMap<String, Known> =
        serde_json::from_str(TABLE).context("the table of known ISOs")?;
    let named = table
        .into_iter()
        .map(|(name, known)| Known { name, ..known });
    Ok(named.collect())
}

impl Known {
    /// The one with a hash.
    pub(super) fn find<'a>(table: &'a [Self], hash: &Hash) -> Option<&'a Self> {
        let hash = hash.sri();
        table.iter().find(|known| known.hash == hash)
    }

    /// Those of an ISO's release and architecture.
    pub(super) fn like<'a>(table: &'a [Self], iso: &WindowsIso) -> Vec<&'a Self> {
        let (release, architecture) = (iso.release(), iso.architecture());
        let same = |known: &&Self| {
            Some(known.release) == release && Some(known.architecture.as_str()) == architecture
        };
        table.iter().filter(same).collect()
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}, build {}, {}, {}",
            self.release.name(),
            self.edition,
            self.build,
            self.language,
            self.architecture
        )
    }
}

/// What a person may do with a hash.
#[derive(Debug)]
pub(super) struct Advice<'a> {
    pub(super) hash: &'a Hash,
    pub(super) found: Option<&'a Known>,
    /// The known ones of its release.
    pub(super) others: Vec<&'a Known>,
    /// The file's name.
    pub(super) name: &'a str,
    /// Whether it is an ISO, which alone can be installed from.
    pub(super) is_iso: bool,
}

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}", self.hash.sri(), self.hash.hex())?;
        if !self.is_iso {
            return writeln!(
                f,
                "\na WIM by itself: an install takes the ISO that it is from"
            );
        }
        if let Some(known) = self.found {
            writeln!(f, "\nknown: {known}")?;
            writeln!(
                f,
                "  windowsIso = windows.utils.windowsIsos.{};",
                known.name
            )?;
            return Ok(());
        }
        let (name, hash) = (store_name(self.name), self.hash.sri());
        writeln!(f, "\nnot a known ISO; in Nix:")?;
        writeln!(f, "  windowsIso = windows.utils.windowsIso {{")?;
        writeln!(f, "    name = \"{name}\";\n    hash = \"{hash}\";\n  }};")?;
        if !self.others.is_empty() {
            writeln!(
                f,
                "\nknown ones of this Windows, in `windows.utils.windowsIsos`:"
            )?;
        }
        for other in &self.others {
            writeln!(f, "  {}\n    {}", other.name, other.hash)?;
        }
        Ok(())
    }
}

/// A file's name as a store path may have it: `nix/lib/name-problem.nix` has the rule.
fn store_name(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+-._?=".contains(c);
    let name: String = name
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .take(100)
        .collect();
    match name.trim_start_matches('.') {
        "" => "windows.iso".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::windows_iso::Image;

    fn iso(kind: &str, build: u32, architecture: &str) -> WindowsIso {
        let image = Image {
            installation_type: Some(kind.to_owned()),
            architecture: architecture.to_owned(),
            version: (10, 0, build),
            ..Image::default()
        };
        WindowsIso {
            images: vec![image],
            ..WindowsIso::default()
        }
    }

    fn bytes(known: &Known) -> [u8; 32] {
        let base64 = known.hash.strip_prefix("sha256-").expect("Nix's form");
        let bytes = STANDARD.decode(base64).expect("base64");
        bytes.try_into().expect("32 bytes")
    }

    #[test]
    fn each_entry_is_whole_and_says_who_publishes_it() {
        let table = table().expect("the table");
        assert!(table.len() > 10, "the table is read");
        let hashes: HashSet<_> = table.iter().map(bytes).collect();
        assert_eq!(hashes.len(), table.len(), "one value has one hash");
        for known in &table {
            let name = &known.name;
            assert_eq!(*name, store_name(name), "{name}");
            let end = known.build.replace('.', "-");
            assert!(name.ends_with(&end), "{name}: a re-spin is another entry");
            assert!(known.url.starts_with("https://software-"), "{name}");
            assert!(known.url.contains(".microsoft.com/"), "{name}");
            assert!(["amd64", "arm64"].contains(&&*known.architecture), "{name}");
            assert_eq!(known.language, "en-US", "{name}");
            assert!(!known.sources.is_empty(), "{name}: who says so?");
        }
    }

    #[test]
    fn a_known_iso_is_told_by_its_hash() {
        let table = table().expect("the table");
        let hash = Hash(bytes(&table[0]));
        let found = Known::find(&table, &hash);
        assert_eq!(found, Some(&table[0]));
        let advice = Advice {
            hash: &hash,
            found,
            others: Vec::new(),
            name: "a.iso",
            is_iso: true,
        };
        let line = "windowsIso = windows.utils.windowsIsos.windows-10-enterprise-evaluation-";
        assert!(advice.to_string().contains(line), "{advice}");
    }

    #[test]
    fn another_iso_is_told_what_there_is() {
        let table = table().expect("the table");
        let hash = Hash([7; 32]);
        let advice = Advice {
            hash: &hash,
            found: Known::find(&table, &hash),
            others: Known::like(&table, &iso("Server", 14393, "amd64")),
            name: "My Windows.iso",
            is_iso: true,
        };
        expect_test::expect![[r#"
            sha256-BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=
            0707070707070707070707070707070707070707070707070707070707070707

            not a known ISO; in Nix:
              windowsIso = windows.utils.windowsIso {
                name = "My-Windows.iso";
                hash = "sha256-BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
              };

            known ones of this Windows, in `windows.utils.windowsIsos`:
              windows-server-2016-evaluation-14393
                sha256-HOcCpXijyxrD0UhzmAg4WQ8G1bcQHF2qzLrJ1z8ftQ8=
        "#]]
        .assert_eq(&advice.to_string());
        assert!(Known::like(&table, &WindowsIso::default()).is_empty());
        let wim = Advice {
            is_iso: false,
            ..advice
        };
        assert!(!wim.to_string().contains("windowsIso"), "{wim}");
    }

    #[test]
    fn others_are_of_one_architecture() {
        let table = table().expect("the table");
        for architecture in ["amd64", "arm64"] {
            let others = Known::like(&table, &iso("Client", 26100, architecture));
            assert!(!others.is_empty(), "{architecture}");
            let of_it = |known: &&Known| known.architecture == architecture;
            assert!(others.iter().all(of_it), "{architecture}: {others:?}");
        }
    }

    #[test]
    fn any_name_becomes_a_store_name() {
        assert_eq!(store_name("..a b/ü"), "a-b--");
        assert_eq!(store_name(""), "windows.iso");
        assert_eq!(store_name(&"x".repeat(300)).len(), 100);
    }
}
