//! A boot program: what firmware hashes of it, and who signed that.
//!
//! Layout: "The Attribute Certificate Table" and "Appendix A" of Microsoft's PE format, and the
//! white paper "Windows Authenticode Portable Executable Signature Format". Certificates and
//! attributes are kept as they were written, and each is read by itself: one that cannot be read
//! leaves the others.

use anyhow::{Context as _, ensure};
use authenticode::{
    AttributeCertificateIterator, PeTrait, SpcIndirectDataContent, WIN_CERT_REVISION_2_0,
    WIN_CERT_TYPE_PKCS_SIGNED_DATA, authenticode_digest,
};
use cms::cert::IssuerAndSerialNumber;
use cms::content_info::CmsVersion;
use cms::signed_data::{EncapsulatedContentInfo, SignerIdentifier, SignerInfo};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc6268;
use der::asn1::{Any, OctetStringRef, SetOfVec};
use der::{Decode as _, Encode as _, Sequence, SliceReader};
use object::read::pe::PeFile64;
use sha2::digest::Update;
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::certificate::{Certificate, Hash, Proof};
use super::whole;

/// What Windows itself loads has at most as many.
const SECTIONS_MAX: usize = 96;
/// A dual-signed program has two.
const SIGNATURES_MAX: usize = 8;
/// A signature brings two or three.
const CERTIFICATES_MAX: usize = 32;
/// A chain has three or four.
const CHAIN_MAX: usize = 8;

/// What a boot program says of itself.
#[derive(Clone, Debug)]
pub struct Program {
    /// The hash that databases name it by.
    pub(super) sha256: Vec<u8>,
    pub(super) signatures: Vec<Signature>,
    /// Signatures of other kinds, and such that cannot be read.
    pub(super) unread: usize,
}

/// One signature of a program.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    /// The signer, then whoever signed its certificate, and so on, as far as they came along.
    pub(super) chain: Vec<Certificate>,
    /// Whether the signer made it, and over this very program.
    pub(super) proof: Proof,
}

/// PKCS #7's signed data. Its certificates are a set; sorted or not, and each once or not.
#[derive(Sequence)]
struct SignedData {
    version: CmsVersion,
    digest_algorithms: SetOfVec<AlgorithmIdentifierOwned>,
    content: EncapsulatedContentInfo,
    #[asn1(
        context_specific = "0",
        tag_mode = "IMPLICIT",
        constructed = "true",
        optional = "true"
    )]
    certificates: Option<Vec<Any>>,
    #[asn1(
        context_specific = "1",
        tag_mode = "IMPLICIT",
        constructed = "true",
        optional = "true"
    )]
    revocations: Option<Vec<Any>>,
    signers: SetOfVec<SignerInfo>,
}

#[derive(Sequence)]
struct Content {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData,
}

impl Program {
    /// Reads a program of 64 bits.
    pub fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        let pe = PeFile64::parse(bytes).context("it is no PE program of 64 bits")?;
        check_sections(&pe)?;
        let sha256 = digest(&pe, Hash::Sha256)?;
        let mut program = Self {
            sha256,
            signatures: Vec::new(),
            unread: 0,
        };
        let Some(table) = AttributeCertificateIterator::new(&pe).context("its signatures")? else {
            return Ok(program);
        };
        for entry in table.take(SIGNATURES_MAX) {
            let entry = entry.context("its signatures")?;
            let is_ours = entry.revision == WIN_CERT_REVISION_2_0
                && entry.certificate_type == WIN_CERT_TYPE_PKCS_SIGNED_DATA;
            let read = is_ours.then(|| Signature::read(entry.data, &pe)).flatten();
            match read {
                Some(signature) => program.signatures.push(signature),
                None => program.unread += 1,
            }
        }
        Ok(program)
    }

    /// Who signed it: each signer and whoever vouches for that, by name.
    #[must_use]
    pub fn signers(&self) -> Vec<(String, Option<String>)> {
        let signers = self.signatures.iter();
        let signers = signers.filter_map(|signature| {
            let signer = signature.chain.first()?;
            let (name, issuer) = (signer.name(), signer.issuer());
            Some((name.clone(), (issuer != name).then_some(issuer)))
        });
        signers.collect()
    }
}

/// Sections may overlap, so that few bytes could ask for days of hashing.
fn check_sections(pe: &PeFile64<'_>) -> anyhow::Result<()> {
    let count = pe.num_sections();
    ensure!(
        count <= SECTIONS_MAX,
        "it has {count} sections, more than {SECTIONS_MAX}"
    );
    let mut bytes = 0_usize;
    for section in 1..=count {
        let range = pe.section_data_range(section).context("its sections")?;
        bytes = bytes.saturating_add(range.len());
    }
    ensure!(
        bytes <= PeTrait::data(pe).len(),
        "its sections have {bytes} bytes, more than it has"
    );
    Ok(())
}

/// What firmware hashes of a program: all but its checksum and its signatures.
fn digest(pe: &PeFile64<'_>, hash: Hash) -> anyhow::Result<Vec<u8>> {
    fn with<D: Digest + Update>(pe: &PeFile64<'_>) -> anyhow::Result<Vec<u8>> {
        let mut digest = D::new();
        authenticode_digest(pe, &mut digest).context("its headers")?;
        Ok(digest.finalize().to_vec())
    }
    match hash {
        Hash::Sha256 => with::<Sha256>(pe),
        Hash::Sha384 => with::<Sha384>(pe),
        Hash::Sha512 => with::<Sha512>(pe),
    }
}

impl Signature {
    /// `None`: it cannot be read.
    fn read(bytes: &[u8], pe: &PeFile64<'_>) -> Option<Self> {
        // Zeros may follow it, up to the next multiple of eight.
        let mut reader = SliceReader::new(whole::first(bytes)?).ok()?;
        let outer = Content::decode(&mut reader).ok()?;
        if outer.kind != rfc6268::ID_SIGNED_DATA {
            return None;
        }
        let inner = outer.content;
        let signer = inner.signers.iter().next()?;
        let certificates: Vec<_> = (inner.certificates.iter().flatten())
            .take(CERTIFICATES_MAX)
            .filter_map(|found| Certificate::read(&found.to_der().ok()?))
            .collect();
        let leaf = find(&certificates, &signer.sid)?;
        Some(Self {
            proof: prove(&inner.content, signer, leaf, pe)?,
            chain: chain(leaf, &certificates),
        })
    }
}

fn find<'a>(certificates: &'a [Certificate], id: &SignerIdentifier) -> Option<&'a Certificate> {
    let SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
        issuer,
        serial_number,
    }) = id
    else {
        return None;
    };
    let mut certificates = certificates.iter();
    certificates.find(|found| found.is_named(issuer, serial_number.as_bytes()))
}

/// From a certificate to the last one that is known to have signed the one before it.
fn chain(leaf: &Certificate, certificates: &[Certificate]) -> Vec<Certificate> {
    let mut chain = vec![leaf.clone()];
    while let Some(last) = chain.last()
        && chain.len() < CHAIN_MAX
    {
        let issuer = certificates.iter().find(|issuer| {
            !chain.iter().any(|found| found.is_same(issuer))
                && last.is_signed_by(issuer) == Some(Proof::Sound)
        });
        match issuer {
            Some(issuer) => chain.push(issuer.clone()),
            None => break,
        }
    }
    chain
}

/// Whether a signer signed this program: the program has the hash that the content says, the
/// content has the hash that the attributes say, and the attributes are what the key signed.
fn prove(
    content: &EncapsulatedContentInfo,
    signer: &SignerInfo,
    leaf: &Certificate,
    pe: &PeFile64<'_>,
) -> Option<Proof> {
    let content = content.econtent.as_ref()?;
    let inner: SpcIndirectDataContent = content.decode_as().ok()?;
    let algorithm = inner.message_digest.digest_algorithm.oid;
    let (Some(of_program), Some(hash)) =
        (Hash::named(&algorithm), Hash::named(&signer.digest_alg.oid))
    else {
        return Some(Proof::Unknown(algorithm));
    };
    if digest(pe, of_program).ok()? != inner.message_digest.digest.as_bytes() {
        return Some(Proof::Broken);
    }
    let message = match &signer.signed_attrs {
        None => content.value().to_vec(),
        Some(attributes) => {
            let said = attributes
                .iter()
                .find(|attribute| attribute.oid == rfc6268::ID_MESSAGE_DIGEST)?;
            let said = said.values.iter().next()?.decode_as::<OctetStringRef<'_>>();
            if said.ok()?.as_bytes() != hash.of(content.value()) {
                return Some(Proof::Broken);
            }
            attributes.to_der().ok()?
        }
    };
    Some(leaf.proves(hash, &message, signer.signature.as_bytes()))
}
