//! Discs and disks as short inputs: the sectors that are not zeros, each with its number.
//!
//! A whole ISO is hundreds of kilobytes, of which a fuzzer would change zeros only.

/// More than any fixture; an input must not be able to ask for memory.
const BYTES_MAX: usize = 4 << 20;
/// The number of sectors.
const HEAD_BYTES: usize = 2;
/// A sector's number, and how many of its bytes follow.
const RECORD_BYTES: usize = 4;

/// The bytes that an input stands for. Whatever it is, it stands for some.
pub fn decode(input: &[u8], sector_bytes: usize) -> Vec<u8> {
    let Some((head, mut rest)) = input.split_at_checked(HEAD_BYTES) else {
        return Vec::new();
    };
    let bytes = usize::from(u16::from_le_bytes([head[0], head[1]])) * sector_bytes;
    let mut image = vec![0; bytes.min(BYTES_MAX)];
    while let Some((record, after)) = rest.split_at_checked(RECORD_BYTES) {
        let start = usize::from(u16::from_le_bytes([record[0], record[1]])) * sector_bytes;
        let length = usize::from(u16::from_le_bytes([record[2], record[3]]));
        let (bytes, after) = after.split_at(length.min(sector_bytes).min(after.len()));
        if let Some(place) = image.get_mut(start..start + bytes.len()) {
            place.copy_from_slice(bytes);
        }
        rest = after;
    }
    image
}

/// The input that stands for an image. It may be longer than a fuzzer's: all of it must fit.
///
/// # Panics
/// When the image has more than 65535 sectors.
#[allow(dead_code, reason = "seeds are made by the library's unit tests")]
pub fn encode(image: &[u8], sector_bytes: usize) -> Vec<u8> {
    let number = |n: usize| u16::try_from(n).expect("a small image").to_le_bytes();
    let mut input = number(image.len().div_ceil(sector_bytes)).to_vec();
    for (at, sector) in image.chunks(sector_bytes).enumerate() {
        let used = sector.iter().rposition(|byte| *byte != 0);
        if let Some(last) = used {
            input.extend(number(at));
            input.extend(number(last + 1));
            input.extend(&sector[..=last]);
        }
    }
    input
}
