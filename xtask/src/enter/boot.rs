//! systemd as process 1 of namespaces of its own, over the tool root: what `xtask boot` becomes.
//!
//! Two halves. The first puts itself into a control group of its own, so that systemd takes that
//! for the top, starts the second in new namespaces, and removes the group when everything in it
//! has ended. The second builds a root of an overlay in memory, so that the tool root stays as it
//! is, and becomes systemd. The kernel's own settings and devices are shown, and cannot be changed.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, id};

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use rustix::fs::{FlockOperation, flock};
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive,
    mount_change, mount_remount, unmount,
};
use rustix::process::{chdir, pivot_root};

/// What is handed over.
#[derive(Args)]
pub(crate) struct Boot {
    /// The Debian tree, which is only read
    #[arg(long)]
    tree: Utf8PathBuf,
    /// A folder on a disk, for what must not lie in memory and for the places of mounts
    #[arg(long)]
    folder: Utf8PathBuf,
    /// Show a file or folder at another place: FROM:TO
    #[arg(long, value_name = "FROM:TO")]
    bind: Vec<String>,
    /// The second half
    #[arg(long)]
    inside: bool,
}

/// What a group's name begins with; the id of the process that made it follows.
const GROUP: &str = "lucarne-";
/// Where systemd says that it is up.
const NOTIFY: &str = "/run/up";
/// Nothing of a host's own housekeeping is wanted: it takes time, and would look at devices.
const MASKED: &[&str] = &[
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "dpkg-db-backup.timer",
    "fstrim.timer",
    "ldconfig.service",
    "systemd-hwdb-update.service",
    "systemd-journal-catalog-update.service",
    "systemd-modules-load.service",
    "systemd-networkd.service",
    "systemd-networkd.socket",
    "systemd-random-seed.service",
    "systemd-remount-fs.service",
    "systemd-sysctl.service",
    "systemd-tmpfiles-clean.timer",
    "systemd-udevd-control.socket",
    "systemd-udevd-kernel.socket",
    "systemd-udevd.service",
    "systemd-update-done.service",
];
/// Files that are as a host's would be.
const FILES: &[(&str, &str)] = &[
    ("etc/machine-id", "6c756361726e65206c756361726e6531\n"),
    ("etc/hostname", "lucarne\n"),
    (
        "etc/systemd/journald.conf.d/check.conf",
        "[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\n",
    ),
    // Without udev no device ever appears that a unit waits for.
    (
        "etc/systemd/system.conf.d/check.conf",
        "[Manager]\nDefaultDeviceTimeoutSec=100ms\n",
    ),
];
/// What of `/proc` is the kernel's own, and so the host's too.
const KERNELS: &[&str] = &["sys", "sysrq-trigger", "irq", "bus", "fs"];
/// What of it is the network's, which is this namespace's own: networkd and forwarding change it.
const NETWORKS: &str = "sys/net";
const DEVICES: &[&str] = &[
    "null", "zero", "full", "random", "urandom", "tty", "net/tun",
];

impl Boot {
    pub(crate) fn run(&self) -> Result<u8> {
        if self.inside {
            self.root().context("cannot build systemd's root")?;
            return become_systemd();
        }
        let group = self.own_group().context("no control group of its own")?;
        let mut words: Vec<String> = [
            "--pdeathsig",
            "KILL",
            "--",
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "--net",
            "--uts",
            "--ipc",
            "--cgroup",
            "--pid",
            "--fork",
            "--kill-child=KILL",
            "--",
        ]
        .map(str::to_owned)
        .to_vec();
        words.extend(std::env::args());
        words.push("--inside".to_owned());
        let status = Command::new("setpriv").args(words).status();
        // Its processes have ended with their first, and it holds this one, which leaves it.
        let above = group.parent().context("a control group with none above")?;
        fs::write(above.join("cgroup.procs"), id().to_string())?;
        remove_groups(&group)?;
        Ok(super::code(status.context("cannot start `setpriv`")?))
    }

    /// Puts this process into a new group of the second version's tree, which is mounted here
    /// alone.
    fn own_group(&self) -> Result<Utf8PathBuf> {
        let tree = self.folder.join("cgroup");
        fs::create_dir_all(&tree)?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        mount("cgroup2", tree.as_str(), "cgroup2", flags, None).context("cannot mount cgroup2")?;
        let own = fs::read_to_string("/proc/self/cgroup")?;
        let own = own.lines().find_map(|line| line.strip_prefix("0::/"));
        let own = own.context("this process is in no group of cgroup2")?;
        let all = tree.join(own);
        // A new group is empty for a moment, as a stale one is.
        let lock = fs::File::open(&all)?;
        flock(&lock, FlockOperation::LockExclusive).context("cannot lock the groups")?;
        remove_stale(&all)?;
        let group = all.join(format!("{GROUP}{}", id()));
        fs::create_dir(&group).with_context(|| format!("cannot make `{group}`"))?;
        fs::write(group.join("cgroup.procs"), id().to_string())?;
        Ok(group)
    }

    /// Mounts everything, and makes it the root.
    fn root(&self) -> Result<()> {
        let top = self.folder.join("top");
        fs::create_dir_all(&top)?;
        let plain = MountFlags::empty();
        mount("tmpfs", top.as_str(), "tmpfs", plain, Some(c"mode=755"))?;
        for part in ["upper", "work", "root"] {
            fs::create_dir(top.join(part))?;
        }
        let root = top.join("root");
        let layers = format!(
            "lowerdir={},upperdir={top}/upper,workdir={top}/work",
            self.tree
        );
        let layers = std::ffi::CString::new(layers)?;
        mount("overlay", root.as_str(), "overlay", plain, Some(&*layers))
            .context("cannot lay a folder in memory over the tool root")?;
        kernel(&root)?;
        devices(&root)?;
        let run = root.join("run");
        mount("tmpfs", run.as_str(), "tmpfs", plain, Some(c"mode=755"))?;
        self.files(&root)?;
        chdir(root.as_str())?;
        pivot_root(".", ".").context("cannot change the root")?;
        unmount(".", UnmountFlags::DETACH).context("cannot leave the old root")?;
        chdir("/")?;
        // As systemd makes it: else nothing that it mounts later is seen by its services.
        let shared = MountPropagationFlags::SHARED | MountPropagationFlags::REC;
        mount_change("/", shared).context("cannot share the root's mounts")
    }

    fn files(&self, root: &Utf8Path) -> Result<()> {
        for (path, text) in FILES {
            let path = root.join(path);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(&path, text).with_context(|| format!("cannot write `{path}`"))?;
        }
        for unit in MASKED {
            symlink("/dev/null", root.join("etc/systemd/system").join(unit))?;
        }
        // On a disk: disks of machines are made there.
        for part in ["lib", "cache"] {
            let disk = self.folder.join(part);
            fs::create_dir_all(&disk)?;
            mount_bind(disk.as_str(), root.join("var").join(part).as_str())?;
        }
        for bind in &self.bind {
            let (from, to) = bind.split_once(':').context("FROM:TO is wanted")?;
            super::inside::over(Utf8Path::new(from), &root.join(to.trim_start_matches('/')))?;
        }
        Ok(())
    }
}

/// `/proc` and `/sys` of the new namespaces; nothing of the host's own can be changed by them.
fn kernel(root: &Utf8Path) -> Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    let (proc, sys) = (root.join("proc"), root.join("sys"));
    mount("proc", proc.as_str(), "proc", flags, None).context("cannot mount proc")?;
    let only_read = flags | MountFlags::RDONLY;
    // A kernel may be built without some of them.
    for place in KERNELS.iter().map(|name| proc.join(name)) {
        if place.try_exists()? {
            mount_bind(place.as_str(), place.as_str())
                .and_then(|()| mount_remount(place.as_str(), MountFlags::BIND | only_read, c""))
                .with_context(|| format!("cannot protect `{place}`"))?;
        }
    }
    let networks = proc.join(NETWORKS);
    mount_bind(networks.as_str(), networks.as_str())
        .and_then(|()| mount_remount(networks.as_str(), MountFlags::BIND | flags, c""))
        .with_context(|| format!("cannot open `{networks}`"))?;
    mount("sysfs", sys.as_str(), "sysfs", only_read, None).context("cannot mount sysfs")?;
    let groups = sys.join("fs/cgroup");
    mount("cgroup2", groups.as_str(), "cgroup2", flags, None).context("cannot mount cgroup2")
}

/// A `/dev` with the few devices that a machine without KVM needs.
fn devices(root: &Utf8Path) -> Result<()> {
    let dev = root.join("dev");
    let flags = MountFlags::NOSUID;
    mount("tmpfs", dev.as_str(), "tmpfs", flags, Some(c"mode=755"))?;
    for name in DEVICES {
        let (from, to) = (Utf8Path::new("/dev").join(name), dev.join(name));
        to.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(&to, "")?;
        mount_bind_recursive(from.as_str(), to.as_str())
            .with_context(|| format!("cannot show `{from}`"))?;
    }
    for name in ["pts", "shm"] {
        fs::create_dir(dev.join(name))?;
    }
    let own = Some(c"newinstance,ptmxmode=666");
    mount("devpts", dev.join("pts").as_str(), "devpts", flags, own)?;
    mount("tmpfs", dev.join("shm").as_str(), "tmpfs", flags, None)?;
    Ok(symlink("pts/ptmx", dev.join("ptmx"))?)
}

fn become_systemd() -> Result<u8> {
    let mut systemd = Command::new("/usr/lib/systemd/systemd");
    systemd.args(["--unit=basic.target", "--log-target=journal"]);
    systemd.env_clear();
    systemd.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin");
    // As in a container, it leaves alone what is another's: devices, clocks, the console.
    systemd.env("container", "lucarne");
    systemd.env("NOTIFY_SOCKET", NOTIFY);
    bail!("cannot become systemd: {}", systemd.exec())
}

/// Removes the groups of those that were killed and could not do it.
fn remove_stale(all: &Utf8Path) -> Result<()> {
    for entry in all.read_dir_utf8()?.flatten() {
        let ours = entry.file_name().starts_with(GROUP);
        let events = fs::read_to_string(entry.path().join("cgroup.events"));
        if ours && events.is_ok_and(|events| events.contains("populated 0")) {
            // Another check may be about to do the same.
            _ = remove_groups(entry.path());
        }
    }
    Ok(())
}

/// Groups are folders whose files cannot be removed.
fn remove_groups(group: &Utf8Path) -> Result<()> {
    let mut open = vec![group.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in folder.read_dir_utf8()?.flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(entry.into_path());
            }
        }
        found.push(folder);
    }
    for folder in found.iter().rev() {
        fs::remove_dir(folder).with_context(|| format!("cannot remove `{folder}`"))?;
    }
    Ok(())
}

/// The command line of the first half.
pub(crate) fn command(
    tree: &Utf8Path,
    folder: &Utf8Path,
    binds: &[(Utf8PathBuf, String)],
    notify: &Utf8Path,
) -> Result<Command> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let mut outer = Command::new("setpriv");
    outer.args(["--pdeathsig", "KILL", "--"]);
    outer.args(["unshare", "--mount", "--propagation", "private", "--"]);
    outer.args([own.as_os_str(), OsStr::new("boot")]);
    outer.args(["--tree", tree.as_str(), "--folder", folder.as_str()]);
    for (from, to) in binds {
        outer.args(["--bind", &format!("{from}:{to}")]);
    }
    outer.args(["--bind", &format!("{notify}:{NOTIFY}")]);
    Ok(outer)
}
