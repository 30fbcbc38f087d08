//! The names of a volume: finding, listing, and telling where a record stands.

use super::record::Reference;
use super::{EXTEND, FIRST_OF_USERS, Ntfs, ROOT, State};
use crate::disk::number;
use crate::manifest::Contents;

/// Windows' own limit of a path's characters, halved: a folder and its separator.
const DEPTH_MAX: usize = 16_384;
/// The second name of a file whose first is too long for DOS.
const NAMESPACE_DOS: u8 = 2;

/// One name of a record in its parent.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) parent_reference: Reference,
    pub(super) parent: u32,
    pub(super) record: u32,
    pub(super) name: String,
}

/// What a directory holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub is_directory: bool,
}

impl Link {
    /// A `$FILE_NAME` value. `None`: it is a DOS name, or none.
    pub(super) fn parse(value: &[u8]) -> Option<Self> {
        if *value.get(0x41)? == NAMESPACE_DOS {
            return None;
        }
        let length = 2 * usize::from(*value.get(0x40)?);
        let units: Vec<u16> = value
            .get(0x42..)?
            .get(..length)?
            .chunks_exact(2)
            .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
            .collect();
        Some(Self {
            parent_reference: Reference::new(number::<8>(value, 0)),
            parent: 0,
            record: 0,
            name: String::from_utf16_lossy(&units),
        })
    }
}

impl Ntfs<'_> {
    /// The record of a path such as `Windows\System32`, whatever the case of its letters.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<u32> {
        path.split('\\')
            .filter(|part| !part.is_empty())
            .try_fold(ROOT, |parent, part| {
                self.children(parent)
                    .iter()
                    .find(|link| same_name(&link.name, part))
                    .map(|link| link.record)
            })
    }

    /// What a directory holds, sorted by name. `None`: there is no such directory.
    #[must_use]
    pub fn list(&self, path: &str) -> Option<Vec<Entry>> {
        let directory = self
            .find(path)
            .filter(|record| self.is_directory(*record))?;
        let mut entries: Vec<_> = self
            .children(directory)
            .iter()
            // The root is its own parent.
            .filter(|link| link.record != directory)
            .map(|link| Entry {
                name: link.name.clone(),
                is_directory: self.is_directory(link.record),
            })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Some(entries)
    }

    #[must_use]
    pub fn is_directory(&self, record: u32) -> bool {
        self.state(record) == State::Directory
    }

    /// How many files and directories there are, NTFS' own left out.
    #[must_use]
    pub fn contents(&self, used_bytes: u64) -> Contents {
        let mut counted: Vec<_> = self
            .links
            .iter()
            .filter(|link| link.record >= FIRST_OF_USERS && link.parent != EXTEND)
            .map(|link| link.record)
            .collect();
        counted.sort_unstable();
        counted.dedup();
        let directories = counted.iter().filter(|at| self.is_directory(**at)).count() as u64;
        Contents {
            used_bytes,
            files: counted.len() as u64 - directories,
            directories,
        }
    }

    /// A record's path, for messages. Costs a pass over the names.
    pub(super) fn path(&self, record: u32) -> String {
        let mut parts = Vec::new();
        let mut at = record;
        while at != ROOT && parts.len() < DEPTH_MAX {
            let Some(link) = self.links.iter().find(|link| link.record == at) else {
                parts.push(format!("record {at}"));
                break;
            };
            parts.push(link.name.clone());
            at = link.parent;
        }
        parts.reverse();
        parts.join("\\")
    }

    pub(super) fn state(&self, record: u32) -> State {
        let slot = usize::try_from(record)
            .ok()
            .and_then(|at| self.records.get(at));
        slot.map_or(State::Unused, |slot| slot.state)
    }

    fn children(&self, parent: u32) -> &[super::Link] {
        let start = self.links.partition_point(|link| link.parent < parent);
        let rest = &self.links[start..];
        &rest[..rest.partition_point(|link| link.parent == parent)]
    }
}

/// NTFS' own table of capitals differs from Unicode's only outside the names that are asked for.
fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
        || a.chars()
            .flat_map(char::to_uppercase)
            .eq(b.chars().flat_map(char::to_uppercase))
}
