//! KVM: there, open to this user, and not broken.

use super::super::seen::{Device, End, Kvm, Trial};
use super::{Finding, Level, Seen};

const ABOUT: &str = "kvm";
/// The way out for who cannot have it.
const WITHOUT: &str =
    "without KVM a real Windows takes hours (`install.accel = \"tcg\"`, for tests)";

pub(super) fn judge(seen: &Seen) -> Finding {
    match &seen.kvm.device {
        None => absent(&seen.kvm),
        Some(device) => match &device.refused {
            Some(why) => refused(seen.system.root, device, why),
            None => tried(&seen.kvm),
        },
    }
}

fn problem(what: impl Into<String>) -> Finding {
    Finding::new(ABOUT, Level::Problem, what)
}

fn absent(kvm: &Kvm) -> Finding {
    match (kvm.flag.as_deref(), kvm.nested) {
        (Some(flag), _) => {
            let module = if flag == "svm" { "amd" } else { "intel" };
            let what = format!("there is no `/dev/kvm`, though the CPU has `{flag}`");
            problem(what)
                .hint(format!(
                    "load the kernel's module `kvm_{module}`; in a container let the device in"
                ))
                .nixos(format!("`boot.kernelModules = [ \"kvm-{module}\" ];`"))
                .debian(format!("`modprobe kvm_{module}`"))
        }
        (None, true) => problem(
            "there is no `/dev/kvm`: this is a virtual machine whose CPU has none",
        )
        .hint(format!(
            "let its host hand virtualisation on (libvirt: `<cpu mode='host-passthrough'/>`); \
                 {WITHOUT}"
        )),
        (None, false) => problem("there is no `/dev/kvm`, and the CPU has neither `vmx` nor `svm`")
            .hint(format!(
                "turn virtualisation (VT-x, AMD-V) on in the firmware's settings; {WITHOUT}"
            )),
    }
}

fn refused(is_root: bool, device: &Device, why: &str) -> Finding {
    let group = &device.group;
    let finding = problem(format!("cannot open `/dev/kvm`: {why}"));
    if is_root {
        // No group keeps root out: a container's rules for devices do.
        return finding.hint("in a container let the device in");
    }
    finding
        .hint(format!(
            "be a member of the group `{group}`, and log in again"
        ))
        .nixos(format!("`users.users.NAME.extraGroups = [ \"{group}\" ];`"))
        .debian(format!("`adduser NAME {group}`"))
}

/// With SMM, without it, and without KVM: the first that does well tells what the others lack.
fn tried(kvm: &Kvm) -> Finding {
    let end = |with_kvm: bool, smm: bool| {
        let mut trials = kvm.trials.iter();
        trials
            .find(|trial| trial.kvm == with_kvm && trial.smm == smm)
            .map(|Trial { end, .. }| end)
    };
    if let Some(trouble) = &kvm.trouble {
        let what = format!("`/dev/kvm` can be opened, and could not be tried: {trouble}");
        return Finding::new(ABOUT, Level::Warning, what)
            .hint("set `TMPDIR` to a folder that this user may write to");
    }
    let Some(whole) = end(true, true) else {
        return Finding::new(
            ABOUT,
            Level::Note,
            "`/dev/kvm` can be opened, and was not tried",
        )
        .hint("QEMU has to be there for that");
    };
    if *whole == End::Done {
        return Finding::new(
            ABOUT,
            Level::Ok,
            "KVM works: a guest ran to its end, with SMM",
        );
    }
    let whole = said(whole);
    let nested = if kvm.nested {
        "this is a virtual machine: its host hands on only a part of what KVM needs; "
    } else {
        ""
    };
    match (end(true, false), end(false, true)) {
        (Some(End::Done), _) => problem(format!(
            "KVM works without System Management Mode only, in which UEFI firmware keeps its \
             variables: {whole}"
        ))
        .hint(format!(
            "{nested}the kernel needs `CONFIG_KVM_SMM`; a machine with `firmware.type = \"bios\"` \
             needs none"
        )),
        (Some(broken), Some(End::Done)) => problem(format!(
            "KVM is broken: `/dev/kvm` can be opened, and what every firmware does first ends \
             badly: {}; with SMM: {whole}; the same guest runs to its end without KVM",
            said(broken)
        ))
        .hint(format!(
            "{nested}use another host, or a newer kernel there and here; {WITHOUT}"
        )),
        (_, Some(emulated)) => problem(format!(
            "QEMU runs no guest, with KVM ({whole}) or without it ({})",
            said(emulated)
        ))
        .hint("see that QEMU is whole: another version of it may do"),
        (_, None) => problem(format!("KVM does not work: {whole}"))
            .hint(format!("{nested}use another host; {WITHOUT}")),
    }
}

fn said(end: &End) -> String {
    match end {
        End::Done => "it does".to_owned(),
        End::InternalError => "KVM gave up on the machine (QEMU's `internal-error`)".to_owned(),
        End::Ended(words) => format!("QEMU says `{words}`"),
        End::Silent(seconds) => format!("nothing came of it in {seconds} s"),
    }
}
