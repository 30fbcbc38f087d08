//! The kernel's side: mounts, modules, devices, programs, power.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    ffi::CString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use rustix::{
    mount::{MountFlags, UnmountFlags},
    system::RebootCommand,
};

/// Mounts the kernel's own file systems.
pub(super) fn mount_basics() -> Result<()> {
    mount("proc", "proc", Path::new("/proc"), "")?;
    mount("sysfs", "sysfs", Path::new("/sys"), "")?;
    // The kernel may have mounted it already.
    drop(mount("devtmpfs", "devtmpfs", Path::new("/dev"), ""));
    Ok(())
}

/// Mounts a file system at a folder, which is made if it is not there.
pub(super) fn mount(what: &str, kind: &str, at: &Path, options: &str) -> Result<()> {
    if !at.is_dir() {
        fs::create_dir_all(at).with_context(|| format!("cannot make `{}`", at.display()))?;
    }
    let options = CString::new(options).context("options with a NUL")?;
    let flags = match kind {
        "udf" | "iso9660" => MountFlags::RDONLY,
        _ => MountFlags::empty(),
    };
    rustix::mount::mount(what, at, kind, flags, options.as_c_str())
        .with_context(|| format!("cannot mount `{what}` as {kind}"))
}

/// Unmounts; what was written is on the device afterwards.
pub(super) fn unmount(at: &Path) -> Result<()> {
    rustix::mount::unmount(at, UnmountFlags::empty())
        .with_context(|| format!("cannot unmount `{}`", at.display()))
}

/// Loads modules and what they need.
pub(super) fn load(names: &[&str]) -> Result<()> {
    let order = fs::read_to_string("/modules/order").context("cannot read the modules' order")?;
    let mut loaded: BTreeSet<String> = fs::read_to_string("/proc/modules")
        .unwrap_or_default()
        .lines()
        .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
        .collect();
    for name in names {
        load_one(&name.replace('-', "_"), &order, &mut loaded)?;
    }
    Ok(())
}

fn load_one(name: &str, order: &str, loaded: &mut BTreeSet<String>) -> Result<()> {
    if !loaded.insert(name.to_owned()) {
        return Ok(());
    }
    let line = order
        .lines()
        .find(|line| line.split(' ').next() == Some(name));
    let line = line.with_context(|| format!("there is no module `{name}`"))?;
    for need in line.split(' ').skip(1) {
        load_one(need, order, loaded)?;
    }
    let path = format!("/modules/{name}.ko");
    if !fs::exists(&path)? {
        // The list names it without a file: it is in the kernel itself.
        return Ok(());
    }
    let file = fs::File::open(&path).with_context(|| format!("cannot open `{path}`"))?;
    match rustix::system::finit_module(file, c"", 0) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot load `{name}`")),
    }
}

/// Runs a program to its end; a failure carries what it said.
pub(super) fn program(path: &str, arguments: &[&str]) -> Result<()> {
    let output = Command::new(path)
        .args(arguments)
        .env_clear()
        .env("PATH", "/bin")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{path}`"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{path}` ended with {}: {}", output.status, said.trim_end());
    }
    Ok(())
}

/// Names in a folder of the kernel's, sorted.
pub(super) fn names(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// The number or word in one of the kernel's files.
pub(super) fn fact(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// The hardware ids of every PCI device, as Windows writes them.
pub(super) fn hardware() -> Vec<String> {
    let hex = |text: String| text.trim_start_matches("0x").to_ascii_uppercase();
    names("/sys/bus/pci/devices")
        .iter()
        .map(|device| {
            let folder = format!("/sys/bus/pci/devices/{device}");
            let vendor = hex(fact(format!("{folder}/vendor")));
            let device = hex(fact(format!("{folder}/device")));
            format!("PCI\\VEN_{vendor}&DEV_{device}")
        })
        .collect()
}

/// Block devices that are fixed disks.
pub(super) fn disks() -> Vec<String> {
    let mut disks = names("/sys/block");
    disks.retain(|name| {
        let fixed = ["sd", "vd", "nvme"]
            .iter()
            .any(|kind| name.starts_with(kind));
        fixed && fact(format!("/sys/block/{name}/removable")) == "0"
    });
    disks
}

/// A partition's device.
pub(super) fn partition(disk: &str, number: u32) -> PathBuf {
    let between = if disk.ends_with(|c: char| c.is_ascii_digit()) {
        "p"
    } else {
        ""
    };
    format!("/dev/{disk}{between}{number}").into()
}

/// Random bytes of the kernel's.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    let flags = rustix::rand::GetRandomFlags::empty();
    rustix::rand::getrandom(&mut bytes, flags).context("no random numbers")?;
    Ok(bytes)
}

/// Writes on the screen, which is where a person would look.
pub(super) fn show(text: &str) {
    drop(fs::write("/dev/tty0", text));
}

/// Writes everything out.
pub(super) fn flush() {
    rustix::fs::sync();
}

/// Restarts the machine through its firmware.
pub(super) fn reset() -> Result<Infallible> {
    power(RebootCommand::Restart)
}

/// Switches the machine off.
pub(super) fn power_off() -> Result<Infallible> {
    power(RebootCommand::PowerOff)
}

fn power(command: RebootCommand) -> Result<Infallible> {
    flush();
    rustix::system::reboot(command).context("the machine does not obey")?;
    hang()
}

/// Does nothing, for ever.
pub(super) fn hang() -> ! {
    loop {
        std::thread::park();
    }
}
