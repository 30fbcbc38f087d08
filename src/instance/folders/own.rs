//! Whether a machine's runtime folder is its own, and stays where it is: who may write to it, or to
//! a folder above it, could take its place, with sockets that answer as the machine and links that
//! lead QEMU elsewhere.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;

use anyhow::{Context as _, bail, ensure};
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid};

use super::Folders;

/// Bits of a mode: who may write to a folder besides its owner.
const GROUP_WRITES: u32 = 0o020;
const ALL_WRITE: u32 = 0o002;
/// In such a folder nobody takes away what is another's (`/tmp`).
const STICKY: u32 = 0o1000;
/// As many as the kernel follows on one way (`path_resolution(7)`).
const LINKS_MAX: usize = 40;
/// Whom a user namespace does not know has this number in it (`overflowuid`, proc(5)).
const UNKNOWN: u32 = 65_534;
const UID_MAP: &str = "/proc/self/uid_map";

/// Who wants a folder to himself.
#[derive(Clone, Copy, Debug)]
struct Who {
    user: u32,
    group: u32,
    /// Whether some users have no number here, root of the host among them perhaps.
    knows_all: bool,
}

/// A folder or a link on the way to another.
#[derive(Debug)]
struct Passed {
    path: Utf8PathBuf,
    about: Metadata,
}

impl Folders {
    /// Refuses a runtime folder that somebody else may write to, or put another in the place of.
    pub(in crate::instance) fn runtime_own(&self) -> anyhow::Result<()> {
        let folder = &self.runtime;
        let way = way(folder).with_context(|| format!("cannot look at `{folder}`"))?;
        Who::am_i().check(folder, &way)
    }
}

impl Who {
    fn am_i() -> Self {
        let map = fs::read_to_string(UID_MAP);
        Self {
            user: geteuid().as_raw(),
            group: getegid().as_raw(),
            knows_all: map.map_or(true, |map| is_in(&map, UNKNOWN)),
        }
    }

    /// Looks at a folder, the last on the way to it, and then at all that is above it.
    fn check(self, folder: &Utf8Path, way: &[Passed]) -> anyhow::Result<()> {
        let Some((own, above)) = way.split_last() else {
            bail!("`{folder}` leads nowhere");
        };
        let hint = "remove it, or set `XDG_RUNTIME_DIR` (for a service `RuntimeDirectory=`) to a \
             folder of this user's";
        ensure!(
            own.about.uid() == self.user,
            "`{folder}` is another user's, who could take the machine's place there\n\nhint: {hint}"
        );
        ensure!(
            own.about.mode() & (GROUP_WRITES | ALL_WRITE) == 0,
            "others may write to `{folder}`, and take the machine's place there\n\nhint: \
             `chmod go-w {folder}`; or {hint}"
        );
        for Passed { path, about } in above {
            let who = if !self.trusts(about.uid()) {
                "another user"
            } else if self.is_open(about) {
                "who may write there"
            } else {
                continue;
            };
            bail!(
                "`{path}`, on the way to `{folder}`, is not this user's alone: {who} could put \
                 another in its place\n\nhint: set `XDG_RUNTIME_DIR` (for a service \
                 `RuntimeDirectory=`) to a folder below ones that only root and this user may \
                 write to"
            );
        }
        Ok(())
    }

    /// Whether a user does nothing here behind this one's back: root may do anything anyway.
    fn trusts(self, owner: u32) -> bool {
        owner == 0 || owner == self.user || (owner == UNKNOWN && !self.knows_all)
    }

    /// Whether somebody besides its owner may put something else into a folder's place for another.
    /// A link's own mode says nothing. This user's first group is as good as the user: many have
    /// one of their own, whose umask lets it write, and so has microvm.nix's host its folder.
    fn is_open(self, about: &Metadata) -> bool {
        let mode = about.mode();
        let is_folder = about.is_dir() && mode & STICKY == 0;
        let is_groups = mode & GROUP_WRITES != 0 && ![0, self.group].contains(&about.gid());
        is_folder && (is_groups || mode & ALL_WRITE != 0)
    }
}

/// Whether a user has a number, by the kernel's list of ranges: first one here, first one outside,
/// and how many (`user_namespaces(7)`).
fn is_in(map: &str, user: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u32>);
        let (Some(Ok(first)), Some(_), Some(Ok(count))) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            return false;
        };
        user.checked_sub(first).is_some_and(|at| at < count)
    })
}

/// All that the kernel passes on the way to a folder, which is the last: folders, and links, each
/// of which could be made to lead elsewhere.
fn way(folder: &Utf8Path) -> io::Result<Vec<Passed>> {
    let look = |path: &Utf8Path| {
        Ok::<_, io::Error>(Passed {
            path: path.to_owned(),
            about: path.symlink_metadata()?,
        })
    };
    let mut at = Utf8PathBuf::from("/");
    let mut passed = vec![look(&at)?];
    let mut left = folder.to_owned();
    let mut links = 0..LINKS_MAX;
    loop {
        let mut parts = left.components();
        let Some(part) = parts.next() else {
            return Ok(passed);
        };
        let mut rest = parts.as_path().to_owned();
        let next = match part {
            Utf8Component::Normal(name) => at.join(name),
            Utf8Component::ParentDir => at.parent().unwrap_or(&at).to_owned(),
            Utf8Component::RootDir => "/".into(),
            Utf8Component::CurDir | Utf8Component::Prefix(_) => at.clone(),
        };
        let found = look(&next)?;
        if found.about.is_symlink() {
            links.next().ok_or(Errno::LOOP)?;
            rest = next.read_link_utf8()?.join(rest);
        } else {
            at = next;
        }
        passed.push(found);
        left = rest;
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};

    use super::*;

    /// Folders of this user's, which others may not write to.
    fn with_folders(names: &[&str], test: impl FnOnce(&Utf8Path)) {
        let folder = tempfile::tempdir().expect("the test may write");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let here = here.canonicalize_utf8().expect("is there");
        for name in names {
            fs::create_dir(here.join(name)).expect("is writable");
            set(&here.join(name), 0o700);
        }
        test(&here);
    }

    fn set(path: &Utf8Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("is ours");
    }

    fn own(runtime: &Utf8Path) -> anyhow::Result<()> {
        let folders = Folders {
            state: "/nowhere".into(),
            cache: "/nowhere".into(),
            runtime: runtime.to_owned(),
        };
        folders.runtime_own()
    }

    #[track_caller]
    fn refused(runtime: &Utf8Path, says: &str) {
        let told = format!("{:#}", own(runtime).expect_err("is not ours alone"));
        assert!(told.contains(says), "{told}");
    }

    #[test]
    fn a_runtime_folder_is_nobody_else_s() {
        with_folders(&["run"], |here| {
            let run = here.join("run");
            for fine in [0o700, 0o710, 0o750, 0o755] {
                set(&run, fine);
                own(&run).expect("is ours");
            }
            for open in [0o720, 0o770, 0o702, 0o777, 0o1777] {
                set(&run, open);
                refused(&run, &format!("others may write to `{run}`"));
            }
            set(&run, 0o700);
            // Root's own folders are others' for anybody else, and others' are for root.
            if geteuid().is_root() {
                chown(&run, Some(61_500), None).expect("root may");
                refused(&run, "is another user's");
            } else {
                refused("/".into(), "is another user's");
            }
            refused(&here.join("none"), "cannot look at `");
        });
    }

    #[test]
    fn nobody_takes_its_place_in_a_folder_above() {
        with_folders(&["lucarne", "lucarne/office"], |here| {
            let (above, run) = (here.join("lucarne"), here.join("lucarne/office"));
            // As systemd, the helper itself, `/tmp` and a umask for a user's own group have it.
            for fine in [0o700, 0o711, 0o755, 0o1777, 0o775] {
                set(&above, fine);
                chown(&above, None, Some(getegid().as_raw())).expect("is ours");
                own(&run).expect("is ours");
            }
            let another = Who {
                user: geteuid().as_raw(),
                group: u32::MAX - 7,
                knows_all: true,
            };
            // Root's group is no other one.
            if !getegid().is_root() {
                let told = another.check(&run, &way(&run).expect("is there"));
                told.expect_err("its group may write");
            }
            set(&above, 0o777);
            refused(&run, &format!("`{above}`, on the way to `{run}`, "));
            if geteuid().is_root() {
                set(&above, 0o775);
                chown(&above, None, Some(61_500)).expect("root may");
                refused(&run, "who may write there could");
                set(&above, 0o1755);
                chown(&above, Some(61_500), None).expect("root may");
                refused(&run, "another user could");
            }
        });
    }

    #[test]
    fn each_link_leads_where_nobody_else_has_it() {
        with_folders(&["run", "own", "open"], |here| {
            let run = here.join("run");
            let link = |from: &str, to: &str| {
                symlink(to, here.join(from)).expect("is writable");
                here.join(from)
            };
            let straight = link("straight", "own/../run");
            own(&straight).expect("both are ours");
            let back = link("back", run.join("..").as_str());
            own(&back).expect("is ours");
            own(&back.join("run")).expect("is ours");
            let bent = link("bent", "own/on");
            link("own/on", here.join("open/on").as_str());
            link("open/on", "../run");
            own(&bent).expect("all are ours");
            set(&here.join("open"), 0o777);
            refused(&bent, &format!("`{here}/open`, on the way to `{bent}`"));
            refused(&link("round", "round"), "cannot look at `");
            if geteuid().is_root() {
                set(&here.join("open"), 0o1777);
                own(&bent).expect("all are ours");
                lchown(here.join("open/on"), Some(61_500), None).expect("root may");
                refused(&bent, &format!("`{here}/open/on`, on the way to `{bent}`"));
            }
        });
    }

    #[test]
    fn who_has_no_number_here_may_be_root() {
        let who = |user, map: &str| Who {
            user,
            group: 100,
            knows_all: is_in(map, UNKNOWN),
        };
        let host = who(1000, "         0          0 4294967295\n");
        let service = who(990, "0 0 1\n990 990 1\n");
        let container = who(0, "0 100000 65536\n");
        let alone = who(0, "         0       1000          1\n");
        let trusting = |who: Who| [0, 990, UNKNOWN].map(|user| who.trusts(user));
        assert_eq!(trusting(host), [true, false, false]);
        assert_eq!(trusting(service), [true, true, true]);
        assert_eq!(trusting(container), [true, false, false]);
        assert_eq!(trusting(alone), [true, false, true]);
        assert!(!is_in("", 0) && !is_in("0 0\nx y z\n", 0));
    }
}
