//! What a file holds, and where.

use super::record::{Attribute, Body, Record};
use super::runs::{Run, decode};
use super::scan::read_runs;
use super::{DATA, Ntfs, REPARSE_POINT, State};
use crate::disk::{Result, Window, damaged};

/// Compressed, in any way; the upper bits are encrypted (0x4000) and sparse (0x8000).
const FLAGS_COMPRESSED: u64 = 0x00ff;
const FLAG_ENCRYPTED: u64 = 0x4000;
/// How much of a file is handed on at once.
const PART_BYTES: u64 = 4 << 20;

/// A part of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub offset: u64,
    pub length: u64,
}

/// What makes a file or a folder more than its bytes or its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// A link, a mount point, or a file whose bytes a driver keeps elsewhere: `compact /exe`.
    ReparsePoint,
    /// A second stream, which has a name of its own.
    Stream,
}

/// A file's unnamed stream.
#[derive(Debug)]
pub(super) enum Stream {
    Resident(Vec<u8>),
    Clusters(Clusters),
}

#[derive(Debug, Default)]
pub(super) struct Clusters {
    flags: u64,
    size: u64,
    initialized: u64,
    runs: Vec<Run>,
}

impl Ntfs<'_> {
    /// The start of a file, at most `max` bytes.
    pub fn read(&self, record: u32, max: u64) -> Result<Vec<u8>> {
        let size = self.size(record)?;
        self.read_range(record, 0, size.min(max))
    }

    /// The end of a file, at most `max` bytes.
    pub fn tail(&self, record: u32, max: u64) -> Result<Vec<u8>> {
        let size = self.size(record)?;
        self.read_range(record, size.saturating_sub(max), size.min(max))
    }

    /// Hands on a file's bytes in parts, for as long as they are wanted.
    pub fn copy(&self, record: u32, mut wants: impl FnMut(&[u8]) -> bool) -> Result<()> {
        let size = self.size(record)?;
        let mut at = 0;
        while at < size {
            let part = self.read_range(record, at, (size - at).min(PART_BYTES))?;
            if part.is_empty() {
                return Err(damaged(format!("`{}` is cut off", self.path(record))));
            }
            if !wants(&part) {
                return Ok(());
            }
            at += part.len() as u64;
        }
        Ok(())
    }

    /// What of a file or a folder its bytes or its entries do not show.
    pub fn oddity(&self, record: u32) -> Result<Option<Oddity>> {
        let mut found = None;
        let extensions = self.extensions.get(&record).map_or(&[][..], Vec::as_slice);
        for part in std::iter::once(&record).chain(extensions) {
            self.each_attribute(*part, |attribute| {
                match attribute.kind {
                    REPARSE_POINT => found = Some(Oddity::ReparsePoint),
                    DATA if !attribute.name.is_empty() => {
                        found = found.or(Some(Oddity::Stream));
                    }
                    _ => {}
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// How long a file is.
    pub fn size(&self, record: u32) -> Result<u64> {
        Ok(match self.stream(record)? {
            None => 0,
            Some(Stream::Resident(bytes)) => bytes.len() as u64,
            Some(Stream::Clusters(clusters)) => clusters.size,
        })
    }

    /// Where a file's bytes lie on the disk. A resident file lies in its record and has none.
    pub fn extents(&self, record: u32) -> Result<Vec<Extent>> {
        let clusters = match self.stream(record)? {
            Some(Stream::Clusters(clusters)) => clusters,
            None | Some(Stream::Resident(_)) => return Ok(Vec::new()),
        };
        if clusters.flags & (FLAGS_COMPRESSED | FLAG_ENCRYPTED) != 0 {
            return Err(damaged(format!(
                "`{}` is compressed or encrypted",
                self.path(record)
            )));
        }
        let lies = |run: &Run| Some(self.extent(run.lcn?, run.clusters));
        Ok(clusters.runs.iter().filter_map(lies).collect())
    }

    /// Who owns a byte of the disk, for messages. `None`: it lies outside of the volume.
    ///
    /// Reads every record again: called when a build has failed already.
    #[must_use]
    pub fn owner(&self, offset: u64) -> Option<String> {
        let within = offset.checked_sub(self.partition.offset())?;
        let cluster = within / self.geometry.cluster_bytes;
        if cluster >= self.geometry.clusters {
            return None;
        }
        if let Some(run) = self.mft.iter().find(|run| holds(run, cluster)) {
            let into = within - run.lcn? * self.geometry.cluster_bytes;
            let at = run.vcn * self.geometry.cluster_bytes + into;
            let record = u32::try_from(at / self.geometry.record_bytes as u64).ok()?;
            return Some(match self.state(record) {
                State::File | State::Directory => self.path(record),
                State::Extension => format!("$MFT, record {record}"),
                State::Unused => format!("$MFT, record {record}, of a deleted file"),
            });
        }
        let owner = (0..u32::try_from(self.records.len()).ok()?)
            .filter(|record| self.state(*record) != State::Unused)
            .find(|record| self.owns(*record, cluster).unwrap_or(false))?;
        let base = self.extensions.iter().find(|(_, all)| all.contains(&owner));
        Some(self.path(base.map_or(owner, |(base, _)| *base)))
    }

    /// Whether any attribute in a record, of any name, lies in a cluster.
    fn owns(&self, record: u32, cluster: u64) -> Result<bool> {
        let mut owned = false;
        self.each_attribute(record, |attribute| {
            if let Body::Clusters { first, runs, .. } = attribute.body {
                let runs = decode(runs, first, self.geometry.clusters)?;
                owned |= runs.iter().any(|run| holds(run, cluster));
            }
            Ok(())
        })?;
        Ok(owned)
    }

    /// The value of a resident attribute of a record itself.
    pub(super) fn resident(&self, record: u32, kind: u64) -> Result<Vec<u8>> {
        let mut value = Vec::new();
        self.each_attribute(record, |attribute| {
            if let (true, Body::Resident(bytes)) = (attribute.kind == kind, attribute.body) {
                value = bytes.to_vec();
            }
            Ok(())
        })?;
        Ok(value)
    }

    /// The unnamed stream, its pieces put together.
    pub(super) fn stream(&self, record: u32) -> Result<Option<Stream>> {
        let mut resident = None;
        let mut whole = None;
        let mut pieces = Vec::new();
        let extensions = self.extensions.get(&record).map_or(&[][..], Vec::as_slice);
        for part in std::iter::once(&record).chain(extensions) {
            self.each_attribute(*part, |attribute| {
                if attribute.kind != DATA || !attribute.name.is_empty() {
                    return Ok(());
                }
                match attribute.body {
                    Body::Resident(bytes) => resident = Some(bytes.to_vec()),
                    Body::Clusters {
                        first,
                        size,
                        initialized,
                        runs,
                    } => {
                        if first == 0 {
                            whole = Some((attribute.flags, size, initialized.min(size)));
                        }
                        pieces.extend(decode(runs, first, self.geometry.clusters)?);
                    }
                }
                Ok(())
            })?;
        }
        let Some((flags, size, initialized)) = whole else {
            return Ok(resident.map(Stream::Resident));
        };
        pieces.sort_by_key(|run| run.vcn);
        let mut next = 0;
        for run in &pieces {
            if run.vcn != next {
                return Err(damaged(format!("a piece of record {record} is missing")));
            }
            next = run.end();
        }
        Ok(Some(Stream::Clusters(Clusters {
            flags,
            size,
            initialized,
            runs: pieces,
        })))
    }

    fn read_range(&self, record: u32, offset: u64, length: u64) -> Result<Vec<u8>> {
        let length = usize::try_from(length).map_err(|_| damaged("a file of no length"))?;
        let clusters = match self.stream(record)? {
            None => return Ok(Vec::new()),
            Some(Stream::Resident(bytes)) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let rest = bytes.get(start..).unwrap_or_default();
                return Ok(rest[..rest.len().min(length)].to_vec());
            }
            Some(Stream::Clusters(clusters)) => clusters,
        };
        if clusters.flags & (FLAGS_COMPRESSED | FLAG_ENCRYPTED) != 0 {
            return Err(damaged(format!(
                "`{}` is compressed or encrypted",
                self.path(record)
            )));
        }
        // Before the buffer is made: a size may say anything, but the clusters are counted.
        let holds = clusters.runs.last().map_or(0, Run::end) * self.geometry.cluster_bytes;
        let written = clusters.initialized.saturating_sub(offset);
        if holds < clusters.size {
            return Err(damaged(format!(
                "`{}` is shorter than it says",
                self.path(record)
            )));
        }
        let mut bytes = vec![0; length];
        let written = usize::try_from(written).map_or(length, |written| written.min(length));
        let part = &mut bytes[..written];
        read_runs(
            &self.partition,
            &self.geometry,
            &clusters.runs,
            offset,
            part,
        )?;
        Ok(bytes)
    }

    /// Calls for each attribute in a record.
    fn each_attribute(
        &self,
        record: u32,
        mut call: impl FnMut(Attribute<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut bytes = vec![0; self.geometry.record_bytes];
        let offset = u64::from(record) * self.geometry.record_bytes as u64;
        let partition: &Window<'_> = &self.partition;
        read_runs(partition, &self.geometry, &self.mft, offset, &mut bytes)?;
        let record = Record::parse(u64::from(record), &mut bytes)?;
        for attribute in record.iter().flat_map(Record::attributes) {
            call(attribute?)?;
        }
        Ok(())
    }
}

fn holds(run: &Run, cluster: u64) -> bool {
    run.lcn
        .is_some_and(|lcn| (lcn..lcn + run.clusters).contains(&cluster))
}
