//! What can be known to fail before anything is started.

use std::fs::{self, File};

use anyhow::{Context as _, anyhow, ensure};

use super::{InstallInputs, Job, space};
use crate::machine;
use crate::plan::Firmware;
use crate::spec::Accel;

/// The way out where there is no KVM.
pub(super) const NO_KVM: &str = "see that this user may use KVM and that it works, or set \
     `install.accel` to `tcg`, which is for tests: a real Windows takes hours with it";

/// An image this small is no Windows, and installs in minutes without KVM too.
pub(crate) const TINY_IMAGE_BYTES: u64 = 1 << 30;

/// Tools, firmware and space.
pub(super) fn check(inputs: &InstallInputs<'_>) -> anyhow::Result<()> {
    let (job, tools) = (&inputs.job, inputs.tools);
    let mut needed = vec![
        ("qemu", &tools.qemu),
        ("qemuImg", &tools.qemu_img),
        ("qemuIo", &tools.qemu_io),
    ];
    if job.tpm() {
        needed.push(("swtpm", &tools.swtpm));
    }
    if let Job::Layer(_) = job {
        // The firmware is the base's.
        needed.push(("qemuNbd", &tools.qemu_nbd));
    } else if let Firmware::Uefi { secure_boot } = job.firmware() {
        needed.push(("code", &tools.code));
        needed.push(if secure_boot {
            ("varsMs", &tools.vars_ms)
        } else {
            ("vars", &tools.vars)
        });
    }
    for (name, path) in needed {
        let found = fs::metadata(path);
        let found = found.with_context(|| format!("the tool `{name}` is not at `{path}`"))?;
        ensure!(
            found.is_file(),
            "the tool `{name}` at `{path}` is no file\n\nhint: name the program or the firmware's \
             own file"
        );
    }
    space::check(inputs.work.folder(), inputs.out, job)
}

/// The accelerator to begin with.
pub(super) fn accel(job: &Job<'_>) -> anyhow::Result<machine::Accel> {
    choose(job.install().accel, may_fall_back(job), NO_KVM)
}

/// The accelerator that is asked for, where the host has it. The hint is the way out.
pub(crate) fn choose(said: Accel, fallback: bool, hint: &str) -> anyhow::Result<machine::Accel> {
    let usable = || {
        (File::options().read(true).write(true).open("/dev/kvm"))
            .map(drop)
            .map_err(|error| anyhow!("cannot open `/dev/kvm`: {error}\n\nhint: {hint}"))
    };
    match said {
        Accel::Tcg => Ok(machine::Accel::Tcg),
        Accel::Kvm => usable().map(|()| machine::Accel::Kvm),
        Accel::Auto => match usable() {
            Ok(()) => Ok(machine::Accel::Kvm),
            Err(_) if fallback => Ok(machine::Accel::Tcg),
            Err(error) => Err(error),
        },
    }
}

/// Whether a machine that KVM does not run may go on without it: only what ends within minutes.
/// A real Windows would take hours, and whoever wants that can say `tcg`.
pub(super) fn may_fall_back(job: &Job<'_>) -> bool {
    job.install().accel == Accel::Auto && job.windows_bytes() < TINY_IMAGE_BYTES
}
