//! Takes the moment of writing out of a UDF bridge, so that equal contents give equal bytes.

const SECTOR: usize = 2048;
/// Descriptors of the volume lie in the first sectors; behind them are files.
const DESCRIPTORS: usize = 300;

/// The moment, as ISO 9660 writes it: text, and an offset from UTC of nothing.
const ISO_TIME: &[u8; 17] = b"2025010100000000\0";
/// The moment, as UDF writes it: local time of offset 0, year, and the rest.
const UDF_TIME: [u8; 12] = [0x00, 0x10, 0xe9, 0x07, 1, 1, 0, 0, 0, 0, 0, 0];

/// Sets every time stamp of the volume's descriptors to one moment; files keep theirs.
pub fn fix_times(iso: &mut [u8]) {
    for (number, sector) in iso.chunks_exact_mut(SECTOR).take(DESCRIPTORS).enumerate() {
        if number >= 16 && &sector[1..6] == b"CD001" && matches!(sector[0], 1 | 2) {
            for at in [813, 830, 847, 864] {
                if sector[at] != b'0' {
                    sector[at..at + 17].copy_from_slice(ISO_TIME);
                }
            }
        }
        let identifier = u16::from_le_bytes([sector[0], sector[1]]);
        if number < 32 || tag_sum(sector) != sector[4] {
            continue;
        }
        match identifier {
            // The primary volume descriptor; its set's name begins with the time, too.
            1 => {
                sector[73..89].copy_from_slice(b"4C554341524E4500");
                sector[376..388].copy_from_slice(&UDF_TIME);
            }
            // The integrity descriptor and the file set's.
            9 | 256 => sector[16..28].copy_from_slice(&UDF_TIME),
            _ => continue,
        }
        let length = usize::from(u16::from_le_bytes([sector[10], sector[11]]));
        let crc = crc(&sector[16..SECTOR.min(16 + length)]);
        sector[8..10].copy_from_slice(&crc.to_le_bytes());
        sector[4] = tag_sum(sector);
    }
}

/// The sum of a descriptor tag's bytes, its own place left out.
fn tag_sum(sector: &[u8]) -> u8 {
    let sum = |range: &[u8]| range.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    sum(&sector[..4]).wrapping_add(sum(&sector[5..16]))
}

/// CRC-16 of ITU-T V.41, which covers a descriptor behind its tag.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |mut crc, byte| {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 {
                crc << 1
            } else {
                crc << 1 ^ 0x1021
            };
        }
        crc
    })
}

/// Year, month and day of a number of days since 1970.
#[must_use]
pub fn date(days: u64) -> (u64, u64, u64) {
    // Years that begin in March have their leap day at the end.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sum_is_the_standards() {
        // The example of ECMA-167, 7.2.6.
        assert_eq!(crc(&[0x70, 0x6a, 0x77]), 0x3299);
    }

    #[test]
    fn a_descriptor_is_whole_after_its_time_was_set() {
        let mut iso = vec![0; 40 * SECTOR];
        let at = 33 * SECTOR;
        iso[at] = 1;
        iso[at + 10..at + 12].copy_from_slice(&496u16.to_le_bytes());
        iso[at + 376] = 9;
        iso[at + 4] = tag_sum(&iso[at..at + SECTOR]);
        let other = 34 * SECTOR;
        iso[other] = 1;
        fix_times(&mut iso);
        let sector = &iso[at..at + SECTOR];
        assert_eq!(sector[376..388], UDF_TIME);
        assert_eq!(crc(&sector[16..512]).to_le_bytes(), sector[8..10]);
        assert_eq!(tag_sum(sector), sector[4]);
        assert_eq!(iso[other + 376], 0, "no tag, so no descriptor");
    }

    #[test]
    fn days_have_their_dates() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(date(20_089), (2025, 1, 1));
    }
}
