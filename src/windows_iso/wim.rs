//! The part of a WIM that says what it holds: its header, and the XML behind it.
//!
//! Layout: Microsoft's "Windows Imaging File Format" white paper. The XML is never compressed.

use anyhow::{Context as _, bail, ensure};

use super::tree::Tree;
use super::{Image, xml};

/// The header's size in every version since Windows Vista.
const HEADER_BYTES: usize = 208;
const MAGIC: &[u8] = b"MSWIM\0\0\0";
/// The XML of a real WIM has 10 to 200 KB.
const XML_BYTES_MAX: u64 = 8 << 20;
/// Set in a resource's flags when it is compressed.
const COMPRESSED: u8 = 4;

/// Where the XML is, from the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    part: u16,
    parts: u16,
    images: u32,
    xml_offset: u64,
    xml_bytes: u64,
}

/// The first bytes of a WIM.
pub(super) fn is_start(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// What a WIM tells of itself.
#[derive(Debug)]
pub(super) struct Wim {
    pub(super) images: Vec<Image>,
    /// Of how many parts this is the first; 1 where it is whole.
    pub(super) parts: u16,
}

/// Reads a WIM, an ESD, or the first part of a split WIM.
pub(super) fn read<T: Tree>(tree: &mut T, file: &T::File) -> anyhow::Result<Wim> {
    tree.check_whole(file)?;
    let (path, bytes) = (T::path(file), T::bytes(file));
    let mut header = [0; HEADER_BYTES];
    ensure!(
        bytes >= HEADER_BYTES as u64,
        "`{path}` is no WIM: it has {bytes} bytes"
    );
    tree.read_at(file, 0, &mut header)?;
    let header = parse(&header, bytes).with_context(|| format!("`{path}`"))?;
    let mut text = vec![0; usize::try_from(header.xml_bytes)?];
    tree.read_at(file, header.xml_offset, &mut text)?;
    let images = decode(&text)
        .and_then(|text| xml::images(&text))
        .with_context(|| format!("the XML of `{path}`"))?;
    ensure!(
        images.len() == header.images as usize,
        "`{path}` says that it has {} images, its XML names {}",
        header.images,
        images.len()
    );
    Ok(Wim {
        images,
        parts: header.parts,
    })
}

fn parse(header: &[u8; HEADER_BYTES], file_bytes: u64) -> anyhow::Result<Header> {
    let field = |at: usize, len: usize| {
        let mut bytes = [0; 8];
        bytes[..len].copy_from_slice(&header[at..at + len]);
        u64::from_le_bytes(bytes)
    };
    ensure!(header.starts_with(MAGIC), "it is no WIM");
    // A resource is 7 bytes of size, a byte of flags, its offset, and its size when unpacked.
    let (size, flags, offset, unpacked) = (field(72, 7), header[79], field(80, 8), field(88, 8));
    let parsed = Header {
        part: u16::from_le_bytes([header[40], header[41]]),
        parts: u16::from_le_bytes([header[42], header[43]]),
        images: u32::from_le_bytes([header[44], header[45], header[46], header[47]]),
        xml_offset: offset,
        xml_bytes: size,
    };
    ensure!(parsed.parts >= 1, "it says that it has no parts");
    ensure!(
        parsed.part == 1,
        "it is part {} of {}, not the first",
        parsed.part,
        parsed.parts
    );
    if flags & COMPRESSED != 0 || size != unpacked {
        bail!("its XML is compressed, which no version of the format allows");
    }
    ensure!(size > 0, "it has no XML");
    ensure!(
        size <= XML_BYTES_MAX,
        "its XML has {size} bytes, more than {XML_BYTES_MAX}"
    );
    ensure!(
        offset
            .checked_add(size)
            .is_some_and(|end| end <= file_bytes),
        "its XML lies outside of it, at byte {offset} of {file_bytes}"
    );
    Ok(parsed)
}

/// UTF-16LE behind a byte order mark.
fn decode(bytes: &[u8]) -> anyhow::Result<String> {
    let other = match bytes {
        [0xfe, 0xff, ..] | [0, b'<', ..] => Some("UTF-16BE"),
        [0xef, 0xbb, 0xbf, ..] => Some("UTF-8"),
        [b'<', second, ..] if *second != 0 => Some("UTF-8"),
        _ => None,
    };
    if let Some(other) = other {
        bail!("it is {other}, and every WIM's is UTF-16LE");
    }
    ensure!(
        bytes.len().is_multiple_of(2),
        "it is cut off in a character"
    );
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    let units = units.strip_prefix(&[0xfeff]).unwrap_or(&units);
    String::from_utf16(units).context("it is not UTF-16")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optical::fixture;

    fn header() -> [u8; HEADER_BYTES] {
        let wim = fixture::wim("<WIM/>", 0);
        wim[..HEADER_BYTES].try_into().expect("a header")
    }

    #[test]
    fn the_header_says_where_the_xml_is() {
        let parsed = parse(&header(), 1000).expect("a header");
        assert_eq!(parsed.xml_offset, HEADER_BYTES as u64);
        assert_eq!(parsed.xml_bytes, 2 + 2 * 6);
        assert_eq!((parsed.part, parsed.parts, parsed.images), (1, 1, 0));
    }

    #[test]
    fn hostile_headers_are_refused() {
        let refused = |at: usize, byte: u8, why: &str| {
            let mut header = header();
            header[at] = byte;
            let error = parse(&header, 1000).expect_err(why).to_string();
            assert!(error.contains(why), "{error}");
        };
        refused(0, b'X', "no WIM");
        refused(40, 2, "part 2 of 1");
        refused(42, 0, "no parts");
        refused(79, 4, "compressed");
        refused(72, 15, "compressed");
        refused(87, 0xff, "outside");
        let mut big = header();
        big[75] = 9;
        big[91] = 9;
        let error = parse(&big, u64::MAX).expect_err("too big").to_string();
        assert!(error.contains("more than"), "{error}");
        let mut none = header();
        none[72] = 0;
        none[88] = 0;
        assert!(parse(&none, 1000).is_err());
    }

    #[test]
    fn text_is_utf16() {
        assert_eq!(decode(b"\xff\xfea\0b\0").expect("text"), "ab");
        assert_eq!(decode(b"a\0b\0").expect("text"), "ab");
        assert!(decode(b"a\0b").is_err());
        let other = |bytes: &[u8]| decode(bytes).expect_err("is another").to_string();
        assert!(other(b"\xfe\xff\0<\0W").contains("UTF-16BE"));
        assert!(other(b"\0<\0W\0I").contains("UTF-16BE"));
        assert!(other(b"\xef\xbb\xbf<WIM>").contains("UTF-8"));
        assert!(other(b"<WIM/>").contains("UTF-8"));
        assert!(decode(b"\x00\xd8a\0").is_err(), "half a pair");
    }
}
