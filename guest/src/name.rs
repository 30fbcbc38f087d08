//! Accounts and groups: the names that Windows has of its own, and passwords that nobody knows.

/// The SID of a group or account of Windows' own, by its English name: Microsoft's page
/// "Well-known SIDs". Other languages call most of them otherwise.
#[must_use]
pub fn well_known(name: &str) -> Option<&'static str> {
    let known = [
        ("Everyone", "S-1-1-0"),
        ("SYSTEM", "S-1-5-18"),
        ("Authenticated Users", "S-1-5-11"),
        ("Administrators", "S-1-5-32-544"),
        ("Users", "S-1-5-32-545"),
        ("Guests", "S-1-5-32-546"),
        ("Power Users", "S-1-5-32-547"),
        ("Backup Operators", "S-1-5-32-551"),
        ("Remote Desktop Users", "S-1-5-32-555"),
        ("Network Configuration Operators", "S-1-5-32-556"),
        ("Performance Monitor Users", "S-1-5-32-558"),
        ("Performance Log Users", "S-1-5-32-559"),
        ("Distributed COM Users", "S-1-5-32-562"),
        ("Cryptographic Operators", "S-1-5-32-569"),
        ("Event Log Readers", "S-1-5-32-573"),
        ("Hyper-V Administrators", "S-1-5-32-578"),
        ("Remote Management Users", "S-1-5-32-580"),
    ];
    let found = known.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
    found.map(|(_, sid)| *sid)
}

/// The relative id of an account that every Windows has, by its English name.
#[must_use]
pub fn well_known_rid(name: &str) -> Option<u32> {
    let known = [("Administrator", 500), ("Guest", 501)];
    let found = known.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
    found.map(|(_, rid)| *rid)
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
    fn windows_own_names_are_known_in_any_case() {
        assert_eq!(well_known("administrators"), Some("S-1-5-32-544"));
        assert_eq!(well_known("alice"), None);
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
