//! What the plan's credentials hold, looked at before anything is made: the end of an identity run
//! would be a bad moment to hear of an empty password.

use core::fmt;

use anyhow::bail;
use lucarne_protocol::settings::wrong_password;

use super::{CERTIFICATE_BYTES_MAX, Credentials, Guest, Identity, Source};
use crate::failure::in_own_words;
use crate::instance::credentials;
use crate::problem::{Problem, Problems, operand};

/// The way out where the words of an error show none.
const A_FILE: &str = "a credential is a file by its name, in the folder of `--credentials`";

/// Looks at all of them.
///
/// # Errors
/// Everything that is wrong with them, at once. What they hold is not told.
pub fn check(
    guest: &Guest,
    identity: Option<&Identity>,
    credentials: &Credentials,
) -> anyhow::Result<()> {
    let mut found = Vec::new();
    for (n, account) in guest.accounts.iter().enumerate() {
        let Some(name) = &account.password else {
            continue;
        };
        let at = format!("guest.accounts[{n}].passwordCredential");
        match credentials
            .secret(name)
            .map(|it| wrong_password(it.reveal()))
        {
            Ok(None) => {}
            Ok(Some(what)) => {
                let hint = "what it holds, without one line end behind it, is the password";
                found.push(wrong(at, name, &what, hint));
            }
            Err(error) => found.push(unread(at, &error)),
        }
    }
    if let Some(identity) = identity {
        of_identity(identity, credentials, &mut found);
    }
    if !found.is_empty() {
        bail!(Unusable(Problems(found)).to_string());
    }
    Ok(())
}

fn of_identity(identity: &Identity, credentials: &Credentials, found: &mut Vec<Problem>) {
    if let Some(name) = &identity.domain_join {
        let at = "identity.domainJoin.credential".to_owned();
        match credentials.secret(name) {
            Ok(blob) if blob.reveal().trim().is_empty() => {
                let hint = "`djoin.exe /provision` writes what it has to hold";
                found.push(wrong(at, name, "is empty", hint));
            }
            Ok(_) => {}
            Err(error) => found.push(unread(at, &error)),
        }
    }
    for (n, certificate) in identity.certificates.iter().enumerate() {
        let Source::Credential(name) = &certificate.source else {
            continue;
        };
        let at = format!("identity.certificates[{n}].credential");
        let hint = "a certificate is a file in DER or PEM";
        // No credential is longer than a certificate may be.
        const { assert!(credentials::BYTES_MAX <= CERTIFICATE_BYTES_MAX) };
        match credentials.bytes(name) {
            Ok(bytes) if bytes.is_empty() => found.push(wrong(at, name, "is empty", hint)),
            Ok(_) => {}
            Err(error) => found.push(unread(at, &error)),
        }
    }
}

fn wrong(at: String, name: &str, what: &str, hint: &str) -> Problem {
    Problem::new(at, format!("the credential {} {what}", operand(name))).hint(hint)
}

fn unread(at: String, error: &anyhow::Error) -> Problem {
    let (what, own) = in_own_words(error);
    Problem::new(at, what).hint(own.unwrap_or_else(|| A_FILE.to_owned()))
}

/// Credentials that are of no use, as they are told.
struct Unusable(Problems);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.tell(f, "the machine's credentials")
    }
}
