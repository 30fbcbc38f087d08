//! The pass over the MFT.

use std::collections::BTreeMap;

use super::record::{Body, Record, Reference};
use super::runs::{Run, decode};
use super::tree::Link;
use super::{DATA, FILE_NAME, Geometry, MFT, Ntfs, Slot, State};
use crate::disk::{Error, Result, Source as _, Window, damaged};

/// Ten times what a Windows with everything holds.
const RECORDS_MAX: u64 = 4 << 20;
/// What the names may take in memory.
const NAME_BYTES_MAX: usize = 512 << 20;
const CHUNK_BYTES: usize = 1 << 20;

/// What the pass gathers.
#[derive(Default)]
struct Found {
    records: Vec<Slot>,
    /// With the base record that each belongs to, which a later record may still disown.
    links: Vec<(Reference, Link)>,
    name_bytes: usize,
    extensions: Vec<(Reference, u32)>,
    /// Pieces of the MFT's own list of runs, by their first cluster.
    pieces: BTreeMap<u64, Vec<Run>>,
}

impl<'a> Ntfs<'a> {
    /// Opens a volume and reads its names.
    pub fn open(partition: Window<'a>) -> Result<Self> {
        Self::scan(partition, Care::Whole)
    }

    /// The same for a volume whose machine was killed: what is torn or missing is passed over, and
    /// what is whole is read.
    pub fn salvage(partition: Window<'a>) -> Result<Self> {
        Self::scan(partition, Care::WhatIsLeft)
    }

    fn scan(partition: Window<'a>, care: Care) -> Result<Self> {
        let geometry = Geometry::read(&partition)?;
        let (mut mft, total) = first_piece(&partition, &geometry)?;
        let mut found = Found::default();
        let mut chunk = vec![0; CHUNK_BYTES];
        while (found.records.len() as u64) < total {
            let known = mft.last().map_or(0, Run::end) * geometry.cluster_bytes;
            let record_bytes = geometry.record_bytes as u64;
            let from = found.records.len() as u64;
            let ready = (known / record_bytes).min(total).saturating_sub(from);
            if ready == 0 {
                let next = found.pieces.remove(&mft.last().map_or(0, Run::end));
                let Some(piece) = next.filter(|piece| !piece.is_empty()) else {
                    care.pass_over::<()>(Err(damaged("a piece of the MFT is missing")))?;
                    break;
                };
                mft.extend(piece);
                continue;
            }
            let count = ready.min((CHUNK_BYTES / geometry.record_bytes) as u64);
            let length = usize::try_from(count).unwrap_or(1) * geometry.record_bytes;
            read_runs(
                &partition,
                &geometry,
                &mft,
                from * record_bytes,
                &mut chunk[..length],
            )?;
            for bytes in chunk[..length].chunks_exact_mut(geometry.record_bytes) {
                found.take(&geometry, bytes, care)?;
            }
        }
        Ok(found.into_ntfs(partition, geometry, mft))
    }
}

/// What is done about damage in a part of the volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Care {
    Whole,
    WhatIsLeft,
}

impl Care {
    /// Takes damage for nothing, where that is wanted. The host's errors are always errors.
    fn pass_over<T: Default>(self, result: Result<T>) -> Result<T> {
        match result {
            Err(Error::Damaged(_)) if self == Self::WhatIsLeft => Ok(T::default()),
            other => other,
        }
    }
}

/// Where record 0 says that the MFT begins, and how many records it has.
fn first_piece(partition: &Window<'_>, geometry: &Geometry) -> Result<(Vec<Run>, u64)> {
    let mut bytes = vec![0; geometry.record_bytes];
    let offset = geometry.mft_cluster.checked_mul(geometry.cluster_bytes);
    partition.read_at(offset.unwrap_or(u64::MAX), &mut bytes)?;
    let record = Record::parse(u64::from(MFT), &mut bytes)?;
    for attribute in record.iter().flat_map(Record::attributes) {
        let attribute = attribute?;
        if let (
            DATA,
            [],
            Body::Clusters {
                first: 0,
                size,
                runs,
                ..
            },
        ) = (attribute.kind, attribute.name, attribute.body)
        {
            let total = size / geometry.record_bytes as u64;
            // Runs may be holes, or lie over each other: a size beyond the volume's is a lie too.
            if total > RECORDS_MAX || size > partition.size() {
                return Err(damaged(format!("an MFT of {total} records")));
            }
            return Ok((decode(runs, 0, geometry.clusters)?, total));
        }
    }
    Err(damaged("the volume has no MFT"))
}

/// Fills a buffer from a value's runs.
pub(super) fn read_runs(
    partition: &Window<'_>,
    geometry: &Geometry,
    runs: &[Run],
    offset: u64,
    buffer: &mut [u8],
) -> Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        let at = offset + filled as u64;
        let vcn = at / geometry.cluster_bytes;
        let after = runs.partition_point(|run| run.end() <= vcn);
        let run = runs.get(after).filter(|run| run.vcn <= vcn);
        let run = run.ok_or_else(|| damaged("a file is shorter than it says"))?;
        let into = at - run.vcn * geometry.cluster_bytes;
        let left = run.clusters * geometry.cluster_bytes - into;
        let rest = buffer.len() - filled;
        let length = usize::try_from(left).map_or(rest, |left| left.min(rest));
        let part = &mut buffer[filled..filled + length];
        match run.lcn {
            Some(lcn) => partition.read_at(lcn * geometry.cluster_bytes + into, part)?,
            None => part.fill(0),
        }
        filled += length;
    }
    Ok(())
}

impl Found {
    /// Takes in the next record.
    fn take(&mut self, geometry: &Geometry, bytes: &mut [u8], care: Care) -> Result<()> {
        let at = u32::try_from(self.records.len()).map_err(|_| damaged("too many records"))?;
        self.records.push(Slot::default());
        let taken = Record::parse(u64::from(at), bytes).and_then(|record| match record {
            Some(record) => self.gather(geometry, at, &record),
            None => Ok(Slot::default()),
        });
        // A record that was given up stays unused, and what was gathered of it belongs to nobody.
        let slot = care.pass_over(taken)?;
        if let Some(last) = self.records.last_mut() {
            *last = slot;
        }
        if self.name_bytes > NAME_BYTES_MAX {
            return Err(damaged("the volume's names are endless"));
        }
        Ok(())
    }

    /// Takes in what a record holds.
    fn gather(&mut self, geometry: &Geometry, at: u32, record: &Record<'_>) -> Result<Slot> {
        let sequence = record.sequence();
        let base = record.base();
        let owner = base.unwrap_or(Reference {
            record: u64::from(at),
            sequence,
        });
        if base.is_some() {
            self.extensions.push((owner, at));
        }
        for attribute in record.attributes() {
            let attribute = attribute?;
            match (attribute.kind, attribute.name, &attribute.body) {
                (FILE_NAME, _, Body::Resident(value)) => {
                    let Some(link) = Link::parse(value) else {
                        continue;
                    };
                    self.name_bytes += link.name.len();
                    self.links.push((owner, link));
                }
                (DATA, [], Body::Clusters { first, runs, .. })
                    if owner.record == u64::from(MFT) && *first > 0 =>
                {
                    let piece = decode(runs, *first, geometry.clusters)?;
                    self.pieces.insert(*first, piece);
                }
                _ => {}
            }
        }
        Ok(Slot {
            sequence,
            state: match base {
                Some(_) => State::Extension,
                None if record.is_directory() => State::Directory,
                None => State::File,
            },
        })
    }

    /// Drops what refers to records that are gone, and sorts the rest.
    fn into_ntfs(self, partition: Window<'_>, geometry: Geometry, mft: Vec<Run>) -> Ntfs<'_> {
        let Self {
            records,
            links,
            extensions: found,
            ..
        } = self;
        let current = |reference: Reference| {
            let at = u32::try_from(reference.record).ok()?;
            let slot = records.get(usize::try_from(at).ok()?)?;
            let lives = matches!(slot.state, State::File | State::Directory);
            (lives && slot.sequence == reference.sequence).then_some(at)
        };
        let mut kept = Vec::with_capacity(links.len());
        for (owner, mut link) in links {
            if let (Some(record), Some(parent)) = (current(owner), current(link.parent_reference)) {
                link.record = record;
                link.parent = parent;
                kept.push(link);
            }
        }
        kept.sort_by(|a, b| (a.parent, a.record, &a.name).cmp(&(b.parent, b.record, &b.name)));
        let mut extensions = BTreeMap::<u32, Vec<u32>>::new();
        for (owner, at) in found {
            if let Some(base) = current(owner) {
                extensions.entry(base).or_default().push(at);
            }
        }
        Ntfs {
            partition,
            geometry,
            mft,
            records,
            links: kept,
            extensions,
        }
    }
}
