//! Whether NTFS' journal was closed.

use super::record::fix_up;
use crate::disk::{Result, damaged, number};

/// Both restart pages, of the largest size.
pub(super) const BYTES_READ: u64 = 128 << 10;
/// Pages of the restart area, by the sizes that Windows writes.
const PAGE_BYTES_MAX: usize = 64 << 10;
/// No client has the journal open.
const NO_CLIENT: u64 = 0xffff;
const FLAG_CLEAN: u64 = 2;

/// Whether a journal, of which the start is given, holds nothing that the volume lacks.
///
/// Sources: the layout of restart pages in ntfs-3g's `logfile.h`; who reads it there takes a
/// journal for clean when no client is in use or the volume was marked clean.
pub(super) fn is_clean(bytes: &[u8]) -> Result<bool> {
    // Never used, or reset by another system.
    if bytes.iter().all(|byte| *byte == 0xff) {
        return Ok(true);
    }
    let first = restart(bytes, 0)?;
    let page = usize::try_from(number::<4>(bytes, 16)).unwrap_or_default();
    let second = match page {
        512..=PAGE_BYTES_MAX => restart(bytes, page).ok().flatten(),
        _ => None,
    };
    // The newer of the two counts.
    let newest = match (first, second) {
        (Some(first), Some(second)) if second.0 > first.0 => Some(second),
        (first, second) => first.or(second),
    };
    match newest {
        Some((_, clean)) => Ok(clean),
        None => Err(damaged("the journal has no restart page")),
    }
}

/// A restart page's place in time and whether it says clean. `None`: there is none.
fn restart(bytes: &[u8], at: usize) -> Result<Option<(u64, bool)>> {
    let page = bytes.get(at..).unwrap_or_default();
    // `CHKD`: a check of the disk has emptied the journal.
    if page.starts_with(b"CHKD") {
        return Ok(Some((number::<8>(page, 8), true)));
    }
    if !page.starts_with(b"RSTR") {
        return Ok(None);
    }
    let length = usize::try_from(number::<4>(page, 16)).unwrap_or_default();
    let torn = || damaged("the journal's restart page is torn");
    if length > PAGE_BYTES_MAX || !length.is_multiple_of(512) {
        return Err(torn());
    }
    let mut page = page.get(..length).ok_or_else(torn)?.to_vec();
    if !fix_up(&mut page) {
        return Err(torn());
    }
    let area = usize::try_from(number::<2>(&page, 24)).unwrap_or(usize::MAX);
    let area = page.get(area..).ok_or_else(torn)?;
    let closed = number::<2>(area, 12) == NO_CLIENT || number::<2>(area, 14) & FLAG_CLEAN != 0;
    Ok(Some((number::<8>(area, 0), closed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two restart pages, each with its place in time, its client list's head and its flags.
    fn log(pages: [(u64, u16, u16); 2]) -> Vec<u8> {
        let mut log = Vec::new();
        for (lsn, clients, flags) in pages {
            let mut page = vec![0; 4096];
            page[..4].copy_from_slice(b"RSTR");
            page[4..8].copy_from_slice(&[30, 0, 9, 0]);
            page[16..20].copy_from_slice(&4096u32.to_le_bytes());
            page[24] = 0x30;
            page[0x30..0x38].copy_from_slice(&lsn.to_le_bytes());
            page[0x3c..0x3e].copy_from_slice(&clients.to_le_bytes());
            page[0x3e..0x40].copy_from_slice(&flags.to_le_bytes());
            log.extend(page);
        }
        log
    }

    #[test]
    fn the_newer_page_says_whether_it_was_closed() {
        for (pages, clean) in [
            ([(1, 0xffff, 0), (2, 0xffff, 0)], true),
            ([(1, 0, 2), (2, 0, 2)], true),
            ([(1, 0, 0), (2, 0, 0)], false),
            ([(1, 0xffff, 0), (2, 0, 0)], false),
            ([(3, 0xffff, 0), (2, 0, 0)], true),
        ] {
            assert_eq!(
                is_clean(&log(pages)).expect("a journal"),
                clean,
                "{pages:?}"
            );
        }
        assert!(is_clean(&[0xff; 8192]).expect("reset by another system"));
    }

    #[test]
    fn a_journal_that_makes_no_sense_is_an_error() {
        assert!(is_clean(&[0; 8192]).is_err(), "zeros");
        let mut torn = log([(1, 0xffff, 0), (2, 0xffff, 0)]);
        torn[510] = 9;
        assert!(is_clean(&torn).is_err(), "torn");
    }
}
