//! Compares a boot program's signatures with the firmware's databases, as firmware does: edk2's
//! `DxeImageVerificationLib` is the model. Times of validity count as little there.

use const_oid::ObjectIdentifier;

use super::certificate::{Certificate, Hash, Proof};
use super::database::Database;
use super::program::{Program, Signature};
use super::variables::Variables;
use crate::problem::{Problem, operand, operands};

/// Where a user says whether Secure Boot is on.
const OPTION: &str = "firmware.secureBoot";

/// What firmware will do with a boot program, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub trust: Trust,
    /// Who signed the program, and who vouches for each.
    signers: Vec<(String, Option<String>)>,
    /// The certificates that the firmware trusts, by name.
    trusted: Vec<String>,
}

/// Whether firmware will start a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    Yes,
    No(Refusal),
    /// What is needed to tell cannot be read here.
    Undecided(String),
}

/// Why firmware will not start a program, or not check it at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Secure Boot would be off.
    Off(&'static str),
    Unsigned,
    /// Nobody that `db` knows signed it.
    Unknown,
    /// `dbx` names it, or a signer.
    Revoked,
    /// It is not what was signed.
    Damaged,
}

/// Judges a boot program.
#[must_use]
pub fn judge(program: &anyhow::Result<Program>, variables: &Variables) -> Judgement {
    let trust = match (variables.off(), program) {
        (Some(why), _) => Trust::No(Refusal::Off(why)),
        (None, Err(error)) => Trust::Undecided(format!("{error:#}")),
        (None, Ok(program)) => trust(program, variables),
    };
    Judgement {
        trust,
        signers: program.as_ref().map(Program::signers).unwrap_or_default(),
        trusted: variables.trusted(),
    }
}

fn trust(program: &Program, variables: &Variables) -> Trust {
    let (db, dbx) = (&variables.db, &variables.dbx);
    let revoked = |signature| matches!(anchored(signature, dbx), Anchor::Found);
    if dbx.programs.contains(&program.sha256) || program.signatures.iter().any(revoked) {
        return Trust::No(Refusal::Revoked);
    }
    if db.programs.contains(&program.sha256) {
        return Trust::Yes;
    }
    let mut refusal = Refusal::Unsigned;
    let mut doubt = None;
    for signature in &program.signatures {
        match (signature.proof.clone(), anchored(signature, db)) {
            (Proof::Sound, Anchor::Found) => return Trust::Yes,
            (Proof::Unknown(algorithm), _) | (Proof::Sound, Anchor::Doubtful(algorithm)) => {
                doubt = Some(format!("its signature is of the algorithm {algorithm}"));
            }
            (Proof::Broken, _) => refusal = Refusal::Damaged,
            (Proof::Sound, Anchor::None) if refusal == Refusal::Unsigned => {
                refusal = Refusal::Unknown;
            }
            (Proof::Sound, Anchor::None) => {}
        }
    }
    if program.unread > 0 {
        doubt = Some("it has a signature that cannot be read here".into());
    } else if db.unread > 0 && refusal == Refusal::Unknown {
        doubt = Some("the firmware's db has entries that cannot be read here".into());
    }
    doubt.map_or(Trust::No(refusal), Trust::Undecided)
}

/// Whether a database knows a signature's chain.
enum Anchor {
    Found,
    /// By name it does, and the proof is of an algorithm that is not known here.
    Doubtful(ObjectIdentifier),
    None,
}

fn anchored(signature: &Signature, database: &Database) -> Anchor {
    let mut anchor = Anchor::None;
    for link in &signature.chain {
        if database.hashes.iter().any(|known| is_hashed(link, known)) {
            return Anchor::Found;
        }
        for known in &database.certificates {
            match link.is_signed_by(known) {
                _ if link.is_same(known) => return Anchor::Found,
                Some(Proof::Sound) => return Anchor::Found,
                Some(Proof::Unknown(algorithm)) => anchor = Anchor::Doubtful(algorithm),
                Some(Proof::Broken) | None => {}
            }
        }
    }
    anchor
}

fn is_hashed(certificate: &Certificate, (hash, known): &(Hash, Vec<u8>)) -> bool {
    certificate.hash_of_signed(*hash) == *known
}

impl Judgement {
    /// The problem with a boot image whose program will not start, or would start unchecked.
    #[must_use]
    pub fn problem(&self, image: &str) -> Option<Problem> {
        let Trust::No(refusal) = self.trust else {
            return None;
        };
        let signed = self.signed();
        let trusted = match self.trusted.as_slice() {
            [] => "no certificate".to_owned(),
            names => operands(names.iter().map(String::as_str)),
        };
        let why = match refusal {
            Refusal::Off(why) => {
                let what = format!("would be off with the firmware's variables: {why}");
                let hint = "`varsMs` of the tools must be variables with enrolled keys and Secure \
                            Boot on; or set `firmware.secureBoot = false`";
                return Some(Problem::new(OPTION, what).hint(hint));
            }
            Refusal::Unsigned => format!("it is not signed, and the firmware's db has {trusted}"),
            Refusal::Unknown => {
                format!("it is signed by {signed}, and the firmware's db has {trusted}")
            }
            Refusal::Revoked => format!("it is signed by {signed}, and the firmware's dbx bars it"),
            Refusal::Damaged => {
                format!("it is not what was signed by {signed}: it was damaged or changed")
            }
        };
        let what = format!("the firmware would not start {}: {why}", operand(image));
        Some(Problem::new(OPTION, what).hint(self.way_out(refusal)))
    }

    fn way_out(&self, refusal: Refusal) -> String {
        let off = "set `firmware.secureBoot = false`";
        match refusal {
            Refusal::Damaged => {
                format!("compare the ISO's hash with the one that its publisher tells, or {off}")
            }
            Refusal::Revoked => format!("take a newer ISO, or {off}"),
            Refusal::Off(_) | Refusal::Unsigned | Refusal::Unknown => {
                let missing = self.signers.first();
                let missing = missing.map(|(name, issuer)| issuer.as_ref().unwrap_or(name));
                let other = missing.map_or_else(String::new, |name| {
                    let name = operand(name);
                    format!("name variables whose db has {name} as `varsMs` of the tools, ")
                });
                format!("{other}take an ISO that this firmware trusts, or {off}")
            }
        }
    }

    fn signed(&self) -> String {
        let named = self.signers.iter().map(|(name, issuer)| match issuer {
            Some(issuer) => format!("{} under {}", operand(name), operand(issuer)),
            None => operand(name),
        });
        named.collect::<Vec<_>>().join(" and by ")
    }

    /// Why it could not be told what the firmware will do.
    #[must_use]
    pub fn doubt(&self, image: &str) -> Option<Problem> {
        let Trust::Undecided(why) = &self.trust else {
            return None;
        };
        let image = operand(image);
        let what = format!("whether the firmware will start {image} was not checked: {why}");
        Some(
            Problem::new(OPTION, what).hint("the firmware itself will tell, when it starts the CD"),
        )
    }
}
