//! Keys of SSH: who may log on, and by what this machine is known.
//!
//! Win32-OpenSSH reads `authorized_keys` in the account's own `.ssh`, but for administrators one
//! file that is all of theirs (`Match Group administrators` in its `sshd_config`), and refuses
//! either when others than SYSTEM, the administrators and the account itself may write it.
//!
//! Host keys are made when C: has none, and are kept in the data disk's hidden folder [`FOLDER`],
//! so that a machine whose C: is thrown away is known again at its next start. A machine without a
//! data disk has those of its identity's layer, or new ones at each start. A credential could bring
//! them too, but then the host would make and keep keys that only the guest needs.

use lucarne_protocol::settings::AuthorizedKeys;

/// Of the data disk: hidden, and for SYSTEM and the administrators alone.
pub const FOLDER: &str = "Lucarne.System";

/// Who may what with a file of keys: SYSTEM, the administrators, and who it is for. Nothing comes
/// down from the folder above.
#[must_use]
pub fn sddl(owner: Option<&str>) -> String {
    let own = owner
        .map(|sid| format!("(A;;FA;;;{sid})"))
        .unwrap_or_default();
    format!("D:P(A;;FA;;;SY)(A;;FA;;;BA){own}")
}

/// The same for a folder, down to all that is in it.
#[must_use]
pub fn folder_sddl(owner: Option<&str>) -> String {
    let own = owner
        .map(|sid| format!("(A;OICI;FA;;;{sid})"))
        .unwrap_or_default();
    format!("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA){own}")
}

/// The text of a file of keys.
#[must_use]
pub fn text<'a>(keys: impl IntoIterator<Item = &'a AuthorizedKeys>) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for key in keys.into_iter().flat_map(|it| &it.keys) {
        if !lines.contains(&key.as_str()) {
            lines.push(key);
        }
    }
    // So that the last one ends with its line too.
    lines.push("");
    lines.join("\n")
}

/// Whether a file's name is that of a host key, or of its public half.
#[must_use]
pub fn is_host_key(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let kind = name
        .strip_prefix("ssh_host_")
        .map(|it| it.trim_end_matches(".pub"));
    kind.and_then(|it| it.strip_suffix("_key"))
        .is_some_and(|kind| !kind.is_empty() && kind.bytes().all(|c| c.is_ascii_alphanumeric()))
}

/// Where the host keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKeys {
    /// C: has them, and so has the data disk, where there is one.
    Here,
    /// C: has some, and a data disk has none: a kill may have come between making and keeping them,
    /// or between making one and the next.
    NotKept,
    /// They are copied from the data disk.
    Kept,
    /// They are made.
    Made,
}

impl HostKeys {
    /// Whether those that are missing are made: a part of them would be kept for good.
    #[must_use]
    pub fn is_to_make(self) -> bool {
        matches!(self, Self::NotKept | Self::Made)
    }
}

/// Whether a folder on the data disk is believed, by who made it: SYSTEM or an administrator.
/// Everybody may make folders on a new disk.
#[must_use]
pub fn is_trusted(owner: Option<&str>) -> bool {
    owner.is_some_and(|sid| ["S-1-5-18", "S-1-5-32-544"].contains(&sid))
}

/// Where they come from, by the names of those that C: has and of those that are kept in a folder
/// that is believed; files that hold nothing are not among them. `None`: there is no data disk. A
/// kill may have left a few of the kept ones on C:.
#[must_use]
pub fn host_keys(here: &[String], kept: Option<&[String]>) -> HostKeys {
    let is_here = |name: &String| here.iter().any(|it| it.eq_ignore_ascii_case(name));
    match (here, kept.unwrap_or_default()) {
        ([], []) => HostKeys::Made,
        ([], _) => HostKeys::Kept,
        (_, []) if kept.is_some() => HostKeys::NotKept,
        (_, kept) if kept.iter().all(is_here) => HostKeys::Here,
        _ => HostKeys::Kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_lines_and_each_is_there_once() {
        let of = |account: &str, keys: &[&str]| AuthorizedKeys {
            account: account.into(),
            keys: keys.iter().map(|&key| key.to_owned()).collect(),
        };
        let all = [
            of("a", &["ssh-ed25519 A x", "ssh-rsa B"]),
            of("b", &["ssh-rsa B"]),
        ];
        assert_eq!(text(&all), "ssh-ed25519 A x\nssh-rsa B\n");
        assert_eq!(text(&all[..0]), "");
    }

    #[test]
    fn nobody_else_may_write_them() {
        assert_eq!(sddl(None), "D:P(A;;FA;;;SY)(A;;FA;;;BA)");
        assert_eq!(
            sddl(Some("S-1-5-21-1")),
            "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;S-1-5-21-1)"
        );
        assert!(folder_sddl(Some("S-1-5-21-1")).ends_with("(A;OICI;FA;;;S-1-5-21-1)"));
    }

    #[test]
    fn host_keys_are_known_by_their_names() {
        for name in [
            "ssh_host_ed25519_key",
            "SSH_HOST_RSA_KEY",
            "ssh_host_ecdsa_key.pub",
        ] {
            assert!(is_host_key(name), "{name}");
        }
        for name in [
            "sshd_config",
            "ssh_host__key",
            "ssh_host_a.b_key",
            "ssh_host_rsa_key.bak",
        ] {
            assert!(!is_host_key(name), "{name}");
        }
    }

    #[test]
    fn host_keys_outlive_a_reset_where_there_is_a_data_disk() {
        let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let none = names(&[]);
        let both = names(&["ssh_host_ed25519_key", "ssh_host_ed25519_key.pub"]);
        assert_eq!(host_keys(&both, Some(&both)), HostKeys::Here);
        assert_eq!(host_keys(&none, Some(&both)), HostKeys::Kept);
        assert_eq!(host_keys(&none, Some(&none)), HostKeys::Made);
        // A kill came before they were kept, or before the last one was made; without a data disk
        // they cannot be kept.
        for here in [&both[..], &both[..1]] {
            let not_kept = host_keys(here, Some(&none));
            assert_eq!(not_kept, HostKeys::NotKept);
            assert!(not_kept.is_to_make());
        }
        assert!(HostKeys::Made.is_to_make());
        assert!(!HostKeys::Kept.is_to_make() && !HostKeys::Here.is_to_make());
        assert_eq!(host_keys(&both, None), HostKeys::Here);
        assert_eq!(host_keys(&none, None), HostKeys::Made);
        let in_capitals = names(&["SSH_HOST_ED25519_KEY", "SSH_HOST_ED25519_KEY.PUB"]);
        assert_eq!(host_keys(&in_capitals, Some(&both)), HostKeys::Here);
        // A kill in the middle of copying left one of them.
        for one in &both {
            let here = std::slice::from_ref(one);
            assert_eq!(host_keys(here, Some(&both)), HostKeys::Kept);
        }
        // C: has another one besides, of a newer server.
        let mut more = both.clone();
        more.push("ssh_host_rsa_key".to_owned());
        assert_eq!(host_keys(&more, Some(&both)), HostKeys::Here);
    }

    #[test]
    fn only_who_may_everything_is_believed() {
        for sid in ["S-1-5-18", "S-1-5-32-544"] {
            assert!(is_trusted(Some(sid)), "{sid}");
        }
        for owner in [None, Some("S-1-5-21-1-2-3-1001"), Some("S-1-5-32-545")] {
            assert!(!is_trusted(owner), "{owner:?}");
        }
    }
}
