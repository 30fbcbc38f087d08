//! Where the clusters of a value lie.

use crate::disk::{Result, damaged};

/// A value may be sparse beyond any disk; NTFS itself ends here.
const CLUSTERS_MAX: u64 = 1 << 44;

/// Clusters that follow each other on the volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The first's number in the value.
    pub(super) vcn: u64,
    /// The first's number on the volume; `None`: the clusters are zeros and lie nowhere.
    pub(super) lcn: Option<u64>,
    pub(super) clusters: u64,
}

impl Run {
    pub(super) fn end(&self) -> u64 {
        self.vcn + self.clusters
    }
}

/// Decodes a list of runs that begins at a cluster of the value, on a volume of so many clusters.
pub(super) fn decode(mut bytes: &[u8], first: u64, volume_clusters: u64) -> Result<Vec<Run>> {
    let wrong = || damaged("a list of runs makes no sense");
    let mut runs = Vec::new();
    let mut vcn = first;
    let mut lcn = 0i64;
    while let Some((&sizes, rest)) = bytes.split_first() {
        if sizes == 0 {
            break;
        }
        let (length, offset) = (usize::from(sizes & 15), usize::from(sizes >> 4));
        if length == 0 || length > 8 || offset > 8 {
            return Err(wrong());
        }
        let (count, rest) = rest.split_at_checked(length).ok_or_else(wrong)?;
        let (delta, rest) = rest.split_at_checked(offset).ok_or_else(wrong)?;
        let clusters = u64::try_from(signed(count)).map_err(|_| wrong())?;
        let lies = if delta.is_empty() {
            None
        } else {
            lcn = lcn.checked_add(signed(delta)).ok_or_else(wrong)?;
            let start = u64::try_from(lcn).map_err(|_| wrong())?;
            let end = start.checked_add(clusters).ok_or_else(wrong)?;
            if end > volume_clusters {
                return Err(damaged("a file lies behind the volume's end"));
            }
            Some(start)
        };
        let run = Run {
            vcn,
            lcn: lies,
            clusters,
        };
        vcn = vcn
            .checked_add(clusters)
            .filter(|end| clusters > 0 && *end <= CLUSTERS_MAX)
            .ok_or_else(wrong)?;
        runs.push(run);
        bytes = rest;
    }
    Ok(runs)
}

fn signed(bytes: &[u8]) -> i64 {
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut number = [if negative { 0xff } else { 0 }; 8];
    number[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_go_forth_and_back_and_may_be_holes() {
        // 2 clusters at 100, a hole of 3, 1 cluster at 90.
        let runs = decode(&[0x11, 2, 100, 0x01, 3, 0x11, 1, 0xf6, 0], 0, 1000).expect("runs");
        let lies: Vec<_> = runs.iter().map(|run| (run.vcn, run.lcn)).collect();
        assert_eq!(lies, [(0, Some(100)), (2, None), (5, Some(90))]);
    }

    #[test]
    fn what_lies_outside_is_refused() {
        for (bytes, why) in [
            (&[0x11, 2, 99, 0][..], "behind the end"),
            (&[0x11, 1, 0x80, 0], "before the start"),
            (&[0x11, 0, 5, 0], "no clusters"),
            (&[0x10, 5, 0], "no count"),
            (&[0x91, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], "nine bytes"),
            (&[0x88, 1], "cut"),
            (&[0x08, 0, 0, 0, 0, 0, 0, 0, 0x7f], "longer than any"),
        ] {
            assert!(decode(bytes, 0, 100).is_err(), "{why}");
        }
    }
}
