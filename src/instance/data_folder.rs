//! The folder of a data disk that does not lie in the machine's state folder: made, or given to the
//! machine's user, by somebody who may, before a machine that has no rights itself.
//!
//! A user that systemd makes up for a service may have another number after each start of the
//! host, so what an earlier one had is given to the next. What is somebody else's is left alone:
//! whoever names `/srv/data.qcow2` does not mean to give `/srv` away, be it empty or not.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, fchown};

use anyhow::{Context as _, anyhow, bail};
use camino::Utf8Path;
use rustix::fs::{Mode, OFlags, open, openat};
use rustix::io::Errno;

/// More than the disk and what is made beside it.
const ENTRIES_MAX: usize = 256;
/// The numbers that systemd makes users up from (`DynamicUser=`, systemd.exec(5)).
const MADE_UP: core::ops::RangeInclusive<u32> = 61_184..=65_519;

/// Who has a file, what it is called, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    name: String,
    owner: u32,
    /// A file of one name: what it has elsewhere is not given away.
    is_alone: bool,
}

/// Makes the folder of a disk for a user, or gives the user what an earlier one had.
pub fn give(disk: &Utf8Path, user: u32) -> anyhow::Result<()> {
    let folder = disk.parent().filter(|folder| folder.parent().is_some());
    let (folder, name) = folder
        .zip(disk.file_name())
        .with_context(|| format!("`{disk}` lies in no folder that could be a machine's own"))?;
    if !folder.exists() && is_hosts(folder) {
        bail!(refusal(folder, name, "it lies in `/`"));
    }
    make(folder)?;
    let cannot = || format!("cannot look at `{folder}`");
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = match open(folder.as_std_path(), flags, Mode::empty()) {
        // So the kernel answers to a link, too.
        Err(Errno::NOTDIR | Errno::LOOP) => bail!(
            "`{folder}` is no folder, or a link to one\n\nhint: let `dataDisk.path` name a file of \
             the folder itself"
        ),
        opened => File::from(opened.with_context(cannot)?),
    };
    let owner = opened.metadata().with_context(cannot)?.uid();
    if owner == user {
        return give_disk(&opened, folder, name, user);
    }
    if owner == 0 && is_hosts(folder) {
        bail!(refusal(folder, name, "it is a part of the host"));
    }
    let files = open_all(folder, name, &opened)?;
    let seen: Vec<_> = files.iter().map(|(seen, _)| seen.clone()).collect();
    if let Some(what) = anothers(&seen, owner, name) {
        bail!(refusal(folder, name, &what));
    }
    // The folder last: until then the next start begins as this one did.
    for file in files.iter().map(|(_, file)| file).chain([&opened]) {
        fchown(file, Some(user), None)
            .with_context(|| format!("cannot give `{folder}` to the user {user}"))?;
    }
    Ok(())
}

fn refusal(folder: &Utf8Path, name: &str, what: &str) -> String {
    format!(
        "`{folder}` is not the machine's own: {what}\n\nhint: let `dataDisk.path` name a file of a \
         folder that holds nothing else, such as `{folder}/lucarne/{name}`"
    )
}

/// What lies in `/` is the host's, such as `/srv`. Whether something is mounted there says nothing:
/// a unit's own folder is a mount in its namespace (`BindPaths=`).
fn is_hosts(folder: &Utf8Path) -> bool {
    folder.parent().is_some_and(|parent| parent == "/")
}

/// Gives the user the disk that root has put into the user's folder. A link is not followed, and
/// what has another name too is left alone.
fn give_disk(opened: &File, folder: &Utf8Path, name: &str, user: u32) -> anyhow::Result<()> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match openat(opened, name, flags, Mode::empty()) {
        Err(Errno::NOENT | Errno::LOOP) => return Ok(()),
        file => File::from(file.with_context(|| format!("cannot open `{folder}/{name}`"))?),
    };
    let about = file.metadata()?;
    if about.uid() == 0 && user != 0 && about.is_file() && about.nlink() == 1 {
        fchown(&file, Some(user), None)
            .with_context(|| format!("cannot give `{folder}/{name}` to the user {user}"))?;
    }
    Ok(())
}

/// What of a folder is somebody else's. What is called as the disk is, or so with an ending behind
/// it, is the machine's; so is what a made-up user has whose the folder was.
fn anothers(seen: &[Seen], owner: u32, disk: &str) -> Option<String> {
    let is_disks = |name: &str| {
        let behind = name.strip_prefix(disk);
        behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('.'))
    };
    let ours =
        |file: &Seen| is_disks(&file.name) || file.owner == owner && MADE_UP.contains(&owner);
    if owner != 0 && !MADE_UP.contains(&owner) {
        return Some(format!("it belongs to the user {owner}"));
    }
    if let Some(file) = seen.iter().find(|file| !ours(file)) {
        return Some(format!("it holds `{}`", file.name));
    }
    let linked = seen.iter().find(|file| !file.is_alone)?;
    Some(format!(
        "`{}` in it is no file, or has another name too",
        linked.name
    ))
}

/// Makes it where it is missing, for its owner alone.
fn make(folder: &Utf8Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot make `{folder}`");
    if let Some(parent) = folder.parent() {
        let made = DirBuilder::new().recursive(true).mode(0o755).create(parent);
        made.with_context(cannot)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.with_context(cannot),
    }
}

/// Opens what is in the folder of a disk, without following a link.
fn open_all(folder: &Utf8Path, disk: &str, opened: &File) -> anyhow::Result<Vec<(Seen, File)>> {
    let entries = folder.read_dir_utf8();
    let entries = entries.with_context(|| format!("cannot list `{folder}`"))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list `{folder}`"))?;
        let name = entry.file_name().to_owned();
        if files.len() == ENTRIES_MAX {
            let what = format!("it holds more than {ENTRIES_MAX} files");
            bail!(refusal(folder, disk, &what));
        }
        // A pipe without a writer must not be waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(opened, name.as_str(), flags, Mode::empty());
        let file = file.map_err(|error| {
            let what = format!("`{name}` in it cannot be opened: {error}");
            anyhow!(refusal(folder, disk, &what))
        })?;
        let file = File::from(file);
        let about = file.metadata()?;
        let seen = Seen {
            name,
            owner: about.uid(),
            is_alone: about.is_file() && about.nlink() == 1,
        };
        files.push((seen, file));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    const DYNAMIC: u32 = 61_500;

    fn seen(name: &str, owner: u32) -> Seen {
        Seen {
            name: name.to_owned(),
            owner,
            is_alone: true,
        }
    }

    #[test]
    fn what_is_somebody_elses_is_told() {
        let told = |seen: &[Seen], owner| anothers(seen, owner, "data.qcow2");
        let disk = [seen("data.qcow2", 0), seen("data.qcow2.part", 7)];
        assert_eq!(told(&[], 0), None);
        assert_eq!(told(&disk, 0), None);
        assert_eq!(told(&[seen("backup.qcow2", DYNAMIC)], DYNAMIC), None);
        let other = told(&[seen("backup.qcow2", DYNAMIC)], 0);
        assert_eq!(other.as_deref(), Some("it holds `backup.qcow2`"));
        let other = told(&[seen("letters", 0)], DYNAMIC);
        assert_eq!(other.as_deref(), Some("it holds `letters`"));
        // Not all that begins so is the disk's.
        let other = told(&[seen("data.qcow2-of-ada", 0)], 0);
        assert_eq!(other.as_deref(), Some("it holds `data.qcow2-of-ada`"));
        let person = told(&disk, 1000);
        assert_eq!(person.as_deref(), Some("it belongs to the user 1000"));
        let linked = Seen {
            is_alone: false,
            ..seen("data.qcow2", 0)
        };
        let what = told(&[linked], 0).expect("a hard link");
        assert!(what.contains("another name"), "{what}");
    }

    #[test]
    fn a_missing_folder_is_made() {
        let root = tempfile::tempdir().expect("the test may write");
        let root = Utf8Path::from_path(root.path()).expect("UTF-8");
        let disk = root.join("a/b/data.qcow2");
        let me = rustix::process::geteuid().as_raw();
        give(&disk, me).expect("ours");
        give(&disk, me).expect("again");
        let about = fs::metadata(root.join("a/b")).expect("is there");
        assert_eq!(about.permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_disk_at_the_top_has_no_folder_of_its_own() {
        for disk in ["/data.qcow2", "data.qcow2", "/"] {
            let told = give(Utf8Path::new(disk), 1).expect_err("no folder");
            assert!(told.to_string().contains("no folder"), "{disk}: {told}");
        }
    }

    #[test]
    fn a_part_of_the_host_is_not_given_away() {
        let missing = Utf8Path::new("/lucarne-has-no-such-folder");
        let told = give(&missing.join("data.qcow2"), DYNAMIC).expect_err("in the root folder");
        assert!(told.to_string().contains("it lies in `/`"), "{told}");
        assert!(!missing.exists());
        assert!(is_hosts("/srv".into()));
        assert!(!is_hosts("/srv/data".into()));
    }

    #[test]
    fn a_link_is_no_folder_of_the_machine_s() {
        let root = tempfile::tempdir().expect("the test may write");
        let root = Utf8Path::from_path(root.path()).expect("UTF-8");
        fs::create_dir(root.join("there")).expect("the test may write");
        fs::write(root.join("file"), "").expect("the test may write");
        symlink("there", root.join("link")).expect("the test may write");
        for name in ["link", "file"] {
            let told = give(&root.join(name).join("data.qcow2"), DYNAMIC).expect_err(name);
            let told = told.to_string();
            assert!(told.contains("is no folder, or a link to one"), "{told}");
            assert!(told.contains("\n\nhint: "), "{told}");
        }
    }

    #[test]
    fn whoever_holds_many_files_keeps_them() {
        let root = tempfile::tempdir().expect("the test may write");
        let root = Utf8Path::from_path(root.path()).expect("UTF-8");
        for n in 0..=ENTRIES_MAX {
            fs::write(root.join(n.to_string()), "").expect("the test may write");
        }
        let opened = File::open(root).expect("is there");
        let told = open_all(root, "data.qcow2", &opened).expect_err("too many");
        let told = told.to_string();
        assert!(told.contains("it holds more than 256 files"), "{told}");
        assert!(told.contains("hint: "), "{told}");
    }

    /// Only root gives something away.
    #[test]
    fn what_an_earlier_user_had_is_the_next_ones() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let root = tempfile::tempdir().expect("the test may write");
        let root = Utf8Path::from_path(root.path()).expect("UTF-8");
        let disk = root.join("own/data.qcow2");
        give(&disk, DYNAMIC).expect("made");
        fs::write(&disk, "disk").expect("root may");
        let owner = |path: &Utf8Path| fs::metadata(path).expect("is there").uid();
        give(&disk, DYNAMIC + 1).expect("given");
        assert_eq!(owner(&disk), DYNAMIC + 1);
        assert_eq!(owner(&root.join("own")), DYNAMIC + 1);
        // As root puts an earlier disk there by hand.
        rustix::fs::chown(disk.as_std_path(), Some(rustix::fs::Uid::ROOT), None).expect("root may");
        give(&disk, DYNAMIC + 1).expect("given");
        assert_eq!(owner(&disk), DYNAMIC + 1);
        // A link is not followed.
        fs::write(root.join("letters"), "").expect("root may");
        symlink(root.join("letters"), root.join("own/data.qcow2.link")).expect("root may");
        let told = give(&disk, DYNAMIC).expect_err("a link");
        assert!(told.to_string().contains("not the machine's own"), "{told}");
        assert_eq!(owner(&root.join("letters")), 0);
        assert_eq!(owner(&root.join("own")), DYNAMIC + 1);
    }
}
