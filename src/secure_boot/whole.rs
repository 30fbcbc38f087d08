//! Whether a DER document is all there: each element's length fits into the one around it.
//!
//! The `der` crate takes the memory that an element asks for before it looks whether the bytes are
//! there (0.7, `Reader::read_vec`): up to 256 MiB for a document of some bytes, which may be a
//! guest's or an ISO's.

/// Certificates and signatures nest some ten deep.
const DEPTH_MAX: u32 = 64;

/// X.690, 8.1.2.5: the tag has elements inside.
const CONSTRUCTED: u8 = 0x20;
/// The number of the tag is in the bytes that follow. No certificate has such a one.
const LONG_TAG: u8 = 0x1f;

/// The bytes of the first element, when it is whole, with all that is in it.
pub(super) fn first(bytes: &[u8]) -> Option<&[u8]> {
    let (.., rest) = element(bytes)?;
    let first = &bytes[..bytes.len() - rest.len()];
    are_whole(first, DEPTH_MAX).then_some(first)
}

/// Whether elements are whole, one behind the other, with nothing after the last.
fn are_whole(mut bytes: &[u8], depth: u32) -> bool {
    while let Some((tag, contents, rest)) = element(bytes) {
        let descends = tag & CONSTRUCTED != 0;
        if descends && (depth == 0 || !are_whole(contents, depth - 1)) {
            return false;
        }
        bytes = rest;
    }
    bytes.is_empty()
}

/// The first element's tag and contents, and what is behind it; `None`: it is none, or cut off.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if tag & LONG_TAG == LONG_TAG {
        return None;
    }
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // So many bytes of it follow; without any, its end is a mark, which DER forbids.
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let number = |sum: usize, digit: &u8| sum << 8 | usize::from(*digit);
            (digits.iter().fold(0, number), rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((tag, contents, rest))
}

#[cfg(test)]
mod tests {
    use super::first;

    fn is_whole(bytes: &[u8]) -> bool {
        first(bytes) == Some(bytes)
    }

    #[test]
    fn elements_that_fit_are_whole() {
        // A sequence of a number and a set of nothing, and one with its length in two bytes.
        assert!(is_whole(&[0x30, 5, 2, 1, 7, 0x31, 0]));
        let mut long = vec![0x30, 0x82, 1, 4, 4, 0x82, 1, 0];
        long.extend([0; 256]);
        assert!(is_whole(&long));
        assert_eq!(first(&long[..263]), None);
        // Zeros fill the table of signatures that a program carries.
        assert_eq!(first(&[0x30, 0, 0, 0, 0]), Some(&[0x30, 0][..]));
    }

    #[test]
    fn an_element_that_asks_for_more_than_there_is_is_not() {
        assert_eq!(first(&[]), None);
        assert_eq!(first(&[0x30, 6, 4, 0x84, 0x0f, 0xff, 0xff, 0xff]), None);
        assert_eq!(first(&[0x30]), None, "no length");
        assert_eq!(first(&[0x30, 0x80, 0, 0]), None, "no length, and a mark");
        assert_eq!(first(&[0x3f, 0x1f, 0]), None, "a long tag");
        assert_eq!(first(&[0x30, 1, 2]), None, "half an element inside");
        let nested = |depth: u8| {
            (0..depth)
                .rev()
                .flat_map(|n| [0x30, 2 * n])
                .collect::<Vec<u8>>()
        };
        assert!(is_whole(&nested(60)));
        // The length that it begins with needs a byte more.
        let inside = nested(63);
        let deep = (0..4).fold(inside, |inner, _| {
            let length = u8::try_from(inner.len()).expect("short");
            [&[0x30, 0x81, length][..], &inner].concat()
        });
        assert_eq!(first(&deep), None, "too deep");
    }
}
