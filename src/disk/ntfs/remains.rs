//! What files left in the MFT: a small one lies in its record, and stays there when it is deleted
//! or grows out of it.

use std::ops::Range;

use super::record::{STRIDE, fix_up};
use super::runs::Run;
use super::scan::read_runs;
use super::stream::Extent;
use super::{DATA, FIRST_OF_USERS, Ntfs};
use crate::disk::{Result, damaged, number};

const CHUNK_BYTES: usize = 1 << 20;
const IN_USE: u64 = 1;
const END_OF_ATTRIBUTES: u64 = 0xffff_ffff;
/// The header of an attribute that lies in its record.
const ATTRIBUTE_BYTES: usize = 24;

impl Ntfs<'_> {
    /// The bytes of the disk that hold it, in order, and none that are zeros already. Records keep
    /// their headers and their ends, so what is left of them is whole.
    ///
    /// NTFS' own records are left alone, and with large clusters some more: the first of them have
    /// a copy elsewhere, of a cluster at least, which NTFS' drivers compare with them.
    pub fn remains(&self) -> Result<Vec<Extent>> {
        let record_bytes = self.geometry.record_bytes;
        let end = self.records.len() * record_bytes;
        let copied = usize::try_from(self.geometry.cluster_bytes).unwrap_or(end);
        let mut at = (FIRST_OF_USERS as usize * record_bytes).max(copied);
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut found = Vec::new();
        while at < end {
            let length = (end - at).min(CHUNK_BYTES);
            let bytes = &mut chunk[..length];
            read_runs(&self.partition, &self.geometry, &self.mft, at as u64, bytes)?;
            for (number, record) in bytes.chunks_exact(record_bytes).enumerate() {
                let begin = at + number * record_bytes;
                for range in stale(record) {
                    self.places(begin, record, range, &mut found)?;
                }
            }
            at += length;
        }
        found.sort_by_key(|extent| extent.offset);
        Ok(found)
    }

    /// Where a part of a record lies on the disk, but for the ends of its strides, which say that
    /// the record is whole.
    fn places(
        &self,
        begin: usize,
        record: &[u8],
        range: Range<usize>,
        found: &mut Vec<Extent>,
    ) -> Result<()> {
        let mut from = range.start;
        while from < range.end {
            let stride = from - from % STRIDE;
            let to = range.end.min(stride + STRIDE - 2);
            if from < to && record[from..to].iter().any(|byte| *byte != 0) {
                found.push(Extent {
                    offset: self.place((begin + from) as u64)?,
                    length: (to - from) as u64,
                });
            }
            from = stride + STRIDE;
        }
        Ok(())
    }

    /// Where a byte of the MFT lies on the disk. No stride reaches over a cluster's end.
    fn place(&self, at: u64) -> Result<u64> {
        let cluster_bytes = self.geometry.cluster_bytes;
        let vcn = at / cluster_bytes;
        let after = self.mft.partition_point(|run: &Run| run.end() <= vcn);
        let run = self.mft.get(after).filter(|run| run.vcn <= vcn);
        let run = run.and_then(|run| Some((run.lcn?, run.vcn)));
        let (lcn, first) = run.ok_or_else(|| damaged("a piece of the MFT is missing"))?;
        let within = lcn * cluster_bytes + at - first * cluster_bytes;
        Ok(self.partition.offset() + within)
    }
}

/// The parts of a record that nobody reads: behind its end, and of a deleted file what it held.
fn stale(record: &[u8]) -> Vec<Range<usize>> {
    if !record.starts_with(b"FILE") {
        return Vec::new();
    }
    let field = |bytes: &[u8], offset| usize::try_from(number::<4>(bytes, offset)).ok();
    let used = field(record, 24).filter(|used| *used <= record.len());
    let mut whole = record.to_vec();
    if !fix_up(&mut whole) {
        return Vec::new();
    }
    // Its last attribute says that it is the last, in the 8 bytes before its end: where it does
    // not, the end is not known, and what seems to be behind it may be somebody's.
    let is_end = |used: &usize| {
        let last = used.checked_sub(8).map(|place| &whole[place..*used]);
        last.is_some_and(|last| number::<4>(last, 0) == END_OF_ATTRIBUTES)
    };
    let Some(used) = used.filter(is_end) else {
        return Vec::new();
    };
    let behind = used..record.len();
    let mut ranges = vec![behind];
    if number::<2>(record, 22) & IN_USE != 0 {
        return ranges;
    }
    let mut at = usize::try_from(number::<2>(&whole, 20)).unwrap_or(used);
    while let Some(attribute) = whole[..used]
        .get(at..)
        .filter(|rest| rest.len() >= ATTRIBUTE_BYTES)
    {
        let kind = number::<4>(attribute, 0);
        let length = field(attribute, 4).unwrap_or_default();
        if kind == END_OF_ATTRIBUTES || length < ATTRIBUTE_BYTES || length > attribute.len() {
            break;
        }
        if kind == DATA && attribute[8] == 0 {
            let value = usize::try_from(number::<2>(attribute, 20)).unwrap_or(length);
            let end = value.saturating_add(field(attribute, 16).unwrap_or(length));
            ranges.push(at + value.min(length)..at + end.min(length));
        }
        at += length;
    }
    ranges
}
