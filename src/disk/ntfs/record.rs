//! One record of the MFT: its fix-ups undone, its attributes.

use crate::disk::{Result, damaged, number};

/// Every record and log page protects its ends in strides of this many bytes, whatever the
/// sector's size.
pub(super) const STRIDE: usize = 512;
/// The fields before the first attribute.
const HEADER_BYTES: usize = 0x30;
const END_OF_ATTRIBUTES: u64 = 0xffff_ffff;

/// The number of a record, and how often it had been used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) record: u64,
    pub(super) sequence: u16,
}

impl Reference {
    pub(super) fn new(raw: u64) -> Self {
        Self {
            record: raw & 0xffff_ffff_ffff,
            sequence: u16::try_from(raw >> 48).unwrap_or_default(),
        }
    }
}

/// A record whose fix-ups were checked.
#[derive(Debug)]
pub(super) struct Record<'a> {
    bytes: &'a [u8],
}

/// One attribute of a record.
#[derive(Debug)]
pub(super) struct Attribute<'a> {
    pub(super) kind: u64,
    /// UTF-16, little-endian.
    pub(super) name: &'a [u8],
    pub(super) flags: u64,
    pub(super) body: Body<'a>,
}

/// Where an attribute's value is.
#[derive(Debug)]
pub(super) enum Body<'a> {
    Resident(&'a [u8]),
    /// In clusters; this piece of it begins at a cluster of the value.
    Clusters {
        first: u64,
        /// Of the whole value; only the piece that begins at 0 tells the truth.
        size: u64,
        /// What lies behind it reads as zeros.
        initialized: u64,
        runs: &'a [u8],
    },
}

/// Undoes the fix-ups of a record or log page in place: whether its ends are what was written.
pub(super) fn fix_up(bytes: &mut [u8]) -> bool {
    let offset = usize::try_from(number::<2>(bytes, 4)).unwrap_or(usize::MAX);
    let count = usize::try_from(number::<2>(bytes, 6)).unwrap_or(usize::MAX);
    if count != bytes.len() / STRIDE + 1 || offset + 2 * count > STRIDE - 2 {
        return false;
    }
    let array = bytes[offset..offset + 2 * count].to_vec();
    for (stride, saved) in bytes
        .chunks_exact_mut(STRIDE)
        .zip(array[2..].chunks_exact(2))
    {
        let end = &mut stride[STRIDE - 2..];
        if end != &array[..2] {
            return false;
        }
        end.copy_from_slice(saved);
    }
    true
}

impl<'a> Record<'a> {
    /// A record as the disk holds it. `None`: it was never used, or is not in use.
    pub(super) fn parse(at: u64, bytes: &'a mut [u8]) -> Result<Option<Self>> {
        if !bytes.starts_with(b"FILE") || number::<2>(bytes, 22) & 1 == 0 {
            return Ok(None);
        }
        if !fix_up(bytes) {
            return Err(damaged(format!("record {at} of the MFT is torn")));
        }
        let record = Self { bytes };
        let used = number::<4>(record.bytes, 24);
        if used > record.bytes.len() as u64 || number::<2>(record.bytes, 20) < HEADER_BYTES as u64 {
            return Err(damaged(format!("record {at} of the MFT has no bounds")));
        }
        Ok(Some(record))
    }

    pub(super) fn sequence(&self) -> u16 {
        u16::try_from(number::<2>(self.bytes, 16)).unwrap_or_default()
    }

    pub(super) fn is_directory(&self) -> bool {
        number::<2>(self.bytes, 22) & 2 != 0
    }

    /// The record that this one continues.
    pub(super) fn base(&self) -> Option<Reference> {
        match number::<8>(self.bytes, 32) {
            0 => None,
            raw => Some(Reference::new(raw)),
        }
    }

    /// Its attributes, in their order. A damaged one is an error and the last.
    pub(super) fn attributes(&self) -> impl Iterator<Item = Result<Attribute<'a>>> + use<'a> {
        let used = usize::try_from(number::<4>(self.bytes, 24)).unwrap_or_default();
        let mut rest = self.bytes.get(..used).unwrap_or_default();
        let first = usize::try_from(number::<2>(self.bytes, 20)).unwrap_or_default();
        rest = rest.get(first..).unwrap_or_default();
        std::iter::from_fn(move || {
            if rest.len() < 8 || number::<4>(rest, 0) == END_OF_ATTRIBUTES {
                return None;
            }
            let length = usize::try_from(number::<4>(rest, 4)).unwrap_or(usize::MAX);
            let attribute = rest
                .split_at_checked(length)
                .filter(|_| length >= 24)
                .and_then(|(bytes, after)| Some((Attribute::parse(bytes)?, after)));
            let Some((attribute, after)) = attribute else {
                rest = &[];
                return Some(Err(damaged("an attribute of the MFT has no bounds")));
            };
            rest = after;
            Some(Ok(attribute))
        })
    }
}

impl<'a> Attribute<'a> {
    /// An attribute in its own bytes.
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let field = |offset| usize::try_from(number::<2>(bytes, offset)).unwrap_or(usize::MAX);
        let name_bytes = 2 * usize::from(bytes[9]);
        let body = if bytes[8] == 0 {
            let length = usize::try_from(number::<4>(bytes, 16)).ok()?;
            Body::Resident(bytes.get(field(20)..)?.get(..length)?)
        } else {
            if bytes.len() < 64 {
                return None;
            }
            Body::Clusters {
                first: number::<8>(bytes, 16),
                size: number::<8>(bytes, 48),
                initialized: number::<8>(bytes, 56),
                runs: bytes.get(field(32)..)?,
            }
        };
        Some(Self {
            kind: number::<4>(bytes, 0),
            name: bytes.get(field(10)..)?.get(..name_bytes)?,
            flags: number::<2>(bytes, 12),
            body,
        })
    }
}
