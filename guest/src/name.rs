//! Accounts and groups: the names that Windows has of its own, and passwords that nobody knows.

/// The relative id of an account that every Windows has, by its English name.
#[must_use]
pub fn well_known_rid(name: &str) -> Option<u32> {
    let known = [("Administrator", 500), ("Guest", 501)];
    let found = known.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
    found.map(|(_, rid)| *rid)
}

/// The groups that an account is put into, by those that a step says and the number of those that
/// it is in. Windows puts a new one into none, and nobody can log on with such an account; and
/// whoever was stopped right behind making it finds one that is not new.
#[must_use]
pub fn groups(said: &[String], is_in: usize) -> Vec<&str> {
    match (said, is_in) {
        ([], 0) => vec!["Users"],
        (said, _) => said.iter().map(String::as_str).collect(),
    }
}

/// Whether a SID is a person's: of this machine's accounts, a domain's or Entra ID's.
#[must_use]
pub fn is_person(sid: &str) -> bool {
    let sid = sid.to_ascii_uppercase();
    (sid.starts_with("S-1-5-21-") || sid.starts_with("S-1-12-1-")) && !sid.ends_with("_CLASSES")
}

/// Characters that no rule for passwords minds, 64 of them: six random bits are one character.
const CHARS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+";

/// A password of random bytes: 32 characters, and four more, so that whatever kinds a policy wants
/// are there.
#[must_use]
pub fn password(random: &[u8; 32]) -> String {
    let chars = random
        .iter()
        .map(|byte| char::from(CHARS[usize::from(byte & 63)]));
    chars.chain("aA0-".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_of_no_group_is_a_user() {
        let said = ["Administrators".to_owned()];
        assert_eq!(groups(&[], 0), ["Users"]);
        assert_eq!(groups(&said, 0), ["Administrators"]);
        assert_eq!(groups(&[], 1), [""; 0], "it stays where it is");
    }

    #[test]
    fn windows_own_names_are_known_in_any_case() {
        assert_eq!(well_known_rid("Administrator"), Some(500));
        assert_eq!(well_known_rid("lucarne"), None);
    }

    #[test]
    fn service_accounts_are_no_persons() {
        assert!(is_person("S-1-5-21-1-2-3-1001"));
        assert!(is_person("S-1-12-1-1-2-3-4"));
        for not in [
            "S-1-5-18",
            ".DEFAULT",
            "S-1-5-21-1-2-3-1001_Classes",
            "S-1-5-80-1",
        ] {
            assert!(!is_person(not), "{not}");
        }
    }

    #[test]
    fn passwords_are_long_and_of_every_kind() {
        let password = password(&std::array::from_fn(|n| u8::try_from(n * 7).unwrap_or(0)));
        assert_eq!(password.len(), 36);
        assert!(password.is_ascii() && !password.contains(['"', ' ', '%']));
    }
}
