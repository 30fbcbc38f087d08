//! Whether this host has what a machine asks of it: looked at before QEMU starts, for QEMU's own
//! words name neither the option nor the way out.
//!
//! What the kernel says is read below a root, so that tests bring their own. Nothing is changed.

mod pci;
mod ports;
mod tap;
#[cfg(test)]
mod tests;
mod usb;

use std::fmt;
use std::fs;
use std::io::Read as _;

use anyhow::bail;
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{Access, access};
use rustix::process::{Resource, getegid, geteuid, getgroups, getrlimit};

use super::plan::Plan;
use crate::machine::Accel;
use crate::machine::run::{Devices, Network};
use crate::nix_log;
use crate::problem::{Problem, Problems};
pub(super) use tap::flags as tap_flags;

/// What a file of the kernel's may be long: one line.
const BYTES_MAX: u64 = 4096;
/// How many entries of a folder of the kernel's are looked at.
const ENTRIES_MAX: usize = 4096;

/// What is asked of the host.
#[derive(Clone, Copy, Debug)]
struct Asked<'a> {
    devices: &'a Devices,
    /// Whether KVM runs the guest.
    kvm: bool,
    /// Whether the guest may be a hypervisor.
    nested: bool,
    memory_mib: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Found {
    /// The machine would not start, or would lack what it was asked to have.
    problems: Vec<Problem>,
    /// It starts, and this is worth a word.
    warnings: Vec<Problem>,
}

/// Who asks.
#[derive(Clone, Debug)]
struct Who {
    user: u32,
    groups: Vec<u32>,
    /// How much memory it may keep from being swapped, in bytes; `None` is all.
    locked_bytes_max: Option<u64>,
}

impl Who {
    /// This process.
    fn am_i() -> Self {
        let user = geteuid();
        let mut groups: Vec<_> = getgroups().unwrap_or_default();
        groups.push(getegid());
        Self {
            user: user.as_raw(),
            groups: groups.into_iter().map(rustix::fs::Gid::as_raw).collect(),
            // Root's limit is none.
            locked_bytes_max: getrlimit(Resource::Memlock)
                .current
                .filter(|_| !user.is_root()),
        }
    }

    fn is_root(&self) -> bool {
        self.user == 0
    }
}

/// Looks whether the host has what a plan asks of it, and tells what is worth a word.
///
/// # Errors
/// Everything that it lacks, at once.
pub fn check(plan: &Plan, accel: Accel) -> anyhow::Result<()> {
    let asked = Asked {
        devices: &plan.devices,
        kvm: accel == Accel::Kvm,
        nested: plan.hardware.nested,
        memory_mib: plan.hardware.memory_mib,
    };
    let mut found = look_below(Utf8Path::new("/"), &asked, &Who::am_i());
    ports::look(&plan.devices, &mut found);
    for warning in &found.warnings {
        nix_log::say(&format!("warning: {}", warning.with_hint()));
    }
    if found.problems.is_empty() {
        return Ok(());
    }
    bail!(Lacks(Problems(found.problems)).to_string())
}

/// What a host lacks, as it is told.
struct Lacks(Problems);

impl fmt::Display for Lacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.tell(f, "what this host has")
    }
}

/// Whether the kernel moves a TAP interface's packets by itself for this process.
#[must_use]
pub fn has_vhost() -> bool {
    access("/dev/vhost-net", Access::READ_OK | Access::WRITE_OK).is_ok()
}

fn look_below(root: &Utf8Path, asked: &Asked<'_>, who: &Who) -> Found {
    let kernel = Kernel(root);
    let mut found = Found::default();
    if let Network::Tap { name, bridge } = &asked.devices.network {
        tap::look(&kernel, name, bridge.as_deref(), who, &mut found);
    }
    usb::look(&kernel, &asked.devices.usb, &mut found);
    pci::look(&kernel, asked, who, &mut found);
    if asked.kvm && asked.nested {
        nested(&kernel, &mut found);
    }
    found
}

/// KVM lets guests be hypervisors only when its module was told to.
fn nested(kernel: &Kernel<'_>, found: &mut Found) {
    let modules = ["kvm_intel", "kvm_amd"];
    let on = |module: &&str| {
        let said = kernel.line(&format!("sys/module/{module}/parameters/nested"));
        matches!(said.as_deref(), Some("Y" | "1"))
    };
    if !modules.iter().any(on) {
        let what = "this host's KVM lets no guest be a hypervisor";
        let hint = "load `kvm_intel` or `kvm_amd` with `nested=1`, or leave it out";
        let problem = Problem::new("machine.nested", what).hint(hint);
        found.problems.push(problem);
    }
}

/// The kernel's files, below a root.
pub(super) struct Kernel<'a>(pub(super) &'a Utf8Path);

impl Kernel<'_> {
    fn path(&self, path: &str) -> Utf8PathBuf {
        self.0.join(path)
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// A file of one line.
    pub(super) fn line(&self, path: &str) -> Option<String> {
        let mut text = String::new();
        let file = fs::File::open(self.path(path)).ok()?;
        file.take(BYTES_MAX).read_to_string(&mut text).ok()?;
        Some(text.trim().to_owned())
    }

    /// The last name of what a link points to, such as a driver's.
    fn target(&self, path: &str) -> Option<String> {
        let target = self.path(path).read_link_utf8().ok()?;
        target.file_name().map(str::to_owned)
    }

    /// The names in a folder, in order.
    fn names(&self, path: &str) -> Vec<String> {
        let entries = self.path(path).read_dir_utf8().into_iter().flatten();
        let entries = entries.take(ENTRIES_MAX).filter_map(Result::ok);
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_owned()).collect();
        names.sort();
        names
    }

    /// Whether this process may read and write a file.
    fn may_use(&self, path: &str) -> bool {
        let path = self.path(path);
        access(path.as_std_path(), Access::READ_OK | Access::WRITE_OK).is_ok()
    }
}
