//! A certificate of X.509: its names, and whether another one signed it.

use const_oid::ObjectIdentifier;
use const_oid::db::{rfc4519, rfc5912};
use der::asn1::{Any, BitString};
use der::{Decode as _, Encode as _, Sequence};
use rsa::{Pkcs1v15Sign, RsaPublicKey};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::name::Name;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::whole;

/// Whether a signature is what it claims to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Sound,
    Broken,
    /// It is of an algorithm that is not known here.
    Unknown(ObjectIdentifier),
}

/// The hash functions of today's signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By its own name.
    pub(super) fn named(name: &ObjectIdentifier) -> Option<Self> {
        match *name {
            rfc5912::ID_SHA_256 => Some(Self::Sha256),
            rfc5912::ID_SHA_384 => Some(Self::Sha384),
            rfc5912::ID_SHA_512 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The one of a signature with RSA.
    fn of_rsa(signature: &ObjectIdentifier) -> Option<Self> {
        match *signature {
            rfc5912::SHA_256_WITH_RSA_ENCRYPTION => Some(Self::Sha256),
            rfc5912::SHA_384_WITH_RSA_ENCRYPTION => Some(Self::Sha384),
            rfc5912::SHA_512_WITH_RSA_ENCRYPTION => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    fn scheme(self) -> Pkcs1v15Sign {
        match self {
            Self::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
            Self::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
            Self::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
        }
    }
}

/// What was signed stays as it was written: writing it again might write it otherwise.
#[derive(Sequence)]
struct Outer {
    tbs: Any,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// A certificate.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    bytes: Vec<u8>,
    parsed: x509_cert::Certificate,
    /// The part that its issuer signed.
    signed: Vec<u8>,
}

impl Certificate {
    /// `None`: these bytes are no certificate that can be read here.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        // Nothing behind it: that is what the next line refuses.
        whole::first(bytes)?;
        let parsed = x509_cert::Certificate::from_der(bytes).ok()?;
        let signed = Outer::from_der(bytes).ok()?.tbs.to_der().ok()?;
        Some(Self {
            bytes: bytes.to_vec(),
            parsed,
            signed,
        })
    }

    /// Whose it is.
    pub(super) fn name(&self) -> String {
        common_name(&self.parsed.tbs_certificate.subject)
    }

    /// Who signed it, by name.
    pub(super) fn issuer(&self) -> String {
        common_name(&self.parsed.tbs_certificate.issuer)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }

    /// Whether it is the one that a signature names by issuer and number.
    pub(super) fn is_named(&self, issuer: &Name, number: &[u8]) -> bool {
        let tbs = &self.parsed.tbs_certificate;
        tbs.issuer == *issuer && tbs.serial_number.as_bytes() == number
    }

    /// The hash by which `dbx` may name it.
    pub(super) fn hash_of_signed(&self, hash: Hash) -> Vec<u8> {
        hash.of(&self.signed)
    }

    /// Whether another one signed it. `None`: by name it did not.
    pub(super) fn is_signed_by(&self, issuer: &Self) -> Option<Proof> {
        if self.parsed.tbs_certificate.issuer != issuer.parsed.tbs_certificate.subject {
            return None;
        }
        let algorithm = self.parsed.signature_algorithm.oid;
        let Some(hash) = Hash::of_rsa(&algorithm) else {
            return Some(Proof::Unknown(algorithm));
        };
        let signature = self.parsed.signature.as_bytes().unwrap_or_default();
        Some(issuer.proves(hash, &self.signed, signature))
    }

    /// Whether its key made a signature over these bytes.
    pub(super) fn proves(&self, hash: Hash, signed: &[u8], signature: &[u8]) -> Proof {
        let key = &self.parsed.tbs_certificate.subject_public_key_info;
        if key.algorithm.oid != rfc5912::RSA_ENCRYPTION {
            return Proof::Unknown(key.algorithm.oid);
        }
        let Some(key) = rsa_key(key) else {
            return Proof::Unknown(key.algorithm.oid);
        };
        match key.verify(hash.scheme(), &hash.of(signed), signature) {
            Ok(()) => Proof::Sound,
            Err(_) => Proof::Broken,
        }
    }
}

fn rsa_key(key: &SubjectPublicKeyInfoOwned) -> Option<RsaPublicKey> {
    use rsa::pkcs8::DecodePublicKey as _;
    RsaPublicKey::from_public_key_der(&key.to_der().ok()?).ok()
}

/// The common name, or all of a name that has none.
fn common_name(name: &Name) -> String {
    let attributes = name.0.iter().flat_map(|part| part.0.iter());
    let mut common = attributes.filter(|attribute| attribute.oid == rfc4519::CN);
    match common.next_back() {
        Some(found) => String::from_utf8_lossy(found.value.value()).into_owned(),
        None => name.to_string(),
    }
}
