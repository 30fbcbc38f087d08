//! Rules of passwords, and those that nobody gave.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::plan::Password;
use crate::plan::rules::{Rules, wrong_text};
use crate::plan::system::System;
use crate::problem::Problem;
use crate::spec::Spec;
use crate::windows_iso::Image;

/// What Setup takes.
const PASSWORD_MAX: usize = 127;
/// The least that the policy's own description names.
const COMPLEX_MIN: usize = 6;
/// How many kinds of characters the policy wants.
const KINDS_MIN: usize = 3;
/// Parts of a name that are shorter count as none.
const PART_MIN: usize = 3;
/// The policy's symbols. A space and signs of money are none.
const SYMBOLS: &str = "~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/";

/// Whose password it is.
#[derive(Clone, Copy)]
pub(super) struct Holder<'a> {
    pub(super) name: &'a str,
    pub(super) display_name: Option<&'a str>,
}

/// Checks a password that was given. No message shows it.
pub(super) fn password(
    rules: &mut Rules<'_>,
    image: &Image,
    at: &str,
    text: &str,
    holder: Holder<'_>,
) {
    if let Some(what) = wrong_text(text, PASSWORD_MAX) {
        let hint = if text.is_empty() {
            "leave it out, and one is set when the machine starts".to_owned()
        } else {
            format!("a password has 1 to {PASSWORD_MAX} characters on one line")
        };
        rules.problem(Problem::new(at, what).hint(hint));
        return;
    }
    rules.warn(
        Problem::new(at, "every user of this host can read it in the store")
            .hint("leave it out, and set one when the machine starts"),
    );
    let server = System::of(image).is_some_and(System::is_server);
    if let Some(what) = lacks(text, holder).filter(|_| server) {
        let what = format!("Windows Server may refuse it: {what}");
        rules.warn(Problem::new(at, what).hint(
            "its policy wants 6 characters or more, 3 kinds of upper case, lower case, digits \
             and symbols, and no part of the account's names",
        ));
    }
}

/// What a password lacks of the policy "Password must meet complexity requirements". Microsoft's
/// reference calls that off on a server without a domain, but people report that a new one refuses
/// simple passwords (of Server 2008 and 2012; later ones were not looked up), so it is a warning.
fn lacks(text: &str, holder: Holder<'_>) -> Option<String> {
    let length = text.encode_utf16().count();
    let kinds: [fn(char) -> bool; 5] = [
        char::is_uppercase,
        char::is_lowercase,
        |c| c.is_ascii_digit(),
        |c| SYMBOLS.contains(c),
        // Letters of scripts without case are a kind of their own.
        |c| c.is_alphabetic() && !c.is_uppercase() && !c.is_lowercase(),
    ];
    let found = kinds.iter().filter(|kind| text.chars().any(*kind)).count();
    if length < COMPLEX_MIN {
        Some(format!("it has fewer than {COMPLEX_MIN} characters"))
    } else if found < KINDS_MIN {
        Some(format!("it has fewer than {KINDS_MIN} kinds of characters"))
    } else if names_holder(text, holder) {
        Some("a part of the account's names is in it".to_owned())
    } else {
        None
    }
}

/// Whether the account's name, or a word of its display name, is in a password.
fn names_holder(text: &str, holder: Holder<'_>) -> bool {
    let text = text.to_lowercase();
    let display_name = holder.display_name.unwrap_or_default();
    let words = display_name.split([',', '.', '-', '_', ' ', '#', '\t']);
    let mut parts = words.chain([holder.name]);
    parts.any(|part| part.chars().count() >= PART_MIN && text.contains(&part.to_lowercase()))
}

/// The password that was given, or one for Setup alone.
pub(super) fn given_or_derived(spec: &Spec, given: Option<&str>, account: &str) -> Password {
    match given {
        Some(text) => Password {
            text: text.to_owned(),
            throw_away: false,
        },
        None => Password {
            text: derived(spec, account),
            throw_away: true,
        },
    }
}

/// A password that equal specs give equally: planning is pure. Windows' policy wants characters of
/// three kinds; the four in front have all four kinds, whatever the hash is.
fn derived(spec: &Spec, account: &str) -> String {
    let spec = serde_json::to_vec(spec).expect("a spec's keys are strings");
    let mut hash = Sha256::new();
    hash.update(b"lucarne.password/1\0");
    hash.update(account.as_bytes());
    hash.update([0]);
    hash.update(&spec);
    let digits = hash.finalize();
    digits[..16]
        .iter()
        .fold("Lc9-".to_owned(), |mut text, byte| {
            _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::{Holder, derived, lacks};
    use crate::spec::Spec;

    #[test]
    fn what_the_policy_of_servers_wants_is_told() {
        let holder = Holder {
            name: "ada",
            display_name: Some("Ada King-Noel, of O"),
        };
        let check = |text: &str, lacking: &str| {
            let told = lacks(text, holder).unwrap_or_default();
            assert!(told.contains(lacking), "{told}");
            assert_eq!(told.is_empty(), lacking.is_empty(), "{told}");
            assert!(!told.contains(text), "the password is shown: {told}");
        };
        check("Passw0rd", "");
        check("battery-staple1", "");
        check("パスワードaA", "");
        check("Pas0!", "fewer than 6 characters");
        // A space is no symbol.
        check("battery staple", "fewer than 3 kinds");
        check("password1", "fewer than 3 kinds");
        check("Passw0rd-ADA", "names");
        check("Passw0rd-king", "names");
        // Words of two letters are no part of a name.
        check("Passw0rd-of", "");
    }

    #[test]
    fn what_is_derived_fits_the_policy() {
        for name in ["lucarne", "Administrator", "guy"] {
            let holder = Holder {
                name,
                display_name: None,
            };
            assert_eq!(lacks(&derived(&Spec::default(), name), holder), None);
        }
    }
}
