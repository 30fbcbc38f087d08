//! The groups and principals that Windows has of its own, by their English names.
//!
//! Other languages call most of them otherwise, so a name alone finds nothing there; the SIDs are
//! the same everywhere. Source: Microsoft's page "Security identifiers".

/// The local groups that Windows or Server has, each with its SID.
pub const GROUPS: [(&str, &str); 27] = [
    ("Access Control Assistance Operators", "S-1-5-32-579"),
    ("Administrators", "S-1-5-32-544"),
    ("Backup Operators", "S-1-5-32-551"),
    ("Certificate Service DCOM Access", "S-1-5-32-574"),
    ("Cryptographic Operators", "S-1-5-32-569"),
    ("Device Owners", "S-1-5-32-583"),
    ("Distributed COM Users", "S-1-5-32-562"),
    ("Event Log Readers", "S-1-5-32-573"),
    ("Guests", "S-1-5-32-546"),
    ("Hyper-V Administrators", "S-1-5-32-578"),
    ("IIS_IUSRS", "S-1-5-32-568"),
    ("Network Configuration Operators", "S-1-5-32-556"),
    ("OpenSSH Users", "S-1-5-32-585"),
    ("Performance Log Users", "S-1-5-32-559"),
    ("Performance Monitor Users", "S-1-5-32-558"),
    ("Power Users", "S-1-5-32-547"),
    ("Print Operators", "S-1-5-32-550"),
    ("RDS Endpoint Servers", "S-1-5-32-576"),
    ("RDS Management Servers", "S-1-5-32-577"),
    ("RDS Remote Access Servers", "S-1-5-32-575"),
    ("Remote Desktop Users", "S-1-5-32-555"),
    ("Remote Management Users", "S-1-5-32-580"),
    ("Replicator", "S-1-5-32-552"),
    ("Storage Replica Administrators", "S-1-5-32-582"),
    ("System Managed Accounts Group", "S-1-5-32-581"),
    ("User Mode Hardware Operators", "S-1-5-32-584"),
    ("Users", "S-1-5-32-545"),
];

/// Who may be granted something and is neither an account nor a local group.
const PRINCIPALS: [(&str, &str); 9] = [
    ("ANONYMOUS LOGON", "S-1-5-7"),
    ("Authenticated Users", "S-1-5-11"),
    ("BATCH", "S-1-5-3"),
    ("Everyone", "S-1-1-0"),
    ("INTERACTIVE", "S-1-5-4"),
    ("LOCAL SERVICE", "S-1-5-19"),
    ("NETWORK", "S-1-5-2"),
    ("NETWORK SERVICE", "S-1-5-20"),
    ("SYSTEM", "S-1-5-18"),
];

/// The SID of a group or principal of Windows' own, in any case of its letters.
#[must_use]
pub fn sid(name: &str) -> Option<&'static str> {
    let mut known = GROUPS.iter().chain(&PRINCIPALS);
    let found = known.find(|(it, _)| it.eq_ignore_ascii_case(name));
    found.map(|(_, sid)| *sid)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn windows_own_names_are_known_in_any_case() {
        assert_eq!(sid("administrators"), Some("S-1-5-32-544"));
        assert_eq!(sid("Print Operators"), Some("S-1-5-32-550"));
        assert_eq!(sid("EVERYONE"), Some("S-1-1-0"));
        assert_eq!(sid("alice"), None);
    }

    #[test]
    fn each_name_has_a_sid_of_its_own() {
        let all = || GROUPS.iter().chain(&PRINCIPALS);
        let names: BTreeSet<_> = all().map(|(name, _)| name.to_lowercase()).collect();
        let sids: BTreeSet<_> = all().map(|(_, sid)| sid).collect();
        assert_eq!((names.len(), sids.len()), (36, 36));
    }
}
