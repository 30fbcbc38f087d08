//! Reads an NTFS volume, without its directories: one pass over the MFT finds every name.
//!
//! Each record names its parent, so the pass gives the tree without walking index nodes, which
//! are what a broken volume loops in; it also meets the records that continue others, so
//! attribute lists are not needed either. What it costs is known before it starts: the records.

#[cfg(test)]
pub(crate) mod fixture;
mod log;
mod record;
mod remains;
mod runs;
mod scan;
mod stream;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;

use self::runs::Run;
use self::tree::Link;
use super::{Result, Source as _, Window, damaged, number};

pub use self::stream::{Extent, Oddity};
pub use self::tree::Entry;

const MFT: u32 = 0;
const LOG: u32 = 2;
const VOLUME: u32 = 3;
const ROOT: u32 = 5;
const BITMAP: u32 = 6;
const EXTEND: u32 = 11;
/// Records below are NTFS' own.
const FIRST_OF_USERS: u32 = 24;

const FILE_NAME: u64 = 0x30;
const VOLUME_INFORMATION: u64 = 0x70;
const DATA: u64 = 0x80;
const REPARSE_POINT: u64 = 0xc0;

/// `$Volume`'s flag that asks for a check of the disk at the next start.
const VOLUME_IS_DIRTY: u64 = 1;

/// An NTFS volume whose names were read.
#[derive(Debug)]
pub struct Ntfs<'a> {
    partition: Window<'a>,
    geometry: Geometry,
    /// Where the MFT lies.
    mft: Vec<Run>,
    /// By record number.
    records: Vec<Slot>,
    /// Sorted by parent, then by record.
    links: Vec<Link>,
    /// The records that continue a record.
    extensions: BTreeMap<u32, Vec<u32>>,
}

/// What is kept of each record.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    sequence: u16,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Unused,
    File,
    Directory,
    Extension,
}

/// The boot sector's numbers, checked.
#[derive(Clone, Copy, Debug)]
struct Geometry {
    cluster_bytes: u64,
    clusters: u64,
    record_bytes: usize,
    mft_cluster: u64,
}

/// What is in use on a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub used_bytes: u64,
    /// The clusters that no file owns, by their place on the disk, in order, never adjacent.
    pub free: Vec<Extent>,
}

impl Geometry {
    fn read(partition: &Window<'_>) -> Result<Self> {
        let mut boot = [0; 512];
        partition.read_at(0, &mut boot)?;
        let sector_bytes = number::<2>(&boot, 11);
        // Above 0x80 it is the negative power of two, for clusters of more than 64 KiB.
        let sectors = match boot[13] {
            n if n <= 0x80 => u64::from(n),
            n => 1u64.checked_shl(256 - u32::from(n)).unwrap_or(0),
        };
        let cluster_bytes = sector_bytes.saturating_mul(sectors);
        let valid = |bytes: u64, max: u64| bytes.is_power_of_two() && (512..=max).contains(&bytes);
        if !valid(sector_bytes, 4096) || !valid(cluster_bytes, 2 << 20) {
            return Err(damaged("the NTFS boot sector makes no sense"));
        }
        let bytes = number::<8>(&boot, 40).checked_mul(sector_bytes);
        let bytes = bytes.filter(|bytes| *bytes <= partition.size());
        let bytes = bytes.ok_or_else(|| damaged("the volume is longer than its partition"))?;
        let record_bytes = match boot[64] {
            n if n < 0x80 => u64::from(n) * cluster_bytes,
            n => 1u64.checked_shl(256 - u32::from(n)).unwrap_or(0),
        };
        let record = usize::try_from(record_bytes).ok();
        let record = record.filter(|_| valid(record_bytes, 4096) && record_bytes >= 1024);
        Ok(Self {
            cluster_bytes,
            clusters: bytes / cluster_bytes,
            record_bytes: record.ok_or_else(|| damaged("the NTFS records have no size"))?,
            mft_cluster: number::<8>(&boot, 48),
        })
    }
}

impl Ntfs<'_> {
    /// Whether the volume asks for a check of the disk.
    pub fn is_dirty(&self) -> Result<bool> {
        let bytes = self.resident(VOLUME, VOLUME_INFORMATION)?;
        if bytes.len() < 12 {
            return Err(damaged("the volume has no information about itself"));
        }
        Ok(number::<2>(&bytes, 10) & VOLUME_IS_DIRTY != 0)
    }

    /// Whether the journal says that everything in it has reached the volume. A power cut sets no
    /// dirty flag; it is seen here.
    pub fn is_log_clean(&self) -> Result<bool> {
        log::is_clean(&self.read(LOG, log::BYTES_READ)?)
    }

    /// What no file owns.
    pub fn usage(&self) -> Result<Usage> {
        let length = self.geometry.clusters.div_ceil(8);
        let bitmap = self.read(BITMAP, length)?;
        if (bitmap.len() as u64) < length {
            return Err(damaged("the volume's bitmap is too short"));
        }
        let mut usage = Usage::default();
        let mut free_from = None;
        for cluster in 0..self.geometry.clusters {
            let byte = usize::try_from(cluster / 8).unwrap_or(usize::MAX);
            let used = bitmap
                .get(byte)
                .is_none_or(|bits| bits >> (cluster % 8) & 1 == 1);
            if used {
                usage.used_bytes += self.geometry.cluster_bytes;
                if let Some(first) = free_from.take() {
                    usage.free.push(self.extent(first, cluster - first));
                }
            } else if free_from.is_none() {
                free_from = Some(cluster);
            }
        }
        if let Some(first) = free_from {
            usage
                .free
                .push(self.extent(first, self.geometry.clusters - first));
        }
        Ok(usage)
    }

    /// Clusters as bytes of the disk.
    fn extent(&self, first: u64, clusters: u64) -> Extent {
        Extent {
            offset: self.partition.offset() + first * self.geometry.cluster_bytes,
            length: clusters * self.geometry.cluster_bytes,
        }
    }
}
