//! A signature database, as `PK`, `KEK`, `db` and `dbx` each hold one.
//!
//! Layout: `EFI_SIGNATURE_LIST`, chapter 32.4.1 of the UEFI specification 2.10.

use anyhow::{Context as _, ensure};

use super::certificate::{Certificate, Hash};
use super::variables::{Guid, field, guid};

pub(super) const X509: Guid = guid(0xa5c0_59a1, 0x94e4, 0x4aa7, 0x87b5_ab15_5c2b_f072);
pub(super) const SHA256: Guid = guid(0xc1c4_1626, 0x504c, 0x4092, 0xaca9_41f9_3693_4328);
/// Hashes of what a certificate's issuer signed, each with a time of revocation behind it.
pub(super) const X509_SHA256: Guid = guid(0x3bd2_a492, 0x96c0, 0x4079, 0xb420_fcf9_8ef1_03ed);
const X509_SHA384: Guid = guid(0x7076_876e, 0x80c2, 0x4ee6, 0xaad2_28b3_49a6_865b);
const X509_SHA512: Guid = guid(0x446d_bf63, 0x2502, 0x4cda, 0xbcfa_2465_d2b0_fe9d);

/// Type and three sizes.
const HEADER_BYTES: usize = 28;
/// Whose entry it is.
const OWNER_BYTES: usize = 16;

/// What a database holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Database {
    pub(super) certificates: Vec<Certificate>,
    /// SHA-256 of boot programs.
    pub(super) programs: Vec<Vec<u8>>,
    /// Hashes of what a certificate's issuer signed.
    pub(super) hashes: Vec<(Hash, Vec<u8>)>,
    /// Entries of other kinds, and certificates that cannot be read.
    pub(super) unread: usize,
}

impl Database {
    pub(super) fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        let mut database = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let size = |at| field::<4>(rest, at).map(u32::from_le_bytes);
            let kind = field::<16>(rest, 0).context("a signature list is cut off")?;
            let (list, header, entry) = size(16)
                .zip(size(20))
                .zip(size(24))
                .map(|((list, header), entry)| (list as usize, header as usize, entry as usize))
                .context("a signature list is cut off")?;
            ensure!(entry > OWNER_BYTES, "a signature list has empty entries");
            let start = HEADER_BYTES.saturating_add(header);
            let entries = rest.get(start..list).with_context(|| {
                format!("a signature list of {list} bytes is longer than its database")
            })?;
            for entry in entries.chunks_exact(entry) {
                database.add(kind, &entry[OWNER_BYTES..]);
            }
            rest = &rest[list..];
        }
        Ok(database)
    }

    fn add(&mut self, kind: Guid, data: &[u8]) {
        let hashed = |hash, bytes| Some((hash, data.get(..bytes)?.to_vec()));
        let hash = match kind {
            X509 => match Certificate::read(data) {
                Some(certificate) => return self.certificates.push(certificate),
                None => None,
            },
            SHA256 => return self.programs.push(data.to_vec()),
            X509_SHA256 => hashed(Hash::Sha256, 32),
            X509_SHA384 => hashed(Hash::Sha384, 48),
            X509_SHA512 => hashed(Hash::Sha512, 64),
            _ => None,
        };
        match hash {
            Some(hash) => self.hashes.push(hash),
            None => self.unread += 1,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.programs.is_empty() && self.unread == 0
    }

    /// Whether it has a certificate, or its hash.
    pub(super) fn has(&self, one: &Certificate) -> bool {
        let mut hashes = self.hashes.iter();
        self.certificates.iter().any(|known| one.is_same(known))
            || hashes.any(|(hash, known)| one.hash_of_signed(*hash) == *known)
    }

    /// The names of its certificates.
    pub(super) fn names(&self) -> Vec<String> {
        self.certificates.iter().map(Certificate::name).collect()
    }
}
