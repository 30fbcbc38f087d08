//! Who may ask: the user whose machine it is, root, and the members of a group where one was named.
//!
//! The kernel decides it by the modes of the folder and the socket. That is looked at again for
//! each peer, so that a mode that somebody loosened opens nothing.

use std::fs::{self, File, Permissions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use anyhow::{Context as _, bail};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{Gid, chown};

use super::Request;

/// More groups than a kernel lets a process have fit (65,536 of up to ten digits).
const STATUS_BYTES_MAX: u64 = 1 << 20;
/// Of `/etc/group` and `/etc/passwd`.
const NAMES_BYTES_MAX: u64 = 4 << 20;

/// The folder that machines' folders are in.
const OUR_NAME: &str = "lucarne";

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The user id of the machine's owner.
    pub owner: u32,
    /// The group id of those that may too.
    pub group: Option<u32>,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its effective user id.
    pub user: u32,
    /// All its group ids.
    pub groups: Vec<u32>,
}

impl Access {
    /// This process's user, and a group.
    #[must_use]
    pub fn of_this_user(group: Option<u32>) -> Self {
        Self {
            owner: rustix::process::geteuid().as_raw(),
            group,
        }
    }

    /// Whether a peer may ask.
    #[must_use]
    pub fn lets(&self, peer: &Peer) -> bool {
        let member = |group: &u32| peer.groups.contains(group);
        peer.user == 0 || peer.user == self.owner || self.group.as_ref().is_some_and(member)
    }

    /// Whether a peer whom [`Self::lets`] lets ask may have this done. A backup is a new file of
    /// the machine's user, at a place and with bytes that who asks has a say in: among the user's
    /// own files that would be as good as being the user.
    #[must_use]
    pub fn permits(&self, peer: &Peer, request: &Request) -> bool {
        let own = peer.user == 0 || peer.user == self.owner;
        own || !matches!(request, Request::Backup { .. })
    }

    /// Lets the group come as far as a machine's folder. The one above is ours where it has our
    /// name: who passes it comes to folders that have their own modes, and `ctl list` finds them
    /// there. Gives the outermost folder that is not ours and hides the machine from the group.
    pub fn open_way(&self, folder: &Utf8Path) -> anyhow::Result<Option<Utf8PathBuf>> {
        let Some(group) = self.group else {
            return Ok(None);
        };
        let cannot = || format!("cannot look at `{folder}`");
        let whole = folder.canonicalize_utf8().with_context(cannot)?;
        let mut hides = None;
        for above in whole.ancestors().skip(1) {
            let about = fs::metadata(above).with_context(cannot)?;
            let mode = about.mode();
            let is_ours = above.file_name() == Some(OUR_NAME) && about.uid() == self.owner;
            // As systemd makes it: with the machines in it to be seen.
            let is_listed = is_ours && whole.parent() == Some(above);
            let open = if is_listed { 0o055 } else { 0o011 };
            // The kernel asks a member of a folder's group for that group's bits alone.
            let theirs = if about.gid() == group { 0o070 } else { 0o007 };
            if open & theirs & !mode == 0 {
                continue;
            }
            if is_ours {
                fs::set_permissions(above, Permissions::from_mode(mode & 0o7777 | open))
                    .with_context(|| format!("cannot let the group {group} pass `{above}`"))?;
            } else {
                hides = Some(above.to_owned());
            }
        }
        Ok(hides)
    }

    /// Lets the group reach a socket in the machine's folder: through the folder, which it may not
    /// list, and to this one socket.
    pub fn open(&self, folder: &Utf8Path, socket: &str) -> anyhow::Result<()> {
        let Some(group) = self.group else {
            return Ok(());
        };
        let socket = folder.join(socket);
        // The folder last: until then nobody but the owner gets through it.
        for (path, mode) in [(socket.as_path(), 0o660), (folder, 0o710)] {
            let cannot = || format!("cannot let the group {group} use `{path}`");
            // A service's are made with its group, and its system call filter lets nobody give
            // anything away (`~@privileged`).
            if fs::metadata(path).with_context(cannot)?.gid() != group {
                chown(path.as_std_path(), None, Some(Gid::from_raw(group))).with_context(cannot)?;
            }
            fs::set_permissions(path, Permissions::from_mode(mode)).with_context(cannot)?;
        }
        Ok(())
    }
}

impl Peer {
    /// The peer of these credentials, as the kernel took them when it connected. Its other groups
    /// are those of the process that has its id now.
    #[must_use]
    pub fn new(user: u32, group: u32, process: Option<i32>) -> Self {
        let mut groups = vec![group];
        if let Some(process) = process {
            groups.extend(supplementary(&read_status(process).unwrap_or_default()));
        }
        Self { user, groups }
    }
}

fn read_status(process: i32) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(format!("/proc/{process}/status"))?
        .take(STATUS_BYTES_MAX)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// The line `Groups:` of a process's status.
fn supplementary(status: &str) -> Vec<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Groups:"));
    let words = line.into_iter().flat_map(str::split_whitespace);
    words.filter_map(|word| word.parse().ok()).collect()
}

/// The id of a group by its name in `/etc/group`, or by its number.
pub fn group_id(name: &str) -> anyhow::Result<u32> {
    id("group", Utf8Path::new("/etc/group"), name)
}

/// The id of a user by its name in `/etc/passwd`, or by its number.
pub fn user_id(name: &str) -> anyhow::Result<u32> {
    id("user", Utf8Path::new("/etc/passwd"), name)
}

fn id(kind: &str, file: &Utf8Path, name: &str) -> anyhow::Result<u32> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let bytes = crate::regular::read(file, NAMES_BYTES_MAX);
    let bytes = bytes.with_context(|| format!("cannot read `{file}`"))?;
    match find(&String::from_utf8_lossy(&bytes), name) {
        Some(number) => Ok(number),
        None => bail!(
            "there is no {kind} {}\n\nhint: name one of `{file}`, or give its number",
            crate::problem::operand(name)
        ),
    }
}

/// `name:password:number:…` (group(5), passwd(5)).
fn find(names: &str, name: &str) -> Option<u32> {
    let mut lines = names.lines().map(|line| line.split(':'));
    let mut line = lines.find(|line| line.clone().next() == Some(name))?;
    line.nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_root_and_the_group_may() {
        let peer = |user: u32, groups: &[u32]| Peer {
            user,
            groups: groups.to_vec(),
        };
        let open = Access {
            owner: 1000,
            group: Some(27),
        };
        assert!(open.lets(&peer(1000, &[100])));
        assert!(open.lets(&peer(0, &[0])));
        assert!(open.lets(&peer(1001, &[100, 27])));
        assert!(!open.lets(&peer(1001, &[100])));
        let own = Access {
            group: None,
            ..open
        };
        assert!(!own.lets(&peer(1001, &[100, 27, 0])));
        assert!(own.lets(&peer(1000, &[])));
        let backup = Request::Backup {
            path: "/srv/owner/.ssh/authorized_keys".into(),
        };
        for (user, may) in [(1000, true), (0, true), (1001, false)] {
            assert_eq!(open.permits(&peer(user, &[27]), &backup), may, "{user}");
            assert!(open.permits(&peer(user, &[27]), &Request::Status {}));
        }
    }

    #[test]
    fn groups_are_read() {
        let status = "Name:\tcat\nUid:\t1\t1\t1\t1\nGroups:\t4 27 100 \nVmPeak:\t1 kB\n";
        assert_eq!(supplementary(status), [4, 27, 100]);
        assert_eq!(supplementary("Name:\tcat\n"), [0_u32; 0]);
        let groups = "root:x:0:\nlucarne:x:993:alice,bob\nbroken\n";
        assert_eq!(find(groups, "lucarne"), Some(993));
        assert_eq!(find(groups, "broken"), None);
        assert_eq!(find(groups, "wheel"), None);
        assert_eq!(group_id("17").expect("a number"), 17);
        let me = Peer::new(7, 8, Some(i32::MAX));
        assert_eq!((me.user, me.groups), (7, vec![8]));
    }

    #[test]
    fn a_socket_is_opened_to_a_group() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        fs::set_permissions(folder, Permissions::from_mode(0o700)).expect("it is ours");
        fs::write(folder.join("a.sock"), "").expect("it is ours");
        let mode = |path: &Utf8Path| fs::metadata(path).expect("is there").permissions().mode();
        let closed = Access::of_this_user(None);
        closed.open(folder, "a.sock").expect("nothing to do");
        assert_eq!(mode(folder) & 0o777, 0o700);
        let open = Access::of_this_user(Some(rustix::process::getegid().as_raw()));
        open.open(folder, "a.sock").expect("it is ours");
        assert_eq!(mode(folder) & 0o777, 0o710);
        assert_eq!(mode(&folder.join("a.sock")) & 0o777, 0o660);
    }

    #[test]
    fn a_group_passes_our_folder_and_hears_of_one_that_it_may_not_pass() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let folder = folder.canonicalize_utf8().expect("is there");
        let ours = folder.join("lucarne");
        let machine = ours.join("office");
        fs::create_dir_all(&machine).expect("it is ours");
        let set = |path: &Utf8Path, mode| {
            fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
        };
        let mode = |path: &Utf8Path| fs::metadata(path).expect("is there").mode() & 0o777;
        set(&ours, 0o700);
        set(&machine, 0o700);
        set(&folder, 0o700);
        let way = |group| Access::of_this_user(group).open_way(&machine);
        assert_eq!(way(None).expect("nothing to do"), None);
        assert_eq!(mode(&ours), 0o700);
        // A group that nothing here is of.
        let group = Some(u32::MAX - 7);
        assert_eq!(way(group).expect("it is ours"), Some(folder.clone()));
        let modes = [&folder, &ours, &machine].map(|path| mode(path));
        assert_eq!(modes, [0o700, 0o755, 0o700]);
        // One that it could pass and not list, as an earlier version left it.
        set(&folder, 0o711);
        set(&ours, 0o711);
        assert_eq!(way(group).expect("it is ours"), None);
        assert_eq!(mode(&ours), 0o755);
        // Everybody may pass but the members of the folders' own group.
        let own = Some(fs::metadata(&folder).expect("is there").gid());
        set(&folder, 0o701);
        set(&ours, 0o701);
        assert_eq!(way(own).expect("it is ours"), Some(folder.clone()));
        assert_eq!(mode(&ours), 0o755);
    }
}
